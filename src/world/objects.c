/* SPDX-License-Identifier: BSD-2-Clause */
/* The world's memory for objects that programs allocate, and the structs that they have the shape
 * of. */
#include "map/objects.h"

#include "base/alloc.h"
#include "helper/prog_base.h"
#include "world/world.h"

struct objects *skep__world_objects(struct world *w, int *err)
{
	*err = 0;
	pthread_mutex_lock(&w->lock);
	if (!w->objects.mem)
		*err = skep__objects_init(&w->objects, &w->cpus);
	pthread_mutex_unlock(&w->lock);
	return *err ? NULL : &w->objects;
}

/* Kptrs to objects of the kernel's own hold nothing here; those that hold no reference are numbers.
 */
enum special_kind skep__special_kind(const struct btf_field *field)
{
	switch (field->type) {
	case BTF_FIELD_SPIN_LOCK:
	case BTF_FIELD_RES_SPIN_LOCK:
		return SPECIAL_LOCK;
	case BTF_FIELD_KPTR_REF:
	case BTF_FIELD_KPTR_PERCPU:
		return SPECIAL_KPTR;
	case BTF_FIELD_TIMER:
		return SPECIAL_TIMER;
	case BTF_FIELD_WQ:
		return SPECIAL_WORK;
	case BTF_FIELD_LIST_HEAD:
		return SPECIAL_LIST;
	case BTF_FIELD_RB_ROOT:
		return SPECIAL_TREE;
	case BTF_FIELD_LIST_NODE:
		return SPECIAL_LIST_NODE;
	case BTF_FIELD_RB_NODE:
		return SPECIAL_TREE_NODE;
	default:
		return SPECIAL_BYTES;
	}
}

static s64 layout_of(struct objects *o, const struct btf_record *rec)
{
	struct object_layout layout = { 0 };

	for (u32 i = 0; rec && i < rec->nr; i++)
		layout.fields[layout.nr++] =
			(struct layout_field){ rec->fields[i].offset,
					       skep__special_kind(&rec->fields[i]) };
	return skep__objects_layout(o, &layout);
}

int skep__world_object_types(struct world *w, const struct btf *btf, struct object_type **types,
			     u32 *nr)
{
	u32 ids = skep__btf_nr_types(btf), structs = 0;
	int err = 0;

	for (u32 id = 1; id < ids; id++)
		structs += btf_kind(skep__btf_type(btf, id)) == BTF_KIND_STRUCT;
	*nr = 0;
	*types = skep__zalloc_array(max(structs, 1u), sizeof(**types));
	if (!*types)
		return -ENOMEM;
	for (u32 id = 1; id < ids && !err; id++) {
		const struct btf_type *t = skep__btf_type(btf, id);
		s64 layout;

		if (btf_kind(t) != BTF_KIND_STRUCT)
			continue;
		layout = layout_of(&w->objects, skep__btf_record(btf, id));
		err = layout < 0 ? (int)layout : 0;
		(*types)[(*nr)++] =
			(struct object_type){ id, t->size, layout < 0 ? 0 : (u32)layout };
	}
	return err;
}
