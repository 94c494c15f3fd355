/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The states that the verifier explored of a program, and whether what a run in checked mode holds
 * is in one of them: the live registers of the running function, what its callers have put aside,
 * and all their stacks.
 *
 * What is explored is told apart by place: an instruction, with the calls that lead to it. A run
 * may be deeper than the place, where that begins with a global function, which is verified for
 * itself.
 */
#ifndef TESTS_VERIFIER_EXPLORED_H
#define TESTS_VERIFIER_EXPLORED_H

#include <stdio.h>

#include "base/pool.h"
#include "exec/region.h"
#include "verify/env.h"

struct place;
struct row;
struct known;
struct explored_map;

struct explored {
	const struct prog *prog;
	struct pool pool; /* of all that follows */
	struct place **places; /* by instruction */
	struct row **rows; /* by hash */
	struct known **known, **by_number; /* by hash, and by number */
	u32 nr_known, cap_known;
	struct explored_map *maps;
	bool whole_stack;
	bool complete; /* the program was accepted, and there was memory for everything */
};

/* Forgets what was there before. whole_stack: as in the verify_watch; without it, registers alone
 * are looked at, since the states that a slot's value led to may have been passed over when it was
 * dead. limit: of memory. */
void explored_begin(struct explored *x, const struct prog *prog, bool whole_stack, size_t limit);
void explored_fini(struct explored *x); /* all-zero is fine */

/* A verify_watch's: the state before an instruction; and that was all. */
void explored_note(struct explored *x, const struct verify_env *env);
void explored_end(struct explored *x);

/* A run_watch's: is what it holds before the instruction in a state that was explored there? */
bool explored_fits(struct explored *x, const struct run *run, u32 insn, const struct value *regs);
/* What it holds, and where the state that comes nearest differs. */
void explored_print(struct explored *x, const struct run *run, u32 insn, const struct value *regs,
		    FILE *out);

#endif
