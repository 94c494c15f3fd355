/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A world for a program that knows nothing of one: preloaded, it has bpf(2) answered by skep in the
 * program's own process. Children get a copy of the world, as it is when they are forked.
 *
 *   LD_PRELOAD=judge_preload.so [SKEP_NO_PERFMON=1] PROGRAM
 */
#include <stdio.h>
#include <stdlib.h>

#include "verifier/judge.h"

void judge_saw(long cmd, const union bpf_attr *attr, long ret, double usec)
{
	(void)cmd, (void)attr, (void)ret, (void)usec;
}

__attribute__((constructor)) static void start(void)
{
	if (judge_start(!getenv("SKEP_NO_PERFMON"))) {
		fprintf(stderr, "judge_preload: no world\n");
		_Exit(1);
	}
}
