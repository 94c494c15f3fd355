// SPDX-License-Identifier: BSD-2-Clause
/* Three mistakes in one object; tests/verifier/explain has more. */
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

#define DATA(ctx) ((unsigned char *)(long)(ctx)->data)
#define DATA_END(ctx) ((unsigned char *)(long)(ctx)->data_end)

SEC("xdp")
int packet_unchecked(struct xdp_md *ctx)
{
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

char LICENSE[] SEC("license") = "GPL";
