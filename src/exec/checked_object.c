/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that programs allocate, in checked mode. A pointer is good for the object that it was
 * made for: the head in front counts how often the memory was given back. One that was loaded from
 * a kptr field stays good when the object's owner gives it up meanwhile, because the memory stays
 * for this run.
 */
#include "exec/checker.h"
#include "map/objects.h"

struct prov skep__object_prov(const struct run *run, u64 bits)
{
	struct objects *o = run_objects(run);
	struct object_head *head = o ? skep__object_head(o, (const void *)(uintptr_t)bits) : NULL;

	if (!head)
		return (struct prov){ .kind = PROV_OPAQUE, .insn = run->checker->insn };
	return (struct prov){ .kind = PROV_OBJECT,
			      .access = PROV_READ | PROV_WRITE,
			      .gen = atomic_load_explicit(&head->gen, memory_order_acquire),
			      .insn = run->checker->insn,
			      .size = min(head->size, OBJECT_MAX),
			      .start = (u64)(uintptr_t)head_object(head),
			      .obj = o };
}

static struct object_head *head_of(const struct prov *prov)
{
	return (struct object_head *)(uintptr_t)prov->start - 1;
}

const char *skep__object_gone(const struct prov *prov)
{
	if (prov->depth ||
	    atomic_load_explicit(&head_of(prov)->gen, memory_order_acquire) == prov->gen)
		return NULL;
	return "which was given back already";
}

/* The special fields of what a pointer leads into; nr 0: there are none. */
static void fields_of(const struct prov *prov, struct object_layout *out)
{
	const struct map *map = prov->obj;

	out->nr = 0;
	if (prov->kind == PROV_OBJECT && head_of(prov)->layout)
		skep__object_layout(prov->obj, head_of(prov), out);
	if (prov->kind != PROV_MAP_VALUE)
		return;
	for (; out->nr < map->special.nr; out->nr++)
		out->fields[out->nr] =
			(struct layout_field){ .offset = map->special.fields[out->nr].offset,
					       .kind = map->special.fields[out->nr].kind };
}

static const struct layout_field *field_at(const struct object_layout *layout, u64 off)
{
	for (u32 i = 0; i < layout->nr; i++) {
		if (layout->fields[i].offset == off)
			return &layout->fields[i];
	}
	return NULL;
}

static bool may_have_fields(const struct prov *prov)
{
	return prov->kind == PROV_OBJECT ||
	       (prov->kind == PROV_MAP_VALUE && ((const struct map *)prov->obj)->special.nr);
}

enum special_kind skep__special_at(const struct run *run, const struct value *ptr)
{
	const struct layout_field *field;
	struct object_layout layout;
	struct extent extent;

	if (!may_have_fields(&ptr->prov) || skep__region_extent(run, &ptr->prov, &extent))
		return SPECIAL_BYTES;
	fields_of(&ptr->prov, &layout);
	field = field_at(&layout, ptr->bits - ptr->prov.start);
	return field ? field->kind : SPECIAL_BYTES;
}

static const struct {
	u32 size;
	const char *name; /* NULL: programs may look at it and change it */
} kinds[NR_SPECIAL_KINDS] = {
	[SPECIAL_KPTR] = { 8, "a kptr" },
	[SPECIAL_LIST] = { 16, "a struct bpf_list_head" },
	[SPECIAL_TREE] = { 16, "a struct bpf_rb_root" },
	[SPECIAL_TIMER] = { 16, "a struct bpf_timer" },
	[SPECIAL_WORK] = { 16, "a struct bpf_wq" },
	[SPECIAL_LIST_NODE] = { 24, "a struct bpf_list_node" },
	[SPECIAL_TREE_NODE] = { 32, "a struct bpf_rb_node" },
};

bool skep__checked_fields(struct run *run, const struct value *ptr, const struct access *access,
			  bool *kptr)
{
	u64 off = access->addr - ptr->prov.start;
	struct object_layout layout;

	if (likely(!may_have_fields(&ptr->prov)))
		return true;
	fields_of(&ptr->prov, &layout);
	for (u32 i = 0; i < layout.nr; i++) {
		const struct layout_field *f = &layout.fields[i];

		if (off >= f->offset + kinds[f->kind].size || f->offset >= off + access->size ||
		    !kinds[f->kind].name)
			continue;
		if (!kptr || f->kind != SPECIAL_KPTR || off != f->offset || access->size != 8)
			return skep__checked_stop(run, "R%u points to %s, which is for functions",
						  access->reg, kinds[f->kind].name);
		*kptr = true;
	}
	return true;
}

static bool is_object(const struct value *value)
{
	return value->prov.kind == PROV_OBJECT && value->bits == value->prov.start &&
	       !skep__object_gone(&value->prov);
}

/* What arguments that are fields must point to; others are objects. */
static const struct {
	enum special_kind kind;
	const char *text;
} field_args[] = {
	[ARG_KPTR] = { SPECIAL_KPTR, "a kptr field of a map value or object" },
	[ARG_LIST] = { SPECIAL_LIST, "a struct bpf_list_head" },
	[ARG_TREE] = { SPECIAL_TREE, "a struct bpf_rb_root" },
	[ARG_LIST_NODE] = { SPECIAL_LIST_NODE, "the struct bpf_list_node of an object" },
	[ARG_TREE_NODE] = { SPECIAL_TREE_NODE, "the struct bpf_rb_node of an object" },
	[ARG_TIMER] = { SPECIAL_TIMER, "the struct bpf_timer of a map value" },
	[ARG_RES_LOCK] = { SPECIAL_LOCK, "a struct bpf_res_spin_lock" },
	[ARG_WORK] = { SPECIAL_WORK, "the struct bpf_wq of a map value" },
};

const char *skep__object_problem(const struct run *run, const struct value *value, u32 type)
{
	u32 cls = ARG_CLASS(type);

	if (cls >= ARRAY_SIZE(field_args) || !field_args[cls].text)
		return is_object(value) ? NULL : "an allocated object";
	return skep__special_at(run, value) == field_args[cls].kind ? NULL : field_args[cls].text;
}
