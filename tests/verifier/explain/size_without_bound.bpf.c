// SPDX-License-Identifier: BSD-2-Clause
#include "mistake.h"

SEC("raw_tp")
int program(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 size = ctx->args[1];
	char name[16];

	bpf_probe_read_kernel(name, size, (void *)ctx->args[0]);
	return name[0];
}
