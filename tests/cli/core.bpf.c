// SPDX-License-Identifier: BSD-2-Clause
/* Fields that lie elsewhere, or nowhere, in the kernel that the program meets (core_kernel.bpf.c). */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct flow {
	__u32 moved;
	__u32 gone;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32[4]);
} flows SEC(".maps");

SEC("tc")
int guarded(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct flow *f = bpf_map_lookup_elem(&flows, &key);

	if (!f)
		return -1;
	if (bpf_core_field_exists(f->gone))
		return f->gone;
	return f->moved;
}

SEC("tc")
int unguarded(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct flow *f = bpf_map_lookup_elem(&flows, &key);

	return f ? f->gone : -1;
}
