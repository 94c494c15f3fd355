/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Map values and keys, and the map itself. Special fields of a value (locks, timers, kernel
 * pointers) are not for loads and stores; a value that nobody writes any more is read right away.
 */
#include <string.h>

#include "verify/kptr.h"
#include "verify/operand.h"

int skep__check_map_type(struct verify_env *env, u32 regno, s32 off, s32 size, bool write)
{
	const struct map_def *def = cur_reg(env, regno)->map.map->def;

	if (write && def->flags & BPF_F_RDONLY_PROG)
		return skep__vfail(env, -EACCES,
				   "write into map forbidden, value_size=%u off=%d size=%d\n",
				   def->value_size, off, size);
	if (!write && def->flags & BPF_F_WRONLY_PROG)
		return skep__vfail(env, -EACCES,
				   "read from map forbidden, value_size=%u off=%d size=%d\n",
				   def->value_size, off, size);
	return 0;
}

static bool is_kptr(u32 type)
{
	return type & (BTF_FIELD_KPTRS | BTF_FIELD_UPTR);
}

static int check_kptr(struct verify_env *env, const struct reg *r, const struct btf_field *field,
		      s32 off, s32 size, bool direct)
{
	const char *name = field->type == BTF_FIELD_UPTR ? "uptr" : "kptr";

	if (!direct)
		return skep__vfail(env, -EACCES, "%s cannot be accessed indirectly by helper\n",
				   name);
	if (!num_is_const(&r->n))
		return skep__vfail(env, -EACCES, "%s access cannot have variable offset\n", name);
	if (field->offset != off + reg_const(r))
		return skep__vfail(env, -EACCES, "%s access misaligned expected=%u off=%llu\n",
				   name, field->offset, (unsigned long long)(off + reg_const(r)));
	if (size != 8)
		return skep__vfail(env, -EACCES, "%s access size must be BPF_DW\n", name);
	return 0;
}

static int check_fields(struct verify_env *env, const struct reg *r, s32 off, s32 size, bool direct)
{
	const struct btf_record *rec = r->map.map->record;
	int err = 0;

	for (u32 i = 0; rec && i < rec->nr && !err; i++) {
		const struct btf_field *field = &rec->fields[i];

		if (r->n.smin + off >= (s64)field->offset + field->size ||
		    field->offset >= r->n.umax + off + size)
			continue;
		if (is_kptr(field->type))
			err = check_kptr(env, r, field, off, size, direct);
		else
			err = skep__vfail(env, -EACCES,
					  "%s cannot be accessed directly by load/store\n",
					  skep__btf_field_name(field->type));
	}
	return err;
}

int skep__check_map_value(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok,
			  bool direct)
{
	const struct reg *r = cur_reg(env, regno);
	int err = skep__check_region(env, regno, off, size, r->map.map->def->value_size, zero_ok);

	return err ? err : check_fields(env, r, off, size, direct);
}

static const struct btf_field *kptr_at(const struct access *a)
{
	const struct btf_record *rec = a->ptr->map.map->record;

	for (u32 i = 0; rec && num_is_const(&a->ptr->n) && i < rec->nr; i++) {
		if (is_kptr(rec->fields[i].type) &&
		    rec->fields[i].offset == a->off + reg_const(a->ptr))
			return &rec->fields[i];
	}
	return NULL;
}

/* Data that can be read now: a frozen array that programs only read. */
static const u8 *constant_value(const struct access *a)
{
	const struct verify_map *map = a->ptr->map.map;
	struct map *m = (struct map *)map->map;
	u32 key = 0;

	if (!m || !map->frozen || !(map->def->flags & BPF_F_RDONLY_PROG) ||
	    map->def->type != BPF_MAP_TYPE_ARRAY || !num_is_const(&a->ptr->n))
		return NULL;
	return m->ops->lookup(m, &key, 0);
}

static void load_constant(const struct access *a, const u8 *value)
{
	u64 word = 0;
	u32 shift = 64 - 8 * a->size;

	/* Offsets into the values of other keys go on from the first one's, as in memory. */
	memcpy(&word, value + a->off + reg_const(a->ptr), a->size);
	if (a->sign_extend)
		word = (u64)((s64)(word << shift) >> shift);
	skep__reg_const(cur_reg(a->env, a->value), word);
}

int skep__access_map_value(const struct access *a)
{
	struct verify_env *env = a->env;
	const struct btf_field *field;
	const u8 *constant;
	int err;

	if (a->write && a->value != NO_REG && is_secret(env, cur_reg(env, a->value)))
		return skep__vfail(env, -EACCES, "R%d leaks addr into map\n", a->value);
	err = skep__check_map_type(env, a->regno, a->off, a->size, a->write);
	if (!err)
		err = skep__check_map_value(env, a->regno, a->off, a->size, false, true);
	if (err)
		return err;
	field = kptr_at(a);
	if (field)
		return skep__access_kptr(a, field, a->ptr->map.map->btf);
	constant = !a->write && a->value != NO_REG ? constant_value(a) : NULL;
	if (constant)
		load_constant(a, constant);
	else
		set_loaded(a);
	return 0;
}

int skep__access_map_key(const struct access *a)
{
	int err;

	if (a->write)
		return skep__vfail(a->env, -EACCES, "write to change key R%u not allowed\n",
				   a->regno);
	err = skep__check_region(a->env, a->regno, a->off, a->size, a->ptr->map.map->def->key_size,
				 false);
	if (!err)
		set_loaded(a);
	return err;
}
