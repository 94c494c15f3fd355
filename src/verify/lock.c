/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock is told by the register's id (which lookup) and by the map or BTF it is in. It stands
 * among the references in the order of taking, and the last one that was taken is the active one.
 */
#include "verify/lock.h"

#include "verify/kfunc.h"
#include "verify/ref.h"

static const struct btf_field *find_field(const struct btf_record *rec, u32 type)
{
	for (u32 i = 0; rec && i < rec->nr; i++) {
		if (rec->fields[i].type == type)
			return &rec->fields[i];
	}
	return NULL;
}

/* The register points exactly at the special field of that type in its value or object. */
static int check_place(struct verify_env *env, const struct reg *r, u32 regno, u32 type,
		       const char *name)
{
	bool in_map = r->cls == REG_MAP_VALUE;
	const struct verify_map *map = in_map ? r->map.map : NULL;
	const struct btf_record *rec =
		in_map ? map->record : skep__btf_record(r->btf.btf, r->btf.id);
	const struct btf_field *field = find_field(rec, type);
	s64 off = (s64)reg_const(r) + r->off;

	if (!num_is_const(&r->n))
		return skep__vfail(
			env, -EINVAL,
			"R%u doesn't have constant offset. %s has to be at the constant offset\n",
			regno, name);
	if (in_map && !map->btf)
		return skep__vfail(env, -EINVAL, "map '%s' has to have BTF in order to use %s\n",
				   map->name, name);
	if (!field)
		return skep__vfail(env, -EINVAL, "%s '%s' has no valid %s\n",
				   in_map ? "map" : "local", in_map ? map->name : "kptr", name);
	if (field->offset != off)
		return skep__vfail(env, -EINVAL,
				   "off %lld doesn't point to 'struct %s' that is at %u\n",
				   (long long)off, name, field->offset);
	return 0;
}

/* A kind of lock: plain ones, and those that can fail. */
struct lock_kind {
	u32 field;
	enum ref_type ref;
	const char *name, *function; /* "bpf_spin_lock", "bpf_spin" */
};

static const struct ref *find(const struct state *s, u32 types, u32 id, const void *ptr)
{
	for (u32 i = 0; i < s->nr_refs; i++) {
		const struct ref *ref = &s->refs[i];

		if (1u << ref->type & types && (!ptr || (ref->id == id && ref->ptr == ptr)))
			return ref;
	}
	return NULL;
}

#define RES_LOCKS (1u << REF_RES_LOCK | 1u << REF_RES_LOCK_IRQ)

static int take(struct verify_env *env, const struct lock_kind *kind, u32 id, const void *ptr)
{
	struct state *s = env->cur;
	int err;

	if (kind->ref == REF_LOCK && find(s, 1u << REF_LOCK, 0, NULL))
		return skep__vfail(env, -EINVAL, "Locking two bpf_spin_locks are not allowed\n");
	if (kind->ref != REF_LOCK && find(s, RES_LOCKS, id, ptr))
		return skep__vfail(env, -EINVAL,
				   "Acquiring the same lock again, AA deadlock detected\n");
	err = skep__state_add_ref(
		&env->pool, s,
		&(struct ref){ .type = kind->ref, .id = id, .insn = env->insn, .ptr = ptr });
	if (err)
		return err;
	s->active_locks++;
	s->active_lock_id = id;
	s->active_lock_ptr = ptr;
	return 0;
}

/* The lock before it becomes the active one again. */
static bool drop(struct state *s, enum ref_type type, u32 id, const void *ptr)
{
	u32 prev_id = 0;
	const void *prev_ptr = NULL;

	for (u32 i = 0; i < s->nr_refs; i++) {
		const struct ref *ref = &s->refs[i];

		if (ref->type == type && ref->id == id && ref->ptr == ptr) {
			skep__state_drop_ref(s, i);
			s->active_locks--;
			s->active_lock_id = prev_id;
			s->active_lock_ptr = prev_ptr;
			return true;
		}
		if (ref->type == REF_LOCK || ref->type == REF_RES_LOCK ||
		    ref->type == REF_RES_LOCK_IRQ) {
			prev_id = ref->id;
			prev_ptr = ref->ptr;
		}
	}
	return false;
}

/* Nodes that were seen in a list or tree under the lock may not be used behind it. */
static void forget_nodes(struct verify_env *env)
{
	const struct reg *r;

	for (u32 f = 0; f <= env->cur->cur; f++) {
		for_each_frame_reg(env->cur->frames[f], r, i)
		{
			if (r->flags & REG_NON_OWN)
				skep__invalidate(env, own_reg(env->cur->frames[f], i));
		}
	}
}

static int give_back(struct verify_env *env, const struct lock_kind *kind, u32 id, const void *ptr)
{
	struct state *s = env->cur;

	if (!s->active_locks)
		return skep__vfail(env, -EINVAL, "%s_unlock without taking a lock\n",
				   kind->function);
	if (!find(s, 1u << kind->ref, id, ptr))
		return skep__vfail(env, -EINVAL, "%s_unlock of different lock\n", kind->function);
	if (id != s->active_lock_id || ptr != s->active_lock_ptr)
		return skep__vfail(env, -EINVAL, "%s_unlock cannot be out of order\n",
				   kind->function);
	drop(s, kind->ref, id, ptr);
	forget_nodes(env);
	return 0;
}

static int check_lock(struct verify_env *env, u32 regno, const struct lock_kind *kind, bool lock)
{
	const struct reg *r = cur_reg(env, regno);
	const void *ptr =
		r->cls == REG_MAP_VALUE ? (const void *)r->map.map : (const void *)r->btf.btf;
	int err = check_place(env, r, regno, kind->field, kind->name);

	if (err)
		return err;
	return lock ? take(env, kind, r->id, ptr) : give_back(env, kind, r->id, ptr);
}

int skep__check_spin_lock(struct call *c, u32 regno, bool lock)
{
	static const struct lock_kind spin = { BTF_FIELD_SPIN_LOCK, REF_LOCK, "bpf_spin_lock",
					       "bpf_spin" };

	if (skep__in_tree_callback(c->env))
		return skep__vfail(c->env, -EACCES, "can't spin_{lock,unlock} in rbtree cb\n");
	return check_lock(c->env, regno, &spin, lock);
}

/* Locks that can fail, with or without interrupts off. */
int skep__karg_res_lock(struct kcall *k, struct karg *a)
{
	bool irq = k->id == KFUNC_bpf_res_spin_lock_irqsave ||
		   k->id == KFUNC_bpf_res_spin_unlock_irqrestore;
	bool lock = k->id == KFUNC_bpf_res_spin_lock || k->id == KFUNC_bpf_res_spin_lock_irqsave;
	struct lock_kind res = { BTF_FIELD_RES_SPIN_LOCK, irq ? REF_RES_LOCK_IRQ : REF_RES_LOCK,
				 "bpf_res_spin_lock", "bpf_res_spin" };

	if (!reg_plain(a->reg, REG_MAP_VALUE) &&
	    !(a->reg->cls == REG_BTF && a->reg->flags == REG_ALLOC))
		return skep__vfail(k->env, -EINVAL,
				   "arg#%u doesn't point to map value or allocated object\n", a->i);
	return check_lock(k->env, a->regno, &res, lock);
}

/* Work that is kept in a map value: its map is told by where it is. */
static int check_work(struct kcall *k, struct karg *a, u32 type, const char *name)
{
	int err;

	if (!reg_plain(a->reg, REG_MAP_VALUE))
		return skep__vfail(k->env, -EINVAL, "arg#%u doesn't point to a map value\n", a->i);
	err = check_place(k->env, a->reg, a->regno, type, name);
	if (err)
		return err;
	k->call.map = a->reg->map.map;
	k->call.map_uid = a->reg->map.uid;
	return 0;
}

int skep__karg_wq(struct kcall *k, struct karg *a)
{
	return check_work(k, a, BTF_FIELD_WQ, "bpf_wq");
}

int skep__karg_task_work(struct kcall *k, struct karg *a)
{
	return check_work(k, a, BTF_FIELD_TASK_WORK, "bpf_task_work");
}

int skep__check_timer(struct call *c, u32 regno)
{
	const struct reg *r = cur_reg(c->env, regno);
	int err = check_place(c->env, r, regno, BTF_FIELD_TIMER, "bpf_timer");

	if (err)
		return err;
	c->map = r->map.map;
	c->map_uid = r->map.uid;
	return 0;
}
