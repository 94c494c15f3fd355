/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding special fields, by the names of their structs, through arrays and nested structs. The
 * order of the checks is the kernel's, because it decides which errno a struct with several faults
 * gets.
 */
#include "btf/fields.h"

#include <string.h>

#include "btf/parsed.h"

enum { UNIQUE = 1, REPEATS = 2, MAX_DEPTH = 32 };

static const struct field_desc {
	const char *name;
	u32 size, align, flags;
} descs[NR_BTF_FIELDS] = {
#define FIELD(field, text, bytes, alignment, flag_set)                                             \
	[BTF_FIELD_INDEX_##field] = { text, bytes, alignment, flag_set },
#include "btf/fields.def"
};

struct search {
	const struct btf *btf;
	u32 mask, seen;
	struct btf_budget *budget;
};

/* Room for the fields that are still to come. */
struct room {
	struct btf_field *fields;
	u32 left;
};

static const struct field_desc *desc_of(u32 type)
{
	return &descs[__builtin_ctz(type)];
}

const char *skep__btf_field_name(u32 type)
{
	if (type & BTF_FIELD_KPTRS)
		return type == BTF_FIELD_KPTR_PERCPU ? "percpu_kptr" : "kptr";
	return type == BTF_FIELD_UPTR ? "uptr" : desc_of(type)->name;
}

static bool spend(struct search *s, u32 steps)
{
	if (s->budget->left < steps)
		return false;
	s->budget->left -= steps;
	return true;
}

/* The type of field that t makes: 0 for none, -E2BIG for the second of what may be there once. */
static int field_type(struct search *s, const struct btf_type *t)
{
	const char *name = skep__btf_name(s->btf, t);

	for (u32 i = 0; i < NR_BTF_FIELDS; i++) {
		u32 type = 1u << i;

		if (!(s->mask & type) || !*descs[i].name || strcmp(name, descs[i].name))
			continue;
		if (descs[i].flags & UNIQUE) {
			if (s->seen & type)
				return -E2BIG;
			s->seen |= type;
		}
		return type;
	}
	if (s->mask & (BTF_FIELD_KPTRS | BTF_FIELD_UPTR) && btf_kind(t) != BTF_KIND_STRUCT)
		return BTF_FIELD_KPTR_REF; /* find_pointer tells which */
	return 0;
}

static const struct {
	const char *tag;
	u32 type;
} pointer_tags[] = {
	{ "kptr_untrusted", BTF_FIELD_KPTR_UNREF },
	{ "kptr", BTF_FIELD_KPTR_REF },
	{ "percpu_kptr", BTF_FIELD_KPTR_PERCPU },
	{ "uptr", BTF_FIELD_UPTR },
};

/* 1: found, 0: an ordinary pointer or no pointer at all. */
static int find_pointer(const struct btf *btf, u32 mask, const struct btf_type *t,
			struct btf_field *out)
{
	u32 id;

	if (btf_kind(t) == BTF_KIND_VOLATILE)
		t = btf_type_at(btf, t->type);
	if (btf_kind(t) != BTF_KIND_PTR)
		return 0;
	t = btf_type_at(btf, t->type);
	if (btf_kind(t) != BTF_KIND_TYPE_TAG || BTF_INFO_KFLAG(t->info))
		return 0;
	if (btf_kind(btf_type_at(btf, t->type)) == BTF_KIND_TYPE_TAG)
		return -EINVAL;
	out->type = 0;
	for (u32 i = 0; i < ARRAY_SIZE(pointer_tags); i++)
		if (!strcmp(skep__btf_name(btf, t), pointer_tags[i].tag))
			out->type = pointer_tags[i].type;
	if (!out->type)
		return -EINVAL;
	if (!(out->type & mask))
		return 0;
	id = t->type;
	t = skep__btf_strip(btf, &id);
	if (!t || btf_kind(t) != BTF_KIND_STRUCT)
		return -EINVAL;
	out->target = id;
	return 1;
}

/* What a declaration tag "key..." says behind its key about member i of t. NULL with *err. */
static const char *decl_tag(struct search *s, const struct btf_type *t, s32 member, const char *key,
			    int *err)
{
	const struct btf *btf = s->btf;
	const char *found = NULL;
	size_t len = strlen(key);

	if (!spend(s, skep__btf_nr_types(btf))) {
		*err = -E2BIG;
		return NULL;
	}
	*err = -ENOENT;
	for (u32 id = 1; id < skep__btf_nr_types(btf); id++) {
		const struct btf_type *tag = btf_type_at(btf, id);
		const char *text = skep__btf_name(btf, tag);

		if (btf_kind(tag) != BTF_KIND_DECL_TAG || btf_type_at(btf, tag->type) != t ||
		    ((const struct btf_decl_tag *)(tag + 1))->component_idx != member ||
		    strncmp(text, key, len))
			continue;
		if (found) {
			*err = -EEXIST;
			return NULL;
		}
		found = text + len;
	}
	return found;
}

/* The struct's one member of that name, which must be a node of that type. */
static int find_node(const struct btf *btf, const struct btf_type *holder, const char *name,
		     const struct field_desc *node, u32 *offset)
{
	const struct btf_member *m = btf_members(holder);
	const struct btf_type *n = NULL;

	for (u32 i = 0; i < btf_vlen(holder); i++) {
		u32 bits;

		if (strcmp(skep__btf_name(btf, &(struct btf_type){ .name_off = m[i].name_off }),
			   name))
			continue;
		if (n)
			return -EINVAL;
		n = btf_type_at(btf, m[i].type);
		if (btf_kind(n) != BTF_KIND_STRUCT || strcmp(skep__btf_name(btf, n), node->name))
			return -EINVAL;
		/* The kernel asks the node's struct, not the holder's, how offsets are written. */
		bits = btf_member_bit_offset(n, &m[i]);
		if (bits % (8 * node->align))
			return -EINVAL;
		*offset = bits / 8;
	}
	return n ? 0 : -ENOENT;
}

/* A list's head or tree's root says on its declaration what it holds: "contains:TYPE:NODE". */
static int find_root(struct search *s, const struct btf_type *owner, s32 member,
		     struct btf_field *out)
{
	int err;
	const char *text = decl_tag(s, owner, member, "contains:", &err), *colon;
	char name[256];
	s64 id;

	if (!text)
		return -EINVAL;
	colon = strchr(text, ':');
	if (!colon)
		return -EINVAL;
	if ((size_t)(colon - text) >= sizeof(name))
		return -ENOENT; /* no such struct: names of types are shorter */
	memcpy(name, text, colon - text);
	name[colon - text] = '\0';
	id = skep__btf_find(s->btf, name, BTF_KIND_STRUCT);
	if (id < 0)
		return id;
	if (!colon[1])
		return -EINVAL;
	out->target = id;
	out->node = colon + 1;
	return 1;
}

static int repeat(struct room *r, u32 nr, u32 times, u32 step)
{
	u64 total = (u64)nr * times;

	for (u32 i = 0; i < nr; i++)
		if (!(desc_of(r->fields[i].type)->flags & REPEATS))
			return -EINVAL;
	if (total > r->left)
		return -E2BIG;
	for (u32 i = nr; i < total; i++) {
		r->fields[i] = r->fields[i % nr];
		r->fields[i].offset += i / nr * step;
	}
	return total;
}

static int find_in_struct(struct search *s, const struct btf_type *t, struct room r, u32 depth);

static int find_nested(struct search *s, const struct btf_type *t, u32 offset, u32 times,
		       struct room *r, u32 depth)
{
	int nr;

	if (depth + 1 >= MAX_DEPTH)
		return -E2BIG;
	nr = find_in_struct(s, t, *r, depth + 1);
	if (nr <= 0)
		return nr;
	for (int i = 0; i < nr; i++)
		r->fields[i].offset += offset;
	return times > 1 ? repeat(r, nr, times, t->size) : nr;
}

struct place {
	const struct btf_type *owner; /* of declaration tags: the struct, or the variable */
	s32 member; /* index in it, or -1 */
	u32 offset;
	u32 expected; /* size that a section gives the variable; 0: none */
};

static int found_one(struct search *s, const struct place *p, const struct btf_type *t, u32 type,
		     struct btf_field *out)
{
	const struct field_desc *desc = desc_of(type);

	*out = (struct btf_field){ .type = type, .offset = p->offset, .size = desc->size };
	if (!*desc->name)
		return find_pointer(s->btf, s->mask, t, out);
	if (btf_kind(t) != BTF_KIND_STRUCT || t->size != desc->size)
		return 0;
	return type & BTF_FIELD_ROOTS ? find_root(s, p->owner, p->member, out) : 1;
}

/* Fields that a member or variable of type t adds: their number or -errno. */
static int find_one(struct search *s, const struct place *p, const struct btf_type *t,
		    struct room *r, u32 depth)
{
	u32 times = 1, levels = 0;
	struct btf_field found;
	int type, ret;

	for (; levels < MAX_DEPTH && btf_kind(t) == BTF_KIND_ARRAY; levels++) {
		times *= btf_array(t)->nelems;
		t = btf_type_at(s->btf, btf_array(t)->type);
	}
	if (levels == MAX_DEPTH)
		return -E2BIG;
	if (times == 0)
		return 0;
	type = field_type(s, t);
	if (type < 0)
		return type;
	if (!type && btf_kind(t) == BTF_KIND_STRUCT) {
		if (p->expected && p->expected != t->size * times)
			return 0;
		return find_nested(s, t, p->offset, times, r, depth);
	}
	if (!type || (p->expected && p->expected != desc_of(type)->size * times) ||
	    p->offset % desc_of(type)->align)
		return 0;
	ret = found_one(s, p, t, type, &found);
	if (ret <= 0)
		return ret;
	if (!r->left)
		return -E2BIG;
	r->fields[0] = found;
	return times > 1 ? repeat(r, 1, times, found.size) : 1;
}

static int find_in_struct(struct search *s, const struct btf_type *t, struct room r, u32 depth)
{
	const struct btf_member *m = btf_members(t);
	int total = 0;

	for (u32 i = 0; i < btf_vlen(t); i++) {
		u32 bits = btf_member_bit_offset(t, &m[i]);
		struct place p = { .owner = t, .member = i, .offset = bits / 8 };
		int ret;

		if (bits % 8)
			return -EINVAL;
		if (!spend(s, 1))
			return -E2BIG;
		ret = find_one(s, &p, btf_type_at(s->btf, m[i].type), &r, depth);
		if (ret < 0)
			return ret;
		r.fields += ret;
		r.left -= ret;
		total += ret;
	}
	return total;
}

static int find_in_section(struct search *s, const struct btf_type *t, struct room r)
{
	const struct btf_var_secinfo *v = (const void *)(t + 1);
	int total = 0;

	for (u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *var = btf_type_at(s->btf, v[i].type);
		struct place p = {
			.owner = var,
			.member = -1,
			.offset = v[i].offset,
			.expected = v[i].size,
		};
		int ret = find_one(s, &p, btf_type_at(s->btf, var->type), &r, 0);

		if (ret < 0)
			return ret;
		r.fields += ret;
		r.left -= ret;
		total += ret;
	}
	return total;
}

/*
 * Checks each field in the order they were found: no overlap, and what a list or tree holds has the
 * node that links it.
 */
static int complete(const struct btf *btf, struct btf_record *rec, u32 size)
{
	u32 end = 0;

	for (u32 i = 0; i < rec->nr; i++) {
		struct btf_field *f = &rec->fields[i];
		u32 node = f->type == BTF_FIELD_LIST_HEAD ? BTF_FIELD_LIST_NODE : BTF_FIELD_RB_NODE;
		int err = 0;

		if ((u64)f->offset + f->size > size)
			return -EFAULT;
		if (f->offset < end)
			return -EEXIST;
		end = f->offset + f->size;
		rec->mask |= f->type;
		if (f->type & BTF_FIELD_ROOTS)
			err = find_node(btf, btf_type_at(btf, f->target), f->node, desc_of(node),
					&f->node_offset);
		if (err)
			return err;
	}
	if (rec->mask & BTF_FIELD_SPIN_LOCK && rec->mask & BTF_FIELD_RES_SPIN_LOCK)
		return -EINVAL;
	if (rec->mask & BTF_FIELD_ROOTS &&
	    !(rec->mask & (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK)))
		return -EINVAL;
	if (rec->mask & BTF_FIELD_LIST_NODE && rec->mask & BTF_FIELD_RB_NODE &&
	    !(rec->mask & BTF_FIELD_REFCOUNT))
		return -EINVAL;
	return 0;
}

int skep__btf_fields(const struct btf *btf, u32 id, u32 mask, u32 size, struct btf_budget *budget,
		     struct btf_record *out)
{
	struct search s = { .btf = btf, .mask = mask, .budget = budget };
	struct room r = { out->fields, BTF_FIELDS_MAX };
	const struct btf_type *t = btf_type_at(btf, id);
	int nr = -EINVAL;

	*out = (struct btf_record){ .id = id };
	if (t && btf_kind(t) == BTF_KIND_STRUCT)
		nr = find_in_struct(&s, t, r, 0);
	else if (t && btf_kind(t) == BTF_KIND_DATASEC)
		nr = find_in_section(&s, t, r);
	if (nr < 0)
		return nr;
	out->nr = nr;
	return complete(btf, out, size);
}

bool skep__btf_has_kptr_tag(const struct btf *btf)
{
	for (u32 i = 0; i < ARRAY_SIZE(pointer_tags); i++)
		if (skep__btf_find(btf, pointer_tags[i].tag, BTF_KIND_TYPE_TAG) > 0)
			return true;
	return false;
}

bool skep__btf_is_kptr(const struct btf *btf, const struct btf_type *t)
{
	struct btf_field f;

	return find_pointer(btf, BTF_FIELD_KPTRS, t, &f) == 1;
}
