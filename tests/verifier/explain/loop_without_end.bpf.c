// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	while (1)
		asm volatile("");
	return XDP_PASS;
}
