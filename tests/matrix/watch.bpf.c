// SPDX-License-Identifier: BSD-2-Clause
/* Global data of every kind, a ring buffer, a perf buffer, and a counter for each CPU. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

struct event {
	__u32 number;
	__u32 length;
	char what[8];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} lengths SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} runs SEC(".maps");

const volatile __u32 every = 1; /* of how many packets one is told about */
__u32 seen;
__u64 bytes_seen = 1000;
char last[8] = "nothing";

static void fill(struct event *e, __u32 length)
{
	e->number = seen;
	e->length = length;
	__builtin_memcpy(e->what, "packet\0", sizeof(e->what));
}

SEC("tc")
int watch(struct __sk_buff *skb)
{
	__u32 zero = 0, length = skb->len;
	__u64 one = 1, *count;
	struct event *e, told = {};

	seen++;
	bytes_seen += length;
	__builtin_memcpy(last, "packet\0", sizeof(last));
	count = bpf_map_lookup_elem(&runs, &zero);
	if (count)
		*count += 1;
	count = bpf_map_lookup_elem(&lengths, &length);
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		bpf_map_update_elem(&lengths, &length, &one, BPF_NOEXIST);
	if (every == 0 || seen % every)
		return TC_ACT_OK;
	e = bpf_ringbuf_reserve(&ring, sizeof(*e), 0);
	if (e) {
		fill(e, length);
		bpf_ringbuf_submit(e, 0);
	}
	fill(&told, length);
	if (bpf_perf_event_output(skb, &perf, BPF_F_CURRENT_CPU, &told, sizeof(told)))
		return TC_ACT_SHOT;
	return length > 100 ? TC_ACT_STOLEN : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
