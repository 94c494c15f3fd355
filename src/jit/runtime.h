/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that machine code calls besides helpers, with a helper's arguments (data plane). */
#ifndef SKEP_JIT_RUNTIME_H
#define SKEP_JIT_RUNTIME_H

#include "helper/run.h"

/* Returned in two registers: where to go on, NULL when the tail call fails; and R1 there. */
struct tail_call {
	const void *code;
	u64 ctx;
};

struct tail_call skep__jit_tail_call(u64 ctx, u64 map, u64 index, u64 r4, u64 r5, struct run *run);

/* The run stops at instruction `insn`, a call: of what skep does not have, or of a helper that says why. */
void skep__jit_stop(u64 prog, u64 insn, u64 r3, u64 r4, u64 r5, struct run *run);

/* Classic packet loads: negative when the packet ends before. */
s64 skep__jit_packet_load(u64 skb, u64 off, u64 size);

#endif
