/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a kernel function, one by one. */
#include <string.h>

#include "verify/jump.h"
#include "verify/kfunc.h"
#include "verify/operand.h"
#include "verify/precise.h"

static int pass(struct kcall *k, struct karg *a)
{
	(void)k;
	(void)a;
	return 0;
}

/* Some types' contexts are arrays of numbers, which nobody needs to cast. */
static int find_context(struct kcall *k)
{
	const struct btf_type *t;

	k->ctx_id = skep__kernel_context(k);
	t = skep__btf_type(k->btf, k->ctx_id);
	if (t && btf_kind(t) == BTF_KIND_STRUCT)
		return 0;
	return skep__vfail(k->env, -EINVAL, "kern ctx type id %u is not a struct\n", k->ctx_id);
}

static int check_ctx(struct kcall *k, struct karg *a)
{
	struct class_name name;

	if (!reg_plain(a->reg, REG_CTX))
		return skep__vfail(k->env, -EINVAL, "arg#%u expected pointer to ctx, but got %s\n",
				   a->i, skep__class_name(a->reg, &name));
	return k->id == KFUNC_bpf_cast_to_kern_ctx ? find_context(k) : 0;
}

static int check_const_str(struct kcall *k, struct karg *a)
{
	if (!reg_plain(a->reg, REG_MAP_VALUE))
		return skep__vfail(k->env, -EINVAL, "arg#%u doesn't point to a const string\n",
				   a->i);
	return skep__check_text(&k->call, a->regno);
}

static int check_callback(struct kcall *k, struct karg *a)
{
	if (!reg_plain(a->reg, REG_FUNC))
		return skep__vfail(k->env, -EINVAL, "arg%u expected pointer to func\n", a->i);
	k->call.sub = a->reg->func.subprog;
	return 0;
}

static int check_mem(struct kcall *k, struct karg *a)
{
	s64 size = skep__btf_size(k->btf, a->ref_id);

	if (size < 0)
		return skep__vfail(
			k->env, -EINVAL,
			"arg#%u reference type('%s %s') size cannot be determined: %lld\n", a->i,
			skep__btf_kind_name(btf_kind(a->ref)), a->ref_name, (long long)size);
	return skep__call_pointee(&k->call, a->regno, (s32)size);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static int need_constant(struct kcall *k, u32 regno)
{
	const struct reg *r = cur_reg(k->env, regno);

	if (k->has_const)
		return skep__vfail(k->env, -EFAULT, "only one constant argument permitted\n");
	if (!reg_is_const(r))
		return skep__vfail(k->env, -EINVAL, "R%u must be a known constant\n", regno);
	k->has_const = true;
	k->const_arg = reg_const(r);
	return 0;
}

/* The size of the memory that the function returns. */
static int take_buffer_size(struct kcall *k, const struct karg *a, bool rdonly)
{
	if (k->r0_size)
		return skep__vfail(k->env, -EINVAL,
				   "2 or more rdonly/rdwr_buf_size parameters for kfunc");
	if (!num_is_const(&a->reg->n))
		return skep__vfail(k->env, -EINVAL, "R%u is not a const\n", a->regno);
	k->r0_rdonly |= rdonly;
	k->r0_size = reg_const(a->reg);
	if (k->r0_size > UINT32_MAX)
		return skep__vfail(k->env, -EINVAL, "R%u rdonly/rdwr_buf_size exceeds u32 max\n",
				   a->regno);
	return skep__mark_precise(k->env, a->regno);
}

static int check_number(struct kcall *k, const struct karg *a)
{
	int err;

	if (a->reg->cls != REG_SCALAR)
		return skep__vfail(k->env, -EINVAL, "R%u is not a scalar\n", a->regno);
	if (skep__karg_has_suffix(a, "__k")) {
		err = need_constant(k, a->regno);
		return err ? err : skep__mark_precise(k->env, a->regno);
	}
	if (!strcmp(a->name, "rdonly_buf_size"))
		return take_buffer_size(k, a, true);
	if (!strcmp(a->name, "rdwr_buf_size"))
		return take_buffer_size(k, a, false);
	return 0;
}

static int check_mem_size(struct kcall *k, struct karg *a)
{
	struct reg saved = *a->reg;
	struct karg size;
	int err = 0;

	skep__karg_fill(k, a->i + 1, &size);
	if (!reg_is_null(a->reg) || !skep__karg_has_suffix(a, "__opt")) {
		if (reg_maybe_null(a->reg))
			skep__mark_not_null(a->reg);
		err = skep__call_size(&k->call, size.regno, false, true);
		if (!err)
			err = skep__call_size(&k->call, size.regno, true, true);
		*a->reg = saved;
		if (err)
			return skep__vfail(
				k->env, err,
				"arg#%u arg#%u memory, len pair leads to invalid memory access\n",
				a->i, a->i + 1);
	}
	return skep__karg_has_suffix(&size, "__szk") ? need_constant(k, size.regno) : 0;
}

/* ---- pointers -------------------------------------------------------------------------------- */

static const struct {
	karg_fn *check;
	bool trusted;
} classes[NR_KARG_CLASSES] = {
#define KARG(name, check, trusted) [KARG_##name] = { check, trusted },
#include "verify/kfunc_args.def"
};

static bool wants_trusted(const struct kcall *k)
{
	return k->flags & (KFUNC_TRUSTED_ARGS | KFUNC_RELEASES);
}

static int check_trust(struct kcall *k, const struct karg *a)
{
	if (!classes[a->cls].trusted || skep__is_trusted(a->reg))
		return 0;
	if (!(k->flags & KFUNC_RCU_ARGS)) {
		if (!wants_trusted(k))
			return 0;
		return skep__vfail(k->env, -EINVAL, "R%u must be referenced or trusted\n",
				   a->regno);
	}
	if (!skep__is_rcu(a->reg))
		return skep__vfail(k->env, -EINVAL, "R%u must be a rcu pointer\n", a->regno);
	return 0;
}

static int note_reference(struct kcall *k, const struct karg *a)
{
	bool release = k->flags & KFUNC_RELEASES;

	if (!a->reg->ref_id)
		return 0;
	if (release && k->call.ref_id)
		return skep__vfail(k->env, -EFAULT, "more than one arg with ref_obj_id R%u %u %u\n",
				   a->regno, a->reg->ref_id, k->call.ref_id);
	k->call.ref_id = a->reg->ref_id;
	if (release)
		k->call.release_regno = a->regno;
	return 0;
}

static int check_pointer(struct kcall *k, struct karg *a)
{
	u32 arg = k->flags & KFUNC_RELEASES && a->reg->ref_id ? ARG_RELEASE : 0;
	int err;

	if ((wants_trusted(k) || k->flags & KFUNC_RCU_ARGS) && !skep__karg_nullable(a) &&
	    (reg_is_null(a->reg) || reg_maybe_null(a->reg)))
		return skep__vfail(k->env, -EACCES,
				   "Possibly NULL pointer passed to trusted arg%u\n", a->i);
	err = note_reference(k, a);
	if (!err)
		err = skep__karg_classify(k, a);
	if (err || a->cls == KARG_NULL)
		return err;
	err = check_trust(k, a);
	if (!err)
		err = skep__check_arg_offset(k->env, a->reg, a->regno, arg);
	return err ? err : classes[a->cls].check(k, a);
}

static int check_arg(struct kcall *k, struct karg *a)
{
	if (skep__karg_has_suffix(a, "__ign"))
		return 0;
	if (skep__karg_has_suffix(a, "__prog")) {
		if (k->has_prog)
			return skep__vfail(k->env, -EFAULT,
					   "Only 1 prog->aux argument supported\n");
		k->has_prog = true;
		return 0;
	}
	if (btf_is_scalar(a->type))
		return check_number(k, a);
	if (!a->type || btf_kind(a->type) != BTF_KIND_PTR)
		return skep__vfail(k->env, -EINVAL, "Unrecognized arg#%u type %s\n", a->i,
				   a->type ? skep__btf_kind_name(btf_kind(a->type)) : "UNKNOWN");
	return check_pointer(k, a);
}

int skep__check_kfunc_args(struct kcall *k)
{
	if (k->nr_params > 5)
		return skep__vfail(k->env, -EINVAL, "Function %s has %u > %d args\n", k->name,
				   k->nr_params, 5);
	for (u32 i = 0; i < k->nr_params; i++) {
		struct karg a;
		int err;

		skep__karg_fill(k, i, &a);
		err = check_arg(k, &a);
		if (err)
			return err;
		/* The size was checked with the memory. */
		i += btf_is_scalar(a.type) || a.cls != KARG_MEM_SIZE ? 0 : 1;
	}
	if (k->flags & KFUNC_RELEASES && !k->call.release_regno)
		return skep__vfail(k->env, -EINVAL,
				   "release kernel function %s expects refcounted PTR_TO_BTF_ID\n",
				   k->name);
	return 0;
}
