// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data;

	return data[12] == 8 ? XDP_PASS : XDP_DROP;
}
