/* SPDX-License-Identifier: BSD-2-Clause */
/* Kernel objects as arguments of kernel functions: how good the pointer is, and of which type. */
#include <string.h>

#include "verify/btf_walk.h"
#include "verify/kfunc.h"
#include "verify/operand.h"

#define TRUSTED_FLAGS (REG_TRUSTED | REG_ALLOC | REG_NON_OWN)

static bool is_unsafe(const struct reg *r)
{
	return r->flags & ~TRUSTED_FLAGS;
}

bool skep__is_trusted(const struct reg *r)
{
	if (r->ref_id)
		return true;
	if (skep__class_struct(r->cls) && !is_unsafe(r))
		return true;
	return r->flags & TRUSTED_FLAGS && !is_unsafe(r);
}

bool skep__is_rcu(const struct reg *r)
{
	return r->flags & REG_RCU;
}

/* Names that differ in "___init" alone are two states of one object, which are not to be mixed up.
 */
static bool is_other_state(const char *a, const char *b)
{
	static const char suffix[] = "___init";
	size_t len_a = strlen(a), len_b = strlen(b);

	if (len_a < len_b)
		return is_other_state(b, a);
	return len_a == len_b + strlen(suffix) && !strcmp(a + len_b, suffix) &&
	       !strncmp(a, b, len_b);
}

static bool takes_projection(const char *wanted, const char *given)
{
	return (!strcmp(wanted, "__sk_buff") && !strcmp(given, "sk_buff")) ||
	       (!strcmp(wanted, "xdp_md") && !strcmp(given, "xdp_buff"));
}

/* The type of the object that the register points to. */
static bool object_of(const struct kcall *k, const struct reg *r, const struct btf **btf, u32 *id)
{
	const char *name = skep__class_struct(r->cls);
	s64 found;

	*btf = k->btf;
	if (r->cls == REG_BTF) {
		*btf = r->btf.btf;
		*id = r->btf.id;
		return true;
	}
	found = name ? skep__btf_find(k->btf, name, BTF_KIND_STRUCT) : -ENOENT;
	*id = found < 0 ? 0 : (u32)found;
	return found >= 0;
}

static int check_type(struct kcall *k, const struct karg *a, const struct btf_type *wanted,
		      const char *wanted_name, u32 wanted_id)
{
	const struct reg *r = a->reg;
	const struct btf_type *given;
	const struct btf *btf;
	const char *name;
	bool strict, same;
	u32 id;

	if (!object_of(k, r, &btf, &id))
		return skep__vfail_later(k->env, "objects of this kind");
	given = skep__btf_strip(btf, &id);
	name = given ? skep__btf_name(btf, given) : "";
	strict = (k->flags & KFUNC_RELEASES && r->ref_id) || is_other_state(name, wanted_name);
	same = btf == k->btf &&
	       (strict ? id == wanted_id && !r->off
		       : r->off >= 0 && skep__btf_contains(btf, id, r->off, wanted_id));
	if (same || takes_projection(wanted_name, name))
		return 0;
	return skep__vfail(
		k->env, -EINVAL,
		"kernel function %s args#%u expected pointer to %s %s but R%u has a pointer "
		"to %s %s\n",
		k->name, a->i, skep__btf_kind_name(btf_kind(wanted)), wanted_name, a->regno,
		given ? skep__btf_kind_name(btf_kind(given)) : "UNKNOWN", name);
}

static int check_object(struct kcall *k, const struct karg *a, const struct btf_type *wanted,
			const char *name, u32 id)
{
	const struct reg *r = a->reg;
	struct class_name is, expected;
	struct reg base = *r;

	if ((r->cls != REG_BTF || (is_unsafe(r) && !skep__is_rcu(r))) &&
	    !skep__class_struct(r->cls)) {
		base.flags &= TRUSTED_FLAGS;
		return skep__vfail(k->env, -EINVAL, "arg#%u is %s expected %s or socket\n", a->i,
				   skep__class_name(r, &is), skep__class_name(&base, &expected));
	}
	return check_type(k, a, wanted, name, id);
}

int skep__karg_btf(struct kcall *k, struct karg *a)
{
	return check_object(k, a, a->ref, a->ref_name, a->ref_id);
}

/* A second map argument is the one that the first one's special field is in. */
static int check_same_map(struct kcall *k, const struct reg *r)
{
	const struct btf_record *rec = r->cls == REG_MAP_PTR ? r->map.map->record : NULL;
	u32 mask = rec ? rec->mask : 0;
	bool work = mask & BTF_FIELD_TASK_WORK;

	if (!k->call.map || !(mask & (BTF_FIELD_WQ | BTF_FIELD_TASK_WORK)))
		return 0;
	if (k->call.map == r->map.map && k->call.map_uid == r->map.uid)
		return 0;
	return skep__vfail(
		k->env, -EINVAL,
		work ? "bpf_task_work pointer in R2 map_uid=%u doesn't match map pointer in "
		       "R3 map_uid=%u\n"
		     : "workqueue pointer in R1 map_uid=%u doesn't match map pointer in R2 "
		       "map_uid=%u\n",
		k->call.map_uid, r->map.uid);
}

int skep__karg_map(struct kcall *k, struct karg *a)
{
	s64 id = skep__btf_find(k->btf, "bpf_map", BTF_KIND_STRUCT);
	int err;

	if (a->reg->cls != REG_MAP_PTR && a->reg->cls != REG_BTF)
		return skep__vfail(k->env, -EINVAL, "pointer in R%u isn't map pointer\n", a->regno);
	err = check_same_map(k, a->reg);
	if (err)
		return err;
	if (a->reg->cls == REG_MAP_PTR) {
		k->call.map = a->reg->map.map;
		k->call.map_uid = a->reg->map.uid;
	}
	if (id < 0)
		return skep__vfail_later(k->env, "maps as objects");
	return check_object(k, a, skep__btf_type(k->btf, (u32)id), "bpf_map", (u32)id);
}
