/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pointers kept in map values and in allocated objects. References go in and out through
 * bpf_kptr_xchg alone; a load shows the object while RCU keeps it, and is not to be relied on
 * otherwise. Pointers without a reference are stored like numbers.
 */
#include "verify/kptr.h"

#include <string.h>

#include "verify/btf_walk.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/ref.h"

/* The kernel's objects whose memory stays for readers in an RCU section. */
static bool is_rcu_protected(const char *name)
{
	static const char *const names[] = { "prog_test_ref_kfunc", "cgroup", "bpf_cpumask",
					     "task_struct", "bpf_crypto_ctx" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

struct kptr skep__kptr(const struct verify_env *env, const struct btf_field *field,
		       const struct btf *owner)
{
	return (struct kptr){ field, field->of_kernel ? env->kernel_btf : owner };
}

static const char *target_name(const struct kptr *k)
{
	return skep__btf_name(k->btf, skep__btf_type(k->btf, k->field->target));
}

static const char *object_name(const struct reg *r)
{
	return skep__btf_name(r->btf.btf, skep__btf_type(r->btf.btf, r->btf.id));
}

static int refuse_type(struct verify_env *env, const struct kptr *k, const struct reg *r, u32 regno,
		       const char *name)
{
	struct class_name text;

	skep__vlog(env, "invalid kptr access, R%u type=%s%s ", regno, skep__class_name(r, &text),
		   name);
	skep__vlog(env, "expected=ptr_%s", target_name(k));
	if (k->field->type == BTF_FIELD_KPTR_UNREF)
		skep__vlog(env, " or untrusted_ptr_%s", target_name(k));
	return skep__vfail(env, -EACCES, "\n");
}

/* Without a reference, an object inside another one counts as well. */
static bool is_target(const struct kptr *k, const struct reg *r)
{
	if (!r->off && r->btf.btf == k->btf && r->btf.id == k->field->target)
		return true;
	return k->field->type == BTF_FIELD_KPTR_UNREF && r->btf.btf == k->btf && r->off >= 0 &&
	       skep__btf_contains(k->btf, r->btf.id, r->off, k->field->target);
}

int skep__kptr_match(struct verify_env *env, const struct kptr *k, const struct reg *r, u32 regno)
{
	bool percpu = k->field->type == BTF_FIELD_KPTR_PERCPU;
	u16 allowed;

	if (r->cls != REG_BTF)
		return refuse_type(env, k, r, regno, "");
	if (r->btf.btf == env->kernel_btf) {
		allowed = REG_MAYBE_NULL | REG_TRUSTED | REG_RCU;
		if (k->field->type == BTF_FIELD_KPTR_UNREF)
			allowed |= REG_UNTRUSTED;
	} else {
		allowed = REG_MAYBE_NULL | REG_ALLOC | (percpu ? REG_PERCPU : 0);
	}
	if (r->flags & ~allowed || percpu != !!(r->flags & REG_PERCPU))
		return refuse_type(env, k, r, regno, "");
	if (skep__check_plain_offset(env, r, regno, true))
		return -EACCES;
	return is_target(k, r) ? 0 : refuse_type(env, k, r, regno, object_name(r));
}

/* ---- loads and stores ------------------------------------------------------------------------ */

static u16 loaded_flags(const struct verify_env *env, const struct kptr *k)
{
	const struct btf_field *f = k->field;
	bool percpu = f->type == BTF_FIELD_KPTR_PERCPU;
	bool safe = percpu || (f->type == BTF_FIELD_KPTR_REF &&
			       (!f->of_kernel || is_rcu_protected(target_name(k))));
	const struct btf_record *rec;
	u16 flags = REG_MAYBE_NULL | REG_RCU;

	if (!safe || !state_in_rcu(env->cur))
		return REG_MAYBE_NULL | REG_UNTRUSTED;
	if (percpu)
		flags |= REG_PERCPU;
	else if (!f->of_kernel)
		flags |= REG_ALLOC;
	rec = f->of_kernel ? NULL : skep__btf_record(k->btf, f->target);
	if (rec && rec->mask & (BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE))
		flags |= REG_NON_OWN;
	return flags;
}

static void load(const struct access *a, const struct kptr *k)
{
	struct verify_env *env = a->env;
	u16 flags = loaded_flags(env, k);
	struct reg *dst;

	if (a->value == NO_REG)
		return;
	dst = cur_reg(env, a->value);
	if (k->field->type == BTF_FIELD_UPTR) {
		skep__reg_pointer(dst, REG_MEM, REG_MAYBE_NULL);
		dst->mem.size = (u32)skep__btf_size(k->btf, k->field->target);
	} else {
		skep__reg_pointer(dst, REG_BTF, flags);
		dst->btf.btf = k->btf;
		dst->btf.id = k->field->target;
	}
	dst->id = new_id(env);
}

static int store(const struct access *a, const struct kptr *k)
{
	struct verify_env *env = a->env;

	if (a->value == NO_REG)
		return env_insn(env, env->insn)->imm
			       ? skep__vfail(
					 env, -EACCES,
					 "BPF_ST imm must be 0 when storing to kptr at off=%u\n",
					 k->field->offset)
			       : 0;
	if (reg_is_null(cur_reg(env, a->value)))
		return skep__mark_precise(env, a->value);
	return skep__kptr_match(env, k, cur_reg(env, a->value), a->value);
}

int skep__access_kptr(const struct access *a, const struct btf_field *field,
		      const struct btf *owner)
{
	struct kptr k = skep__kptr(a->env, field, owner);
	u8 form = insn_desc(env_insn(a->env, a->env->insn))->form;

	if (form != FORM_LDX && form != FORM_STX && form != FORM_ST)
		return skep__vfail(
			a->env, -EACCES,
			"kptr in map can only be accessed using BPF_MEM instruction mode\n");
	/* Objects of programs are found by their handles; whose pointers the others are nobody
	 * knows here. */
	if (field->type & (BTF_FIELD_KPTR_UNREF | BTF_FIELD_UPTR))
		a->env->follows_kernel = true;
	else
		a->env->loads_kptr = !a->write;
	if (a->write && field->type & (BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU))
		return skep__vfail(a->env, -EACCES, "store to referenced kptr disallowed\n");
	if (a->write && field->type == BTF_FIELD_UPTR)
		return skep__vfail(a->env, -EACCES, "store to uptr disallowed\n");
	if (a->write)
		return store(a, &k);
	load(a, &k);
	return 0;
}

/* ---- bpf_kptr_xchg --------------------------------------------------------------------------- */

int skep__check_kptr_field(struct call *c, u32 regno)
{
	struct verify_env *env = c->env;
	const struct reg *r = cur_reg(env, regno);
	const struct btf_record *rec;
	const struct btf *owner;
	u32 off = (u32)(r->off + (s64)reg_const(r));

	if (r->cls == REG_BTF) {
		owner = r->btf.btf;
		rec = skep__btf_record(owner, r->btf.id);
	} else {
		owner = r->map.map->btf;
		rec = r->map.map->record;
		if (!owner)
			return skep__vfail(
				env, -EINVAL,
				"map '%s' has to have BTF in order to use bpf_kptr_xchg\n",
				r->map.map->name);
		c->map = r->map.map;
	}
	if (!num_is_const(&r->n))
		return skep__vfail(
			env, -EINVAL,
			"R%u doesn't have constant offset. kptr has to be at the constant offset\n",
			regno);
	if (!rec || !(rec->mask & BTF_FIELD_KPTRS))
		return skep__vfail(env, -EINVAL, "R%u has no valid kptr\n", regno);
	for (u32 i = 0; i < rec->nr; i++) {
		const struct btf_field *f = &rec->fields[i];

		if (f->offset != off || !(f->type & BTF_FIELD_KPTRS))
			continue;
		if (f->type == BTF_FIELD_KPTR_UNREF)
			return skep__vfail(env, -EACCES, "off=%u kptr isn't referenced kptr\n",
					   off);
		c->kptr = skep__kptr(env, f, owner);
		return 0;
	}
	return skep__vfail(env, -EACCES, "off=%u doesn't point to kptr\n", off);
}

int skep__give_to_kptr(struct call *c)
{
	struct verify_env *env = c->env;
	bool in_rcu = state_in_rcu(env->cur);
	const struct reg *r;
	struct reg *own;

	if (!skep__forget_ref(env->cur, c->ref_id))
		return -EINVAL;
	for (u32 f = 0; f <= env->cur->cur; f++) {
		for_each_frame_reg(env->cur->frames[f], r, i)
		{
			if (r->ref_id != c->ref_id)
				continue;
			own = own_reg(env->cur->frames[f], i);
			/* The field holds it now, and RCU keeps it for this program. */
			if (in_rcu && r->flags & REG_ALLOC && r->flags & REG_PERCPU) {
				own->ref_id = 0;
				own->flags = (own->flags & ~REG_ALLOC) | REG_RCU;
			} else {
				skep__invalidate(env, own);
			}
		}
	}
	return 0;
}

void skep__take_from_kptr(const struct call *c, struct reg *r0, u16 flags)
{
	if (!c->kptr.field->of_kernel) {
		flags |= REG_ALLOC;
		if (c->kptr.field->type == BTF_FIELD_KPTR_PERCPU)
			flags |= REG_PERCPU;
	}
	skep__reg_pointer(r0, REG_BTF, flags);
	r0->btf.btf = c->kptr.btf;
	r0->btf.id = c->kptr.field->target;
}
