// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	__u32 key = 0, index = ctx->rx_queue_index;
	__u64 *value = bpf_map_lookup_elem(&table, &key);

	if (!value)
		return XDP_PASS;
	return value[index] ? XDP_PASS : XDP_DROP;
}
