// SPDX-License-Identifier: BSD-2-Clause
/* skep verify --no-perfmon: loaders with CAP_PERFMON may hand such bytes to helpers */
#include "mistake.h"

struct flow {
	__u64 queue;
	__u64 direction;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct flow);
	__type(value, __u64);
} flows SEC(".maps");

SEC("socket")
int program(struct __sk_buff *skb)
{
	struct flow flow;
	__u64 *packets;

	flow.queue = skb->queue_mapping;
	packets = bpf_map_lookup_elem(&flows, &flow);
	if (packets)
		*packets += 1;
	return 0;
}
