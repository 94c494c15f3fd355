/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A path's history since its last stored state: one record for each instruction that was not
 * reached from the one before it, that touched the stack, or that refined linked registers.
 */
#include "verify/explore.h"

int skep__jump_record(struct verify_env *env, struct state *s, u32 flags, u64 linked)
{
	if (env->jump) {
		env->jump->flags |= flags;
		env->jump->linked = linked ? linked : env->jump->linked;
		return 0;
	}
	if (s->nr_jumps == s->cap_jumps) {
		u32 cap = s->cap_jumps ? s->cap_jumps * 2 : 8;
		void *jumps =
			skep__pool_grow(&env->pool, s->jumps, s->cap_jumps * sizeof(*s->jumps),
					s->nr_jumps * sizeof(*s->jumps), cap * sizeof(*s->jumps));

		if (!jumps)
			return -ENOMEM;
		s->jumps = jumps;
		s->cap_jumps = cap;
	}
	env->jump = &s->jumps[s->nr_jumps++];
	*env->jump = (struct jump){
		.insn = env->insn, .prev = env->prev_insn, .flags = flags, .linked = linked
	};
	return 0;
}
