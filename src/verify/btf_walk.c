/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walking structs: from an offset and a size to the member that is touched, through structs in
 * structs, arrays and unions. The verdicts are the kernel's btf_struct_access's.
 */
#include "verify/btf_walk.h"

#include <string.h>

#define GO_ON 3 /* beside enum walk_result: w has the struct inside, and the offset in it */

/* A member's type: for arrays, of any number of dimensions, the element's. */
struct shape {
	u32 id; /* modifiers stripped */
	const struct btf_type *type;
	u64 size, whole; /* of one element, and of all */
	bool is_array;
};

static bool find_shape(const struct btf *btf, u32 id, struct shape *shape)
{
	s64 whole = skep__btf_size(btf, id);

	*shape = (struct shape){ .id = id,
				 .type = skep__btf_strip(btf, &id),
				 .whole = max(whole, (s64)0) };
	shape->id = id;
	while (shape->type && btf_kind(shape->type) == BTF_KIND_ARRAY) {
		shape->is_array = true;
		id = btf_array(shape->type)->type;
		shape->type = skep__btf_strip(btf, &id);
		shape->id = id;
	}
	s64 size = shape->type ? skep__btf_size(btf, shape->id) : -EINVAL;

	shape->size = max(size, (s64)0);
	return whole >= 0 && size >= 0;
}

static int refuse_beyond(struct verify_env *env, const struct walk *w, const struct btf_type *t)
{
	return skep__vfail(env, -EACCES, "access beyond struct %s at off %u size %u\n",
			   skep__btf_name(w->btf, t), w->off, w->size);
}

/* Beyond the struct there may be elements of an array without a length that ends it. */
static int walk_flexible(struct verify_env *env, struct walk *w, const struct btf_type *t)
{
	const struct btf_member *last = (const struct btf_member *)(t + 1) + btf_vlen(t) - 1;
	const struct btf_array *array;
	const struct btf_type *member;
	u32 id, start;

	if (w->no_flexible || !btf_vlen(t))
		return refuse_beyond(env, w, t);
	id = last->type;
	member = skep__btf_strip(w->btf, &id);
	start = btf_member_bit_offset(t, last) / 8;
	if (!member || btf_kind(member) != BTF_KIND_ARRAY || w->off < start)
		return refuse_beyond(env, w, t);
	array = btf_array(member);
	if (array->nelems)
		return refuse_beyond(env, w, t);
	id = array->type;
	member = skep__btf_strip(w->btf, &id);
	if (member && btf_kind(member) == BTF_KIND_INT)
		return WALK_NUMBER;
	if (!btf_is_composite(member) || !member->size)
		return refuse_beyond(env, w, t);
	w->id = id;
	w->off = (w->off - start) % member->size;
	return GO_ON;
}

u16 skep__btf_tag_flags(const struct btf *btf, u32 id)
{
	const struct btf_type *t = skep__btf_type(btf, id);
	const char *tag = t && btf_kind(t) == BTF_KIND_TYPE_TAG ? skep__btf_name(btf, t) : "";

	if (!strcmp(tag, "user"))
		return REG_USER;
	if (!strcmp(tag, "percpu"))
		return REG_PERCPU;
	return !strcmp(tag, "rcu") ? REG_RCU : 0;
}

/* The access touches the member m, whose element at `start` it falls into. */
static int touch(struct verify_env *env, struct walk *w, const struct btf_type *t,
		 const struct btf_member *m, const struct shape *shape, u32 start)
{
	u32 end = btf_member_bit_offset(t, m) / 8 + shape->whole;
	const char *name = skep__btf_str(w->btf, m->name_off);

	if (btf_is_composite(shape->type)) {
		w->id = shape->id;
		w->off -= start;
		return GO_ON;
	}
	if (btf_kind(shape->type) == BTF_KIND_PTR) {
		u32 id = shape->type->type;

		if (shape->size != w->size || w->off != start)
			return skep__vfail(
				env, -EACCES,
				"cannot access ptr member %s with moff %u in struct %s with off "
				"%u size %u\n",
				name, start, skep__btf_name(w->btf, t), w->off, w->size);
		w->flags |= btf_is_composite(skep__btf_strip(w->btf, &id))
				    ? skep__btf_tag_flags(w->btf, shape->type->type)
				    : 0;
		if (btf_is_composite(skep__btf_type(w->btf, id))) {
			w->id = id;
			w->field = name;
			return WALK_POINTER;
		}
		return WALK_BYTES;
	}
	if (w->off + w->size > end && !(w->flags & REG_UNTRUSTED))
		return skep__vfail(
			env, -EACCES,
			"access beyond the end of member %s (mend:%u) in struct %s with off %u "
			"size %u\n",
			name, end, skep__btf_name(w->btf, t), w->off, w->size);
	return WALK_NUMBER;
}

static int walk_members(struct verify_env *env, struct walk *w, const struct btf_type *t)
{
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	for (u32 i = 0; i < btf_vlen(t); i++, m++) {
		u32 start = btf_member_bit_offset(t, m) / 8, bits = btf_member_bitfield_size(t, m);
		struct shape shape;

		if (w->off + w->size <= start)
			break;
		if (bits) {
			if (w->off <= start &&
			    (btf_member_bit_offset(t, m) + bits + 7) / 8 <= w->off + w->size)
				return WALK_NUMBER;
			continue;
		}
		if (w->off < start)
			break; /* a hole */
		if (!find_shape(w->btf, m->type, &shape))
			return skep__vfail(env, -EFAULT, "field %s doesn't have size\n",
					   skep__btf_str(w->btf, m->name_off));
		if (w->off >= start + shape.whole)
			continue;
		if (shape.is_array && shape.size)
			start += (w->off - start) / shape.size * shape.size;
		return touch(env, w, t, m, &shape, start);
	}
	return skep__vfail(env, -EINVAL, "struct %s doesn't have field at offset %u\n",
			   skep__btf_name(w->btf, t), w->off);
}

int skep__btf_walk(struct verify_env *env, struct walk *w)
{
	int ret = GO_ON;

	while (ret == GO_ON) {
		const struct btf_type *t = skep__btf_strip(w->btf, &w->id);

		if (!btf_is_composite(t))
			return skep__vfail(env, -EINVAL, "Type '%s' is not a struct\n",
					   t ? skep__btf_name(w->btf, t) : "void");
		/* Which member of a union holds is nobody's knowledge. */
		if (btf_kind(t) == BTF_KIND_UNION && btf_vlen(t) != 1)
			w->flags |= REG_UNTRUSTED;
		ret = (u64)w->off + w->size > t->size ? walk_flexible(env, w, t)
						      : walk_members(env, w, t);
	}
	return ret;
}

/* Goes on to the struct in which `off` falls, as a member of *id; false: there is none. */
static bool step_inside(const struct btf *btf, u32 *id, u32 *off)
{
	const struct btf_type *t = skep__btf_strip(btf, id);
	const struct btf_member *m = (const struct btf_member *)(t + 1);

	if (!btf_is_composite(t))
		return false;
	for (u32 i = 0; i < btf_vlen(t); i++, m++) {
		u32 start = btf_member_bit_offset(t, m) / 8;
		struct shape shape;

		if (btf_member_bitfield_size(t, m) || *off < start ||
		    !find_shape(btf, m->type, &shape) || *off >= start + shape.whole)
			continue;
		if (!btf_is_composite(shape.type) || !shape.size)
			return false;
		*id = shape.id;
		*off = (*off - start) % shape.size;
		return true;
	}
	return false;
}

bool skep__btf_contains(const struct btf *btf, u32 id, u32 off, u32 wanted)
{
	while (off || id != wanted) {
		if (!step_inside(btf, &id, &off))
			return false;
	}
	return true;
}

enum trust skep__field_trust(const struct btf *btf, u32 id, const char *field)
{
	static const struct {
		const char *type, *field;
		enum trust trust;
	} trusted[] = {
#define TRUST(type, field, how) { type, field, TRUST_##how },
#include "verify/trust.def"
	};
	const char *name = skep__btf_name(btf, skep__btf_type(btf, id));

	for (size_t i = 0; i < ARRAY_SIZE(trusted); i++) {
		if (!strcmp(trusted[i].type, name) && !strcmp(trusted[i].field, field))
			return trusted[i].trust;
	}
	return TRUST_NONE;
}
