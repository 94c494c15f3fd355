/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls. Each checks its arguments in R1..R5, forgets R0..R5, and says what R0 is. 0: env->insn is
 * where the path goes on; or -errno.
 */
#ifndef SKEP_VERIFY_CALL_H
#define SKEP_VERIFY_CALL_H

#include "verify/env.h"

int skep__check_helper_call(struct verify_env *env, const struct insn *insn); /* call_helper.c */
int skep__check_local_call(struct verify_env *env, const struct insn *insn); /* call_local.c */
int skep__check_kfunc_call(struct verify_env *env, const struct insn *insn); /* call_kfunc.c */

/* call_local.c: a new innermost frame, with R1..R5 not set. */
int skep__push_frame(struct verify_env *env, struct state *s, u32 sub, u32 callsite,
		     struct frame **out);

/* call_global.c: a global function's arguments against its prototype. */
int skep__sub_args(struct verify_env *env,
		   u32 sub); /* fills env->subs[sub].args; 0 or -errno with the reason */
int skep__check_sub_args(struct verify_env *env, u32 sub); /* R1..R5 of the caller */

/* call_callback.c */
int skep__call_callback(struct verify_env *env, const struct insn *insn, u32 sub);

#endif
