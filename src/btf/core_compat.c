/* SPDX-License-Identifier: BSD-2-Clause */
/* When a type of the program's stands for one of the kernel's. */
#include <string.h>

#include "btf/core.h"

#define MAX_LEVEL 32

u32 skep__core_name_len(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name && flavour[3] ? (u32)(flavour - name) : (u32)strlen(name);
}

bool skep__core_same_name(const char *a, const char *b)
{
	u32 len = skep__core_name_len(a);

	return len == skep__core_name_len(b) && !memcmp(a, b, len);
}

static u32 kind_of(const struct btf_type *t)
{
	return t ? btf_kind(t) : BTF_KIND_UNKN;
}

static u32 int_bits_at(const struct btf_type *t)
{
	return BTF_INT_OFFSET(btf_int_data(t));
}

static bool int_is_signed(const struct btf_type *t)
{
	return BTF_INT_ENCODING(btf_int_data(t)) & BTF_INT_SIGNED;
}

int skep__core_fields_fit(const struct btf *local, u32 local_id, const struct btf *target, u32 id)
{
	for (u32 level = 0; level < MAX_LEVEL; level++) {
		const struct btf_type *a = skep__btf_strip(local, &local_id),
				      *b = skep__btf_strip(target, &id);
		const char *name;

		if (!a || !b)
			return -EINVAL;
		if (btf_is_composite(a) && btf_is_composite(b))
			return 1;
		if (btf_kind(a) != btf_kind(b) && !(btf_is_any_enum(a) && btf_is_any_enum(b)))
			return 0;
		switch (btf_kind(a)) {
		case BTF_KIND_PTR:
		case BTF_KIND_FLOAT:
			return 1;
		case BTF_KIND_FWD:
		case BTF_KIND_ENUM:
		case BTF_KIND_ENUM64:
			name = skep__btf_name(local, a);
			return !*name || !*skep__btf_name(target, b) ||
			       skep__core_same_name(name, skep__btf_name(target, b));
		case BTF_KIND_INT:
			return !int_bits_at(a) && !int_bits_at(b);
		case BTF_KIND_ARRAY:
			local_id = btf_array(a)->type;
			id = btf_array(b)->type;
			break;
		default:
			return 0;
		}
	}
	return -EINVAL;
}

/* Types inside of types, by the program's in all ways that it can think of: the work has an end. */
#define MAX_WORK 1000000

struct comparison {
	const struct btf *local, *target;
	u32 work;
};

typedef int both_fn(struct comparison *c, u32 local_id, u32 id, bool behind_ptr, u32 level);

static int protos(struct comparison *c, const struct btf_type *a, const struct btf_type *b,
		  both_fn *both, u32 level)
{
	const struct btf_param *pa = (const void *)(a + 1), *pb = (const void *)(b + 1);

	if (btf_vlen(a) != btf_vlen(b))
		return 0;
	for (u32 i = 0; i < btf_vlen(a); i++) {
		int ret = both(c, pa[i].type, pb[i].type, false, level - 1);

		if (ret <= 0)
			return ret;
	}
	return both(c, a->type, b->type, false, level - 1);
}

/* Kinds alike, whatever is in them. */
static int fit(struct comparison *c, u32 local_id, u32 id, bool behind_ptr, u32 level)
{
	const struct btf_type *a = skep__btf_strip(c->local, &local_id),
			      *b = skep__btf_strip(c->target, &id);

	if (!level || c->work++ > MAX_WORK)
		return -EINVAL;
	if (kind_of(a) != kind_of(b))
		return 0;
	switch (kind_of(a)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		return 1;
	case BTF_KIND_INT:
		return !int_bits_at(a) && !int_bits_at(b);
	case BTF_KIND_PTR:
		return fit(c, a->type, b->type, true, level - 1);
	case BTF_KIND_ARRAY:
		return fit(c, btf_array(a)->type, btf_array(b)->type, behind_ptr, level - 1);
	case BTF_KIND_FUNC_PROTO:
		return protos(c, a, b, fit, level);
	default:
		return 0;
	}
}

int skep__core_types_fit(const struct btf *local, u32 local_id, const struct btf *target, u32 id)
{
	const struct btf_type *a = skep__btf_type(local, local_id), *b = skep__btf_type(target, id);
	struct comparison c = { local, target, 0 };

	return kind_of(a) == kind_of(b) ? fit(&c, local_id, id, false, MAX_LEVEL) : 0;
}

static int match(struct comparison *c, u32 local_id, u32 id, bool behind_ptr, u32 level);

static int match_enums(struct comparison *c, const struct btf_type *a, const struct btf_type *b)
{
	if (btf_vlen(a) > btf_vlen(b))
		return 0;
	for (u32 i = 0; i < btf_vlen(a); i++) {
		bool found = false;

		for (u32 j = 0; j < btf_vlen(b) && !found; j++)
			found = skep__core_same_name(btf_enumerator_name(c->local, a, i),
						     btf_enumerator_name(c->target, b, j));
		if (!found)
			return 0;
	}
	return 1;
}

static int match_members(struct comparison *c, const struct btf_type *a, const struct btf_type *b,
			 u32 level)
{
	if (btf_vlen(a) > btf_vlen(b))
		return 0;
	for (u32 i = 0; i < btf_vlen(a); i++) {
		const struct btf_member *ma = &btf_members(a)[i];
		int ret = 0;

		for (u32 j = 0; j < btf_vlen(b) && !ret; j++, c->work++) {
			const struct btf_member *mb = &btf_members(b)[j];

			if (skep__core_same_name(skep__btf_str(c->local, ma->name_off),
						 skep__btf_str(c->target, mb->name_off)))
				ret = match(c, ma->type, mb->type, false, level - 1);
		}
		if (ret <= 0)
			return ret;
	}
	return 1;
}

/* A declaration's flag says whether a union is declared. Behind pointers it stands for the
 * definition. */
static int match_composites(struct comparison *c, const struct btf_type *a,
			    const struct btf_type *b, bool behind_ptr, u32 level)
{
	if (!behind_ptr)
		return btf_kind(a) == kind_of(b) ? match_members(c, a, b, level) : 0;
	if (btf_kind(a) == kind_of(b))
		return 1;
	return kind_of(b) == BTF_KIND_FWD &&
	       (btf_kind(a) == BTF_KIND_UNION) == BTF_INFO_KFLAG(b->info);
}

static int match_forwards(const struct btf_type *a, const struct btf_type *b, bool behind_ptr)
{
	bool is_union = BTF_INFO_KFLAG(a->info);

	if (kind_of(b) == BTF_KIND_FWD)
		return is_union == BTF_INFO_KFLAG(b->info);
	return behind_ptr && kind_of(b) == (is_union ? BTF_KIND_UNION : BTF_KIND_STRUCT);
}

/* Names, kinds and contents alike; the kernel's may have more. */
static int match(struct comparison *c, u32 local_id, u32 id, bool behind_ptr, u32 level)
{
	const struct btf_type *a = skep__btf_strip(c->local, &local_id),
			      *b = skep__btf_strip(c->target, &id);
	bool same = kind_of(a) == kind_of(b);

	if (!level || c->work++ > MAX_WORK)
		return -EINVAL;
	if (!skep__core_same_name(a ? skep__btf_name(c->local, a) : "",
				  b ? skep__btf_name(c->target, b) : ""))
		return 0;
	switch (kind_of(a)) {
	case BTF_KIND_UNKN:
		return same;
	case BTF_KIND_FWD:
		return match_forwards(a, b, behind_ptr);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return btf_is_any_enum(b) ? match_enums(c, a, b) : 0;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return match_composites(c, a, b, behind_ptr, level);
	case BTF_KIND_INT:
		return same && a->size == b->size && int_is_signed(a) == int_is_signed(b);
	case BTF_KIND_PTR:
		return same ? match(c, a->type, b->type, true, level - 1) : 0;
	case BTF_KIND_ARRAY:
		if (!same || btf_array(a)->nelems != btf_array(b)->nelems)
			return 0;
		return match(c, btf_array(a)->type, btf_array(b)->type, behind_ptr, level - 1);
	case BTF_KIND_FUNC_PROTO:
		return same ? protos(c, a, b, match, level) : 0;
	default:
		return 0;
	}
}

int skep__core_types_match(const struct btf *local, u32 local_id, const struct btf *target, u32 id)
{
	struct comparison c = { local, target, 0 };

	return match(&c, local_id, id, false, MAX_LEVEL);
}
