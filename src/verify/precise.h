/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Precision: a number whose value decided something must be compared by value when states are; all
 * others may be anything. What it was made from is found by going back along the path, through its
 * stored states.
 */
#ifndef SKEP_VERIFY_PRECISE_H
#define SKEP_VERIFY_PRECISE_H

#include "verify/env.h"

/* What is looked for, by frame, while going back. */
struct backtrack {
	u32 frame;
	u32 regs[MAX_CALL_FRAMES];
	u64 slots[MAX_CALL_FRAMES];
};

int skep__precise_init(struct verify_env *env);

/* The register of the innermost frame decided something at the current instruction. 0 or -errno. */
int skep__mark_precise(struct verify_env *env, u32 regno);
int skep__mark_slot_precise(struct verify_env *env, u32 frame,
			    u32 slot); /* or the number spilled there */

/* The current state was found to be covered by an old one: what is precise there is precise here.
 */
int skep__spread_precision(struct verify_env *env, struct state *old, struct state *s,
			   bool *changed);

void skep__all_precise(struct state *s); /* in all stored states before it */

/*
 * backtrack.c. With none of these registers looked for in its frame, and nothing recorded of it, an
 * instruction changes nothing about what is.
 */
#define BACK_ALWAYS (1u << 15) /* it enters or leaves a frame, or may */
u16 skep__backtrack_regs(const struct verify_env *env, u32 insn);

/* Goes over one instruction. 0, or -ENOTSUPP: lost track. */
int skep__backtrack_insn(struct verify_env *env, u32 insn, s64 after, const struct jump *rec,
			 struct backtrack *bt);

/* log_precise.c: at level 2 of the log, a walk from instruction `last` back to `first`; a step of it,
 * what is looked for at a stored state, and what a covered state takes over. */
void skep__vlog_precise_walk(struct verify_env *env, s64 last, s64 first, s64 after);
void skep__vlog_precise_insn(struct verify_env *env, u32 insn);
void skep__vlog_precise_state(struct verify_env *env, const struct state *s, u32 frame);
void skep__vlog_spread(struct verify_env *env, const struct backtrack *bt, u32 frame);

#endif
