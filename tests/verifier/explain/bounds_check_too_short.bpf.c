// SPDX-License-Identifier: BSD-2-Clause
#include <linux/if_ether.h>

#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	unsigned char *end = (void *)(long)ctx->data_end;

	if ((void *)&eth->h_proto > (void *)end)
		return XDP_DROP;
	return eth->h_proto ? XDP_PASS : XDP_DROP;
}
