// SPDX-License-Identifier: BSD-2-Clause
/* One program, and it writes behind the packet. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int overrun(struct xdp_md *ctx)
{
	unsigned char *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	end[8] = data[0];
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
