/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that programs allocate: of a struct of their own BTF, owned by whoever holds the
 * reference. Those with a count may have several owners.
 */
#include "verify/kfunc.h"

#define MAX_PERCPU_SIZE 512

const struct btf_record *skep__object_record(const struct reg *r)
{
	if (reg_plain(r, REG_MAP_VALUE))
		return r->map.map->record;
	return r->cls == REG_BTF && r->flags & REG_ALLOC ? skep__btf_record(r->btf.btf, r->btf.id)
							 : NULL;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* One that is given up. */
int skep__karg_alloc(struct kcall *k, struct karg *a)
{
	bool percpu = k->id == KFUNC_bpf_percpu_obj_drop_impl;
	const struct reg *r = a->reg;

	if (r->cls == REG_BTF && r->flags == REG_ALLOC) {
		if (k->id != KFUNC_bpf_obj_drop_impl)
			return skep__vfail(k->env, -EINVAL,
					   "arg#%u expected for bpf_obj_drop_impl()\n", a->i);
	} else if (r->cls == REG_BTF && r->flags == (REG_ALLOC | REG_PERCPU)) {
		if (!percpu)
			return skep__vfail(k->env, -EINVAL,
					   "arg#%u expected for bpf_percpu_obj_drop_impl()\n",
					   a->i);
	} else {
		return skep__vfail(k->env, -EINVAL, "arg#%u expected pointer to allocated object\n",
				   a->i);
	}
	return r->ref_id ? 0
			 : skep__vfail(k->env, -EINVAL, "allocated object must be referenced\n");
}

int skep__karg_refcounted(struct kcall *k, struct karg *a)
{
	const struct reg *r = a->reg;
	const struct btf_record *rec;

	if (r->cls != REG_BTF || !(r->flags & REG_ALLOC))
		return skep__vfail(k->env, -EINVAL, "arg#%u is neither owning or non-owning ref\n",
				   a->i);
	rec = skep__object_record(r);
	if (!rec || !(rec->mask & BTF_FIELD_REFCOUNT))
		return skep__vfail(k->env, -EINVAL,
				   "arg#%u doesn't point to a type with bpf_refcount field\n",
				   a->i);
	/* An owner's object cannot go away meanwhile: that cannot fail. */
	if (!(r->flags & REG_NON_OWN) && r->ref_id)
		k->flags &= ~KFUNC_RET_NULL;
	k->object.btf = r->btf.btf;
	k->object.id = r->btf.id;
	return 0;
}

/* ---- results --------------------------------------------------------------------------------- */

static int check_percpu(struct kcall *k, const struct btf *btf, const struct btf_type *t, u32 id)
{
	struct kcall own = *k;

	own.btf = btf;
	if (t->size > MAX_PERCPU_SIZE)
		return skep__vfail(k->env, -EINVAL,
				   "bpf_percpu_obj_new type size (%u) is greater than %d\n",
				   t->size, MAX_PERCPU_SIZE);
	if (!skep__is_scalar_struct(&own, t))
		return skep__vfail(
			k->env, -EINVAL,
			"bpf_percpu_obj_new type ID argument must be of a struct of scalars\n");
	if (skep__btf_record(btf, id))
		return skep__vfail(
			k->env, -EINVAL,
			"bpf_percpu_obj_new type ID argument must not contain special fields\n");
	return 0;
}

static int return_new(struct kcall *k, struct reg *r0)
{
	bool percpu = k->id == KFUNC_bpf_percpu_obj_new_impl;
	const struct btf *btf = k->env->in->btf;
	const struct btf_type *t;
	u32 id = (u32)k->const_arg;
	int err;

	if (k->const_arg > UINT32_MAX)
		return skep__vfail(k->env, -EINVAL,
				   "local type ID argument must be in range [0, U32_MAX]\n");
	if (!btf)
		return skep__vfail(k->env, -EINVAL,
				   "bpf_obj_new/bpf_percpu_obj_new requires prog BTF\n");
	t = skep__btf_type(btf, id);
	if (!t || btf_kind(t) != BTF_KIND_STRUCT)
		return skep__vfail(
			k->env, -EINVAL,
			"bpf_obj_new/bpf_percpu_obj_new type ID argument must be of a struct\n");
	err = percpu ? check_percpu(k, btf, t, id) : 0;
	if (err)
		return err;
	skep__reg_pointer(r0, REG_BTF, REG_ALLOC | (percpu ? REG_PERCPU : 0));
	r0->btf.btf = btf;
	r0->btf.id = id;
	return 0;
}

/* 1: another kind of function. */
int skep__kfunc_return_alloc(struct kcall *k, struct reg *r0)
{
	switch (k->id) {
	case KFUNC_bpf_obj_new_impl:
	case KFUNC_bpf_percpu_obj_new_impl:
		return return_new(k, r0);
	case KFUNC_bpf_refcount_acquire_impl:
		skep__reg_pointer(r0, REG_BTF, REG_ALLOC);
		r0->btf.btf = k->object.btf;
		r0->btf.id = k->object.id;
		return 0;
	case KFUNC_bpf_list_pop_front:
	case KFUNC_bpf_list_pop_back:
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back:
	case KFUNC_bpf_rbtree_remove:
	case KFUNC_bpf_rbtree_first:
	case KFUNC_bpf_rbtree_root:
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right:
		skep__graph_node(&k->call.root, r0);
		return 0;
	default:
		return 1;
	}
}
