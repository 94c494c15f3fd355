// SPDX-License-Identifier: BSD-2-Clause
/* A mistake each: what people get wrong most often, as they write it. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64[4]);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

#define DATA(ctx)     ((unsigned char *)(long)(ctx)->data)
#define DATA_END(ctx) ((unsigned char *)(long)(ctx)->data_end)

SEC("xdp")
int packet_unchecked(struct xdp_md *ctx)
{
	return DATA(ctx)[12] == 8 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int packet_checked_short(struct xdp_md *ctx)
{
	if (DATA(ctx) + 12 > DATA_END(ctx))
		return XDP_DROP;
	return DATA(ctx)[12] == 8 ? XDP_PASS : XDP_DROP;
}

SEC("xdp")
int lookup_unchecked(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&table, &key);

	value[0]++;
	return XDP_PASS;
}

SEC("xdp")
int index_unbounded(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&table, &key);

	return value ? value[ctx->rx_queue_index] : 0;
}

SEC("xdp")
int record_leaked(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	if (ctx->rx_queue_index)
		return XDP_DROP;
	bpf_ringbuf_submit(record, 0);
	return XDP_PASS;
}

SEC("xdp")
int loop_endless(struct xdp_md *ctx)
{
	while (1)
		asm volatile("");
	return XDP_PASS;
}

SEC("xdp")
int context_out_of_range(struct xdp_md *ctx)
{
	return *(__u32 *)((char *)ctx + 200);
}

SEC("socket")
int helper_of_others(struct __sk_buff *skb)
{
	return bpf_redirect(1, 0);
}

SEC("tc")
int wrong_map(struct __sk_buff *skb)
{
	__u64 value[4] = {};

	return bpf_map_push_elem(&table, value, 0);
}

SEC("tc")
int number_as_pointer(struct __sk_buff *skb)
{
	return *(__u32 *)(long)(skb->mark + 1);
}

SEC("cgroup_skb/egress")
int verdict_unknown(struct __sk_buff *skb)
{
	return 7;
}

char LICENSE[] SEC("license") = "GPL";
