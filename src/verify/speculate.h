/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a processor may do before it knows better: loaders without CAP_PERFMON have paths followed
 * that no run takes, and sums of pointers refused that no mask could keep in bounds. The mirror is
 * the kernel's verdict; the masks and barriers themselves are not made (docs/differences.md).
 */
#ifndef SKEP_VERIFY_SPECULATE_H
#define SKEP_VERIFY_SPECULATE_H

#include "verify/env.h"

/* The way that a decided branch does not go, with its operands forgotten. 0 or -errno. */
int skep__speculate_branch(struct verify_env *env, const struct insn *insn, u32 to);

/* The instruction's error, in such a path: does a barrier before it settle the matter? Then one is
 * noted. */
bool skep__speculate_stops(struct verify_env *env, u32 insn, int err);

/* A sum of a pointer and a number, between its two checks. */
struct ptr_sum {
	const struct insn *insn;
	const struct reg *off;
	u8 state; /* enum alu_state */
	u32 limit;
	bool swapped; /* the pointer is the source */
	bool leftwards;
};

/* Before the sum: ptr is what is added to. 0, or -EACCES with the sentence. */
int skep__speculate_sum(struct verify_env *env, struct ptr_sum *sum, const struct reg *ptr);
/* After it: the result stays inside what a mask can guard. */
int skep__speculate_sum_done(struct verify_env *env, const struct ptr_sum *sum,
			     const struct reg *dst);
/* Of two numbers: the same instruction must not add to pointers on other paths. */
int skep__speculate_numbers(struct verify_env *env, const struct insn *insn);

/* A store that may be overtaken by a load of the slot's old contents. */
void skep__speculate_store(struct verify_env *env, const struct slot *slot, u32 first, s32 size,
			   const struct reg *value);

#endif
