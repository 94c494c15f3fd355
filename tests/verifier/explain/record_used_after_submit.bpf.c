// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("xdp")
int program(struct xdp_md *ctx)
{
	__u64 *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (!record)
		return XDP_PASS;
	bpf_ringbuf_submit(record, 0);
	*record = ctx->ingress_ifindex;
	return XDP_PASS;
}
