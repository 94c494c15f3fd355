/* SPDX-License-Identifier: BSD-2-Clause */
/* Subprograms by instruction, and what call instructions call. */
#include "verify/env.h"

u32 skep__sub_of(const struct verify_env *env, u32 insn)
{
	const struct subprog *subs = env->prog->subprogs;
	u32 low = 0, high = env->prog->nr_subprogs;

	while (high - low > 1) {
		u32 mid = (low + high) / 2;

		if (subs[mid].start <= insn)
			low = mid;
		else
			high = mid;
	}
	return low;
}

int skep__sub_at(const struct verify_env *env, u32 start)
{
	u32 sub = skep__sub_of(env, start);

	return env->prog->subprogs[sub].start == start ? (int)sub : -1;
}

const struct helper *skep__env_helper(const struct verify_env *env, const struct insn *insn)
{
	u32 type = env->prog->type;

	if (insn->op != OP_CALL_HELPER ||
	    !skep__helper_allowed(insn->imm, type, env->prog->expected_attach_type))
		return NULL;
	return skep__helper_for(insn->imm, type);
}

bool skep__calls_sync_callback(const struct insn *insn)
{
	return insn->op == OP_CALL_HELPER &&
	       (insn->imm == BPF_FUNC_for_each_map_elem || insn->imm == BPF_FUNC_find_vma ||
		insn->imm == BPF_FUNC_loop || insn->imm == BPF_FUNC_user_ringbuf_drain);
}

bool skep__calls_async_callback(const struct verify_env *env, const struct insn *insn)
{
	(void)env;
	return insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_timer_set_callback;
}
