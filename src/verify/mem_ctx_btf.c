/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts that are an array of a function's arguments, eight bytes each: numbers, and pointers to
 * kernel objects. The verdicts are the kernel's btf_ctx_access's.
 */
#include <string.h>

#include "verify/attach.h"
#include "verify/btf_walk.h"
#include "verify/memory.h"
#include "verify/operand.h"
#include "verify/struct_ops.h"

#define MAX_ARGS_SIZE 96 /* twelve arguments */
#define UNKNOWN_ARGS 5 /* of a function without a prototype */

static const struct btf_param *params_of(const struct btf_type *proto)
{
	return (const struct btf_param *)(proto + 1);
}

/* The argument whose bytes begin at `off`: structs may take more than one register. */
static u32 arg_at(const struct attach_target *target, u32 off)
{
	u32 end = 0, i = 0;

	if (!target->proto)
		return off / 8;
	for (u32 nr = btf_vlen(target->proto) - target->skip; i < nr; i++) {
		s64 size = skep__btf_size(target->btf,
					  params_of(target->proto)[target->skip + i].type);

		end += size > 8 ? (size + 7) / 8 * 8 : 8;
		if (off < end)
			return i;
	}
	return off < end + 8 ? i : i + 1;
}

/* The function's result, behind its arguments, for programs that run after it. *type may become 0:
 * void. */
static bool result_type(const struct verify_env *env, u32 *type)
{
	if (env->prog->type == BPF_PROG_TYPE_STRUCT_OPS) /* whose attach type is a member's index */
		return false;
	switch (env->prog->expected_attach_type) {
	case BPF_LSM_MAC:
	case BPF_LSM_CGROUP:
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
		*type = env->target.proto->type;
		return true;
	default:
		return false;
	}
}

static bool is_suffixed(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n >= k && !strcmp(name + n - k, suffix);
}

static int load_object(const struct access *a, u32 arg, u32 id, struct attach_arg known)
{
	const struct attach_target *target = &a->env->target;
	struct reg *dst = cur_reg(a->env, a->value);
	u16 flags = known.cls ? known.flags : known.flags | (target->trusted ? REG_TRUSTED : 0);
	const struct btf_type *t;

	if (target->skip + arg < btf_vlen(target->proto) &&
	    is_suffixed(skep__btf_str(target->btf,
				      params_of(target->proto)[target->skip + arg].name_off),
			"__nullable"))
		flags |= REG_MAYBE_NULL;
	flags |= skep__btf_tag_flags(target->btf, id) & ~REG_RCU; /* that is for fields */
	t = skep__btf_strip(target->btf, &id);
	if (!btf_is_composite(t)) {
		skep__vlog(a->env, "func '%s' arg%u type %s is not a struct\n", target->name, arg,
			   skep__btf_kind_name(btf_kind(t)));
		return skep__refuse_ctx(a);
	}
	if (known.is_error) {
		set_loaded(a);
		return 0;
	}
	skep__vlog(a->env, "func '%s' arg%u has btf_id %u type %s '%s'\n", target->name, arg, id,
		   skep__btf_kind_name(btf_kind(t)), skep__btf_name(target->btf, t));
	skep__reg_pointer(dst, REG_BTF, flags);
	dst->btf.btf = target->btf;
	dst->btf.id = skep__struct_ops_object(a->env, id);
	if (flags & REG_MAYBE_NULL)
		dst->id = new_id(a->env);
	return 0;
}

static int load_pointer(const struct access *a, u32 arg, u32 to)
{
	const struct attach_target *target = &a->env->target;
	struct attach_arg known = skep__attach_arg(a->env, arg);
	const struct btf_type *t;
	u32 id = to;

	if (a->size != 8) {
		skep__vlog(a->env, "func '%s' size %d must be 8\n", target->name, a->size);
		return skep__refuse_ctx(a);
	}
	if (a->value == NO_REG)
		return 0;
	if (known.cls == REG_BUF) {
		struct reg *dst = cur_reg(a->env, a->value);

		skep__reg_pointer(dst, REG_BUF, known.flags);
		dst->id = new_id(a->env);
		return 0;
	}
	t = skep__btf_strip(target->btf, &id);
	if (!t || btf_kind(t) == BTF_KIND_INT) {
		set_loaded(a);
		return 0;
	}
	return load_object(a, arg, to, known);
}

int skep__access_ctx_btf(const struct access *a)
{
	struct verify_env *env = a->env;
	const struct attach_target *target = &env->target;
	const struct btf_type *t;
	u32 arg, nr, type;

	if (a->off < 0 || a->off >= MAX_ARGS_SIZE || a->write || a->off % a->size)
		return skep__refuse_ctx(a);
	if (a->off % 8) {
		skep__vlog(env, "func '%s' offset %d is not multiple of 8\n", target->name, a->off);
		return skep__refuse_ctx(a);
	}
	env->max_ctx_offset = max(env->max_ctx_offset, (u32)(a->off + a->size));
	arg = arg_at(target, a->off);
	nr = target->proto ? btf_vlen(target->proto) - target->skip : UNKNOWN_ARGS;
	if (!target->proto && arg < nr) {
		set_loaded(a);
		return 0;
	}
	if (arg > nr || !target->proto || (arg == nr && !result_type(env, &type))) {
		skep__vlog(env, "func '%s' doesn't have %u-th argument\n", target->name, arg + 1);
		return skep__refuse_ctx(a);
	}
	if (arg < nr)
		type = params_of(target->proto)[target->skip + arg].type;
	t = skep__btf_strip(target->btf, &type);
	if (btf_is_scalar(t) || btf_is_composite(t)) {
		set_loaded(a);
		return 0;
	}
	if (t && btf_kind(t) == BTF_KIND_PTR)
		return load_pointer(a, arg, t->type);
	skep__vlog(env, "func '%s' arg%u '%s' has type %s. Only pointer access is allowed\n",
		   target->name, arg, t ? skep__btf_name(target->btf, t) : "",
		   t ? skep__btf_kind_name(btf_kind(t)) : "UNKNOWN");
	return skep__refuse_ctx(a);
}
