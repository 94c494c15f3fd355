/* SPDX-License-Identifier: BSD-2-Clause */
/* What a kernel function returns: numbers, memory, objects; and references that begin there. */
#include "verify/kfunc.h"
#include "verify/ref.h"

static void return_number(const struct kcall *k, struct reg *r0)
{
	skep__reg_unknown(r0);
	r0->precise = !k->env->capable;
	/* Taking the lock has failed on a path of its own. */
	if (k->id == KFUNC_bpf_res_spin_lock || k->id == KFUNC_bpf_res_spin_lock_irqsave) {
		skep__reg_const(r0, 0);
		r0->precise = !k->env->capable;
	}
}

static int return_memory(struct kcall *k, struct reg *r0, const struct btf_type *to, u32 id)
{
	s64 size = skep__btf_size(k->btf, id);

	if (!k->r0_size && size > 0) {
		k->r0_size = (u64)size;
		k->r0_rdonly = true;
	}
	if (!k->r0_size)
		return skep__vfail(
			k->env, -EINVAL,
			"kernel function %s returns pointer type %s %s is not supported\n", k->name,
			skep__btf_kind_name(btf_kind(to)), skep__btf_name(k->btf, to));
	skep__reg_pointer(r0, REG_MEM,
			  (k->r0_rdonly ? REG_RDONLY : 0) |
				  (k->flags & KFUNC_RCU_PROTECTED ? REG_RCU : 0));
	r0->mem.size = (u32)k->r0_size;
	/* It is gone with the object that it is part of. */
	r0->ref_id = k->call.ref_id;
	return 0;
}

static int return_object(struct kcall *k, struct reg *r0, u32 id)
{
	u16 flags = 0;

	if (k->id == KFUNC_bpf_get_kmem_cache)
		flags = REG_UNTRUSTED;
	else if (k->flags & KFUNC_RCU_PROTECTED)
		flags = REG_RCU;
	if (k->flags & KFUNC_ITER_NEXT)
		flags |= skep__kfunc_iter(k)->flags & REG_RCU ? REG_RCU : REG_TRUSTED;
	skep__reg_pointer(r0, REG_BTF, flags);
	r0->btf.btf = k->btf;
	r0->btf.id = id;
	return 0;
}

/* ---- functions whose result BTF does not tell ------------------------------------------------ */

static int return_context(struct kcall *k, struct reg *r0)
{
	skep__reg_pointer(r0, REG_BTF, REG_TRUSTED);
	r0->btf.btf = k->btf;
	r0->btf.id = (u32)k->ctx_id;
	return 0;
}

/* Any address as an object that may be read, faults caught; as the type 0, as bytes. */
static int return_cast(struct kcall *k, struct reg *r0)
{
	u32 id = (u32)k->const_arg;
	const struct btf_type *t = skep__btf_type(k->btf, id);

	if (id && !t)
		return skep__vfail(k->env, -EINVAL,
				   "Unknown type ID %lld passed to kfunc bpf_rdonly_cast\n",
				   (long long)k->const_arg);
	if (!id) {
		skep__reg_pointer(r0, REG_MEM, REG_RDONLY | REG_UNTRUSTED);
		return 0;
	}
	if (!btf_is_composite(t))
		return skep__vfail(
			k->env, -EINVAL,
			"kfunc bpf_rdonly_cast type ID argument must be of a struct or void\n");
	skep__reg_pointer(r0, REG_BTF, REG_UNTRUSTED);
	r0->btf.btf = k->btf;
	r0->btf.id = id;
	return 0;
}

/* 1: nothing special about the function. */
static int return_special(struct kcall *k, struct reg *r0)
{
	int ret = skep__kfunc_return_alloc(k, r0);

	if (ret == 1)
		ret = skep__kfunc_return_slice(k, r0);
	if (ret != 1)
		return ret;
	switch (k->id) {
	case KFUNC_bpf_cast_to_kern_ctx:
		return return_context(k, r0);
	case KFUNC_bpf_rdonly_cast:
		return return_cast(k, r0);
	default:
		return 1;
	}
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int return_pointer(struct kcall *k, struct reg *r0, const struct btf_type *t)
{
	u32 id = t->type;
	const struct btf_type *to = skep__btf_strip(k->btf, &id);
	int ret = return_special(k, r0);

	if (ret == 1 && !to) {
		skep__reg_unknown(r0); /* void *: as good as a number */
		r0->precise = !k->env->capable;
		ret = 0;
	} else if (ret == 1) {
		ret = btf_is_composite(to) ? return_object(k, r0, id)
					   : return_memory(k, r0, to, id);
	}
	if (ret)
		return ret;
	if (k->flags & KFUNC_RET_NULL) {
		r0->flags |= REG_MAYBE_NULL;
		r0->id = new_id(k->env);
	}
	if (k->flags & KFUNC_ACQUIRES) {
		ret = skep__acquire(k->env, &r0->ref_id);
		if (k->flags & KFUNC_RET_NULL)
			r0->id = r0->ref_id;
	} else if (k->call.root.field) {
		skep__set_non_owning(r0); /* seen in a list or tree, and not taken out */
	}
	if (!ret && !r0->id && skep__may_hold_lock(r0))
		r0->id = new_id(k->env);
	return ret;
}

int skep__kfunc_return(struct kcall *k)
{
	struct reg *r0 = cur_reg(k->env, BPF_REG_0);
	u32 id = k->proto->type;
	const struct btf_type *t = skep__btf_strip(k->btf, &id);

	if (!t)
		return 0;
	if (btf_kind(t) == BTF_KIND_PTR)
		return return_pointer(k, r0, t);
	return_number(k, r0);
	return 0;
}
