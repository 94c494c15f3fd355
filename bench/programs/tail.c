/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that calls itself in its own place until it may not any more: 33 tail calls, and one that fails. */
#include "program.h"

int tail(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = { .values = { [1] = tail } };

HELPER_PROGRAM(tail)
{
	bpf_tail_call(ctx, &next, 1);
	return 0;
}
