/* SPDX-License-Identifier: BSD-2-Clause */
/* Following paths: the loop over instructions, and paths put aside for later. */
#ifndef SKEP_VERIFY_EXPLORE_H
#define SKEP_VERIFY_EXPLORE_H

#include "verify/env.h"

/*
 * Puts a copy of the current path aside, to be followed from insn on; NULL with *err = -ENOMEM when
 * there is no memory, or there are too many. It belongs to the list of pending paths: change it
 * before anything else is pushed or followed.
 */
struct state *skep__push_path(struct verify_env *env, u32 insn, u32 prev_insn, bool speculative,
			      int *err);

/* The same with a frame of its own, as an asynchronous callback starts: no registers but the frame
 * pointer. */
struct state *skep__push_async_path(struct verify_env *env, u32 sub, bool sleepable, int *err);

/* A frame at the start of a subprogram: nothing initialised but the frame pointer. */
struct frame *skep__enter_frame(struct verify_env *env, u32 callsite, u32 index, u32 sub);

/* Follows every path from the start of a subprogram; its argument registers are set by
 * skep__entry_args. */
int skep__explore(struct verify_env *env, u32 sub);

/* entry.c: registers at the start of the program or of a global function. */
int skep__entry_args(struct verify_env *env, u32 sub);

/* insn.c: one instruction of the path. 0: env->insn is the next one; PATH_ENDS; or -errno. */
enum { PATH_GOES_ON, PATH_ENDS };
int skep__check_insn(struct verify_env *env);

/* exit.c: the exit of a subprogram, a callback or the program. The same results. */
int skep__check_exit(struct verify_env *env, bool exception);
int skep__return_to_caller(struct verify_env *env);
/* The path leaves the subprogram here with that R0, and another one goes on behind the instruction
 * as it is. */
int skep__exit_early(struct verify_env *env, struct reg r0);
int skep__check_return_value(struct verify_env *env, u32 regno, const char *name);

/* Linking records of the path's history (path.c). */
int skep__jump_record(struct verify_env *env, struct state *s, u32 flags, u64 linked);

#endif
