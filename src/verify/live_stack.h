/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which stack slots matter before an instruction, told apart by chain of calls: marks of reads and
 * sure writes are gathered while paths are followed, then spread along the control flow. Marks may
 * only become more careful, so an answer is right for every state whose paths were followed to
 * their ends.
 */
#ifndef SKEP_VERIFY_LIVE_STACK_H
#define SKEP_VERIFY_LIVE_STACK_H

#include "verify/env.h"

int skep__live_stack_init(struct verify_env *env);

int skep__live_stack_read(struct verify_env *env, u32 frame,
			  u64 slots); /* the current insn may read them */
void skep__live_stack_write(struct verify_env *env, u32 frame,
			    u64 slots); /* and surely writes these */

int skep__live_stack_begin_insn(
	struct verify_env *env); /* forgets writes that were not committed */
int skep__live_stack_end_insn(struct verify_env *env); /* commits them */
void skep__live_stack_new_frame(struct verify_env *env); /* the innermost frame is another one */
int skep__live_stack_update(struct verify_env *env); /* a path or a call ends: spreads the marks */

/* For one state: first ask, then look. */
int skep__live_stack_ask(struct verify_env *env, const struct state *s);
u64 skep__live_stack_alive(const struct verify_env *env, u32 frame); /* slots of that frame */

#endif
