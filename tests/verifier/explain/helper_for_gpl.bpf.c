// SPDX-License-Identifier: BSD-2-Clause
#define NOT_GPL
#include "mistake.h"

SEC("raw_tp")
int program(void *ctx)
{
	char byte = 0;

	bpf_probe_read_kernel(&byte, 1, ctx);
	return byte;
}

char LICENSE[] SEC("license") = "BSD";
