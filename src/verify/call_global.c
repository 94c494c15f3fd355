/* SPDX-License-Identifier: BSD-2-Clause */
/* Does a caller of a global function keep to what its prototype promises (sub_args.c)? */
#include "verify/call.h"
#include "verify/dynptr.h"

/* A kernel object. Loads through untrusted pointers cannot fault, whatever they are. */
static int check_object(struct verify_env *env, u32 regno, const struct sub_arg *arg)
{
	u32 cls = ARG_BTF_ID | (arg->flags & REG_MAYBE_NULL ? ARG_MAYBE_NULL : 0);
	struct call c = { .env = env, .object_id = arg->btf_id };
	int err;

	if (arg->flags & REG_UNTRUSTED ||
	    (arg->flags & REG_MAYBE_NULL && reg_is_null(cur_reg(env, regno))))
		return 0;
	err = skep__check_arg_class(&c, regno, cls);
	return err ? err : skep__check_arg_offset(env, cur_reg(env, regno), regno, cls);
}

static int check_arg(struct verify_env *env, u32 i, const struct sub_arg *arg)
{
	u32 regno = i + 1;
	struct reg *r = cur_reg(env, regno);
	int err;

	switch (arg->cls) {
	case SUB_ARG_SCALAR:
		return r->cls == REG_SCALAR
			       ? 0
			       : skep__vfail(env, -EINVAL, "R%u is not a scalar\n", regno);
	case SUB_ARG_CTX:
		err = skep__check_arg_offset(env, r, regno, 0);
		if (err)
			return err;
		return reg_plain(r, REG_CTX)
			       ? 0
			       : skep__vfail(env, -EINVAL, "arg#%u expects pointer to ctx\n", i);
	case SUB_ARG_MEM:
		if (arg->flags & REG_UNTRUSTED)
			return 0;
		err = skep__check_arg_offset(env, r, regno, 0);
		if (err)
			return err;
		if (skep__call_pointee(&(struct call){ .env = env }, regno, (s32)arg->mem_size))
			return -EINVAL;
		if (!(arg->flags & REG_MAYBE_NULL) && reg_maybe_null(r))
			return skep__vfail(env, -EINVAL, "arg#%u is expected to be non-NULL\n", i);
		return 0;
	case SUB_ARG_ARENA:
		if (r->cls == REG_ARENA || r->cls == REG_SCALAR)
			return 0;
		return skep__vfail(env, -EINVAL, "R%u is not a pointer to arena or scalar.\n",
				   regno);
	case SUB_ARG_DYNPTR:
		err = skep__check_arg_offset(env, r, regno, ARG_DYNPTR);
		return err ? err : skep__check_dynptr(env, regno, &(struct dynptr_arg){ USE_READ });
	default:
		return check_object(env, regno, arg);
	}
}

int skep__check_sub_args(struct verify_env *env, u32 sub)
{
	struct sub_info *info = &env->subs[sub];
	int err;

	if (info->args_bad)
		return -EINVAL;
	err = skep__sub_args(env, sub);
	for (u32 i = 0; i < info->nr_args && !err; i++)
		err = check_arg(env, i, &info->args[i]);
	info->args_bad = err;
	return err;
}
