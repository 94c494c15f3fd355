/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists and trees: the root stands in a map value or an allocated object, beside the lock that must
 * be held for whatever is done with it. What is put in has its owner there; who put it in keeps a
 * pointer to it, as does who looks it up, that is good until the lock is given back.
 */
#include "verify/kfunc.h"

#include "verify/explore.h"
#include "verify/ref.h"

static const char *type_name(const struct btf *btf, u32 id)
{
	return skep__btf_name(btf, skep__btf_type(btf, id));
}

/* The field of that type exactly where the register points to. */
static const struct btf_field *field_at(const struct reg *r, u32 type)
{
	const struct btf_record *rec = skep__object_record(r);
	u32 off = (u32)(r->off + (s64)reg_const(r));

	for (u32 i = 0; rec && i < rec->nr; i++) {
		if (rec->fields[i].offset == off && rec->fields[i].type == type)
			return &rec->fields[i];
	}
	return NULL;
}

static int check_constant(struct kcall *k, const struct karg *a, u32 type)
{
	if (num_is_const(&a->reg->n))
		return 0;
	return skep__vfail(
		k->env, -EINVAL,
		"R%u doesn't have constant offset. %s has to be at the constant offset\n", a->regno,
		skep__btf_field_name(type));
}

static bool is_locked(struct verify_env *env, const struct reg *r)
{
	const struct state *s = env->cur;
	const void *ptr =
		r->cls == REG_MAP_VALUE ? (const void *)r->map.map : (const void *)r->btf.btf;

	if (!s->active_locks)
		return false;
	for (u32 i = 0; i < s->nr_refs; i++) {
		const struct ref *ref = &s->refs[i];

		if ((ref->type == REF_LOCK || ref->type == REF_RES_LOCK ||
		     ref->type == REF_RES_LOCK_IRQ) &&
		    ref->id == r->id && ref->ptr == ptr)
			return true;
	}
	skep__vlog(env, "held lock and object are not in the same allocation\n");
	return false;
}

static s32 lock_offset(const struct btf_record *rec)
{
	for (u32 i = 0; i < rec->nr; i++) {
		if (rec->fields[i].type == BTF_FIELD_SPIN_LOCK)
			return (s32)rec->fields[i].offset;
	}
	return -EINVAL;
}

static int check_root(struct kcall *k, struct karg *a, u32 type)
{
	const struct reg *r = a->reg;
	bool object = r->cls == REG_BTF && r->flags == REG_ALLOC;
	const struct btf_field *field;
	int err;

	if (!reg_plain(r, REG_MAP_VALUE) && !object)
		return skep__vfail(k->env, -EINVAL,
				   "arg#%u expected pointer to map value or allocated object\n",
				   a->i);
	if (object && !r->ref_id)
		return skep__vfail(k->env, -EINVAL, "allocated object must be referenced\n");
	err = check_constant(k, a, type);
	if (err)
		return err;
	field = field_at(r, type);
	if (!field)
		return skep__vfail(k->env, -EINVAL, "%s not found at offset=%u\n",
				   skep__btf_field_name(type), (u32)(r->off + (s64)reg_const(r)));
	if (!is_locked(k->env, r))
		return skep__vfail(k->env, -EINVAL, "bpf_spin_lock at off=%d must be held for %s\n",
				   lock_offset(skep__object_record(r)), skep__btf_field_name(type));
	k->call.root = (struct kptr){ field, r->cls == REG_BTF ? r->btf.btf : r->map.map->btf };
	return 0;
}

int skep__karg_list_head(struct kcall *k, struct karg *a)
{
	return check_root(k, a, BTF_FIELD_LIST_HEAD);
}

int skep__karg_rb_root(struct kcall *k, struct karg *a)
{
	return check_root(k, a, BTF_FIELD_RB_ROOT);
}

/* The node of the kind of objects that the root holds. */
static int check_node(struct kcall *k, struct karg *a, u32 type)
{
	const struct kptr *root = &k->call.root;
	const struct reg *r = a->reg;
	u32 off = (u32)(r->off + (s64)reg_const(r));
	int err = check_constant(k, a, type);

	if (err)
		return err;
	if (!field_at(r, type))
		return skep__vfail(k->env, -EINVAL, "%s not found at offset=%u\n",
				   skep__btf_field_name(type), off);
	if (r->btf.btf != root->btf || r->btf.id != root->field->target)
		return skep__vfail(k->env, -EINVAL,
				   "operation on %s expects arg#1 %s at offset=%u in struct %s, "
				   "but arg is at offset=%u in struct %s\n",
				   skep__btf_field_name(root->field->type),
				   skep__btf_field_name(type), root->field->node_offset,
				   type_name(root->btf, root->field->target), off,
				   type_name(r->btf.btf, r->btf.id));
	if (off != root->field->node_offset)
		return skep__vfail(k->env, -EINVAL,
				   "arg#1 offset=%u, but expected %s at offset=%u in struct %s\n",
				   off, skep__btf_field_name(type), root->field->node_offset,
				   type_name(root->btf, root->field->target));
	return 0;
}

static int check_owned(struct kcall *k, const struct karg *a)
{
	if (a->reg->cls != REG_BTF || a->reg->flags != REG_ALLOC)
		return skep__vfail(k->env, -EINVAL, "arg#%u expected pointer to allocated object\n",
				   a->i);
	if (!a->reg->ref_id)
		return skep__vfail(k->env, -EINVAL, "allocated object must be referenced\n");
	return 0;
}

int skep__karg_list_node(struct kcall *k, struct karg *a)
{
	int err = check_owned(k, a);

	return err ? err : check_node(k, a, BTF_FIELD_LIST_NODE);
}

/* Is the path in a callback that compares nodes of a tree, whose lock is held? */
bool skep__in_tree_callback(const struct verify_env *env)
{
	const struct state *s = env->cur;

	for (u32 i = s->cur; i; i--) {
		const struct frame *f = s->frames[i];

		if (f->in_callback && skep__env_kfunc_id(env, env_insn(env, f->callsite)) ==
					      KFUNC_bpf_rbtree_add_impl)
			return true;
	}
	return false;
}

int skep__karg_rb_node(struct kcall *k, struct karg *a)
{
	const struct reg *r = a->reg;
	int err = 0;

	if (k->id == KFUNC_bpf_rbtree_add_impl) {
		err = check_owned(k, a);
	} else if (!(r->cls == REG_BTF && r->flags & REG_ALLOC && r->flags & REG_NON_OWN) &&
		   !r->ref_id) {
		err = skep__vfail(k->env, -EINVAL,
				  "%s can only take non-owning or refcounted bpf_rb_node pointer\n",
				  k->name);
	} else if (skep__in_tree_callback(k->env)) {
		err = skep__vfail(k->env, -EINVAL, "%s not allowed in rbtree cb\n", k->name);
	}
	return err ? err : check_node(k, a, BTF_FIELD_RB_NODE);
}

/* ---- what is in a list or tree --------------------------------------------------------------- */

void skep__graph_node(const struct kptr *root, struct reg *r)
{
	skep__reg_pointer(r, REG_BTF, REG_ALLOC);
	r->btf.btf = root->btf;
	r->btf.id = root->field->target;
	r->off = (s32)root->field->node_offset;
}

/* Seen under the lock; with a count it stays in memory while RCU keeps it. */
void skep__set_non_owning(struct reg *r)
{
	const struct btf_record *rec = skep__object_record(r);

	r->flags |= REG_NON_OWN;
	if (rec && rec->mask & BTF_FIELD_REFCOUNT)
		r->flags |= REG_RCU;
}

/* Who puts an object into a list or tree is not its owner any more, and may look at it still. */
int skep__give_to_graph(struct kcall *k)
{
	u32 id = cur_reg(k->env, BPF_REG_2)->ref_id;
	struct state *s = k->env->cur;
	const struct reg *r;

	switch (k->id) {
	case KFUNC_bpf_list_push_front_impl:
	case KFUNC_bpf_list_push_back_impl:
	case KFUNC_bpf_rbtree_add_impl:
		break;
	default:
		return 0;
	}
	for (u32 f = 0; f <= s->cur; f++) {
		for_each_frame_reg(s->frames[f], r, i)
		{
			if (r->ref_id == id) {
				struct reg *own = own_reg(s->frames[f], i);

				own->ref_id = 0;
				skep__set_non_owning(own);
			}
		}
	}
	if (skep__forget_ref(s, id))
		return 0;
	return skep__vfail(k->env, -EINVAL, "kfunc %s#%u reference has not been acquired before\n",
			   k->name, k->btf_id);
}
