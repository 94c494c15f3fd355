// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&table, &key);

	value[0]++;
	return XDP_PASS;
}
