/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stored states: a path ends where one covers it, loops are found, and what may be forgotten is.
 * The heuristics are the kernel's, since they decide how many instructions a program costs.
 */
#ifndef SKEP_VERIFY_PRUNE_H
#define SKEP_VERIFY_PRUNE_H

#include "verify/env.h"

/* At the current instruction: 1 covered by a stored state; 0 go on; -errno. */
int skep__state_visited(struct verify_env *env);

/* The path of s has ended well: its stored states have one path less to wait for. */
int skep__path_done(struct verify_env *env, struct state *s);

void skep__forget_states(struct verify_env *env); /* all of them */

/* The newest stored state of this loop that the path of s went through; NULL: none. */
struct state *skep__find_loop_entry(struct verify_env *env, struct state *s, u32 insn);

/* Numbers that changed since `old` and that nothing needed so far are forgotten in s. */
void skep__widen(struct verify_env *env, const struct state *old, struct state *s);

/* equal.c. Does cur behave as old did? */
enum exactness {
	EQUAL_ENOUGH, /* what mattered behind old is covered */
	EQUAL_RANGES, /* all numbers are within, precise or not: marks may be missing yet */
	EQUAL_EXACT,
};
bool skep__states_equal(struct verify_env *env, struct state *old, struct state *cur,
			enum exactness exact);
bool skep__same_calls(const struct state *a, const struct state *b);
bool skep__ids_match(struct id_map *ids, u32 old, u32 cur);

/* prune_loop.c: visits of loops, with the states that came back to their beginning. */
int skep__loop_enter(struct verify_env *env, struct state *s);
int skep__loop_exit(struct verify_env *env, struct state *s);
int skep__loop_back(struct verify_env *env,
		    struct state *stored); /* the current state came back to it */
bool skep__loop_open(struct verify_env *env, const struct state *s); /* marks may be missing yet */
void skep__loops_forget(struct verify_env *env);
void skep__note_peak(struct verify_env *env);

#endif
