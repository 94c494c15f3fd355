/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs written as decoded instructions, compiled and run; and a frame to look at one of them.
 */
#ifndef TESTS_JIT_RUN_H
#define TESTS_JIT_RUN_H

#include <string.h>

#include "exec/exec.h"
#include "jit/jit.h"
#include "jit/target.h"

/* clang-format off */
#define ALU64_K(o, d, i)  { .op = OP_##o##64_K, .dst = (d), .imm = (i) }
#define ALU64_X(o, d, s)  { .op = OP_##o##64_X, .dst = (d), .src = (s) }
#define LOAD64(d, s, o)   { .op = OP_LDXDW, .dst = (d), .src = (s), .off = (o) }
#define STORE64(d, o, s)  { .op = OP_STXDW, .dst = (d), .src = (s), .off = (o) }
#define GOTO(o)           { .op = OP_JA, .off = (o) }
#define HELPER_CALL(nr)   { .op = OP_CALL_HELPER, .imm = (nr) }
#define LOCAL_CALL(o)     { .op = OP_CALL_LOCAL, .off = (o) }
#define EXIT              { .op = OP_EXIT }
/* clang-format on */

/* A program of one subprogram over the caller's instructions. */
struct small_prog {
	struct prog prog;
	struct subprog sub;
};

static inline struct prog *small_prog(struct small_prog *p, const struct insn *insns, u32 len)
{
	p->sub = (struct subprog){ .start = 0, .end = len, .stack_depth = MAX_BPF_STACK };
	p->prog = (struct prog){ .insns = insns,
				 .len = len,
				 .type = BPF_PROG_TYPE_SCHED_CLS,
				 .subprogs = &p->sub,
				 .nr_subprogs = 1 };
	return &p->prog;
}

static inline u64 run_jit(const struct prog *prog, void *ctx)
{
	struct run run = { .svc = &skep__default_services };

	return skep__exec(&run, prog, ctx, MODE_JIT, NULL);
}

/*
 * One instruction between loads of R0-R9 from the array in R1 and stores of them back to it: what
 * it did to each register can then be compared. A jump that is taken makes R0 of the program 1,
 * else 0.
 */
#define FRAMED_MAX 32

static inline u32 frame_insn(struct insn *out, const struct insn *insn)
{
	struct insn *p = out;

	*p++ = (struct insn)STORE64(10, -8, 1);
	for (u8 r = 0; r < 10; r++) {
		if (r != 1)
			*p++ = (struct insn)LOAD64(r, 1, 8 * r);
	}
	*p++ = (struct insn)LOAD64(1, 1, 8);
	*p++ = *insn;
	*p++ = (struct insn)STORE64(10, -16, 0);
	*p++ = (struct insn)LOAD64(0, 10, -8);
	for (u8 r = 1; r < 10; r++)
		*p++ = (struct insn)STORE64(0, 8 * r, r);
	*p++ = (struct insn)LOAD64(1, 10, -16);
	*p++ = (struct insn)STORE64(0, 0, 1);
	*p++ = (struct insn)ALU64_K(MOV, 0, 0);
	*p++ = (struct insn)EXIT;
	return p - out;
}

#endif
