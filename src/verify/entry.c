/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers at the start of the program, and of a global function that is verified on its own. */
#include "verify/call.h"
#include "verify/dynptr.h"
#include "verify/explore.h"

static int set_arg(struct verify_env *env, struct reg *r, const struct sub_arg *arg)
{
	switch (arg->cls) {
	case SUB_ARG_SCALAR:
	case SUB_ARG_ARENA:
		skep__reg_unknown(r);
		r->precise = !env->capable;
		return 0;
	case SUB_ARG_CTX:
		skep__reg_pointer(r, REG_CTX, 0);
		return 0;
	case SUB_ARG_MEM:
		skep__reg_pointer(r, REG_MEM, arg->flags);
		r->mem.size = arg->mem_size;
		if (arg->flags & REG_MAYBE_NULL)
			r->id = new_id(env);
		return 0;
	case SUB_ARG_DYNPTR:
		skep__dynptr_reg(env, r, DYNPTR_LOCAL);
		return 0;
	default:
		skep__reg_pointer(r, REG_BTF, arg->flags);
		r->btf.btf = env->kernel_btf;
		r->btf.id = arg->btf_id;
		r->id = new_id(env);
		return 0;
	}
}

int skep__entry_args(struct verify_env *env, u32 sub)
{
	struct frame *f = cur_frame(env);
	int err;

	if (!sub) {
		/* The kernel looks at the prototype, says what it does not like, and goes on. */
		if (env->in->nr_func_info)
			skep__sub_args(env, sub);
		skep__reg_pointer(&f->regs[BPF_REG_1], REG_CTX, 0);
		return 0;
	}
	skep__vlog(env, "Validating %s() func#%u...\n", env->subs[sub].name, sub);
	err = skep__sub_args(env, sub);
	if (!err && env->subs[sub].is_exception_callback) {
		f->in_exception_callback = true;
		if (env->subs[sub].nr_args != 1 || env->subs[sub].args[0].cls != SUB_ARG_SCALAR)
			return skep__vfail(env, -EINVAL,
					   "exception cb only supports single integer argument\n");
	}
	for (u32 i = 0; i < env->subs[sub].nr_args && !err; i++)
		err = set_arg(env, &f->regs[BPF_REG_1 + i], &env->subs[sub].args[i]);
	return err;
}
