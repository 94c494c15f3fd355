/* SPDX-License-Identifier: BSD-2-Clause */
/* Subprograms by instruction, and what call instructions call. */
#include "verify/kfunc.h"

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

/* Functions that may be left in the middle must return a number. */
static bool returns_int(const struct verify_env *env, u32 sub)
{
	const struct btf *btf = env->in->btf;
	u32 id = skep__btf_type(btf, skep__btf_type(btf, env->subs[sub].type_id)->type)->type;
	const struct btf_type *ret = skep__btf_strip(btf, &id);

	return btf_is_scalar(ret) && ret->size <= 8;
}

int skep__check_early_exits(struct verify_env *env)
{
	bool btf = env->in->nr_func_info;

	for (u32 i = 1; i < env->prog->nr_subprogs; i++) {
		const struct sub_info *sub = &env->subs[i];
		const char *what = sub->has_ld_abs      ? "LD_ABS"
				   : sub->has_tail_call ? "tail_call"
							: NULL;

		if (!what || (btf && returns_int(env, i)))
			continue;
		return skep__vfail(env, -EINVAL,
				   btf ? "%s is only allowed in functions that return 'int'.\n"
				       : "%s is not allowed in subprogs without BTF\n",
				   what);
	}
	return 0;
}

bool skep__calls_sync_callback(const struct verify_env *env, const struct insn *insn)
{
	if (skep__env_kfunc_id(env, insn) == KFUNC_bpf_rbtree_add_impl)
		return true;
	return insn->op == OP_CALL_HELPER &&
	       (insn->imm == BPF_FUNC_for_each_map_elem || insn->imm == BPF_FUNC_find_vma ||
		insn->imm == BPF_FUNC_loop || insn->imm == BPF_FUNC_user_ringbuf_drain);
}

bool skep__calls_async_callback(const struct verify_env *env, const struct insn *insn)
{
	switch (skep__env_kfunc_id(env, insn)) {
	case KFUNC_bpf_wq_set_callback_impl:
	case KFUNC_bpf_task_work_schedule_signal_impl:
	case KFUNC_bpf_task_work_schedule_resume_impl:
		return true;
	default:
		return insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_timer_set_callback;
	}
}
