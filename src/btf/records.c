/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Last pass over a BTF: the structs that hold special fields, and that lists and trees do not own
 * each other in circles. Mirrors what the kernel's btf_parse() does after the types are checked.
 * Which pointers are to the kernel's objects is told later (kptrs.c).
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "btf/check.h"

/* Not bpf_res_spin_lock: a struct with nothing else gets no record. */
static const char *const alloc_names[] = {
	"bpf_spin_lock", "bpf_list_head", "bpf_list_node",
	"bpf_rb_root",   "bpf_rb_node",   "bpf_refcount",
};

/* marks[id]: a struct with a member of this type gets a record. Returns whether there is any. */
static bool mark_types(const struct btf *btf, u8 *marks)
{
	bool any = false, tagged = skep__btf_has_kptr_tag(btf);

	for (u32 i = 0; i < ARRAY_SIZE(alloc_names); i++) {
		s64 id = skep__btf_find(btf, alloc_names[i], BTF_KIND_STRUCT);

		if (id > 0)
			marks[id] = any = true;
	}
	for (u32 id = 1; tagged && id < skep__btf_nr_types(btf); id++)
		if (skep__btf_is_kptr(btf, btf_type_at(btf, id)))
			marks[id] = any = true;
	return any;
}

static bool has_marked_member(const struct btf_type *t, const u8 *marks)
{
	const struct btf_member *m = btf_members(t);

	for (u32 i = 0; i < btf_vlen(t); i++)
		if (marks[m[i].type])
			return true;
	return false;
}

static int add_record(struct btf *btf, const struct btf_record *rec)
{
	/* Room doubles at every power of two. */
	if ((btf->nr_records & (btf->nr_records - 1)) == 0) {
		u32 room = btf->nr_records ? btf->nr_records * 2 : 1;
		struct btf_record *more = skep__resize(btf->records, (size_t)room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		btf->records = more;
	}
	btf->records[btf->nr_records++] = *rec;
	return 0;
}

static int collect(struct btf *btf, const u8 *marks)
{
	struct btf_budget budget = { BTF_SEARCH_BUDGET };

	for (u32 id = 1; id < skep__btf_nr_types(btf); id++) {
		const struct btf_type *t = btf_type_at(btf, id);
		struct btf_record rec;
		int err;

		if (btf_kind(t) != BTF_KIND_STRUCT || !has_marked_member(t, marks))
			continue;
		err = skep__btf_fields(btf, id, BTF_FIELD_ALLOC, t->size, &budget, &rec);
		/* A member of a special type that is no special field: misplaced or of another
		 * size. */
		if (!err && !rec.nr)
			err = -EFAULT;
		if (!err)
			err = add_record(btf, &rec);
		if (err)
			return err;
	}
	return 0;
}

static int by_id(const void *key, const void *entry)
{
	u32 a = *(const u32 *)key, b = ((const struct btf_record *)entry)->id;

	return a < b ? -1 : a > b;
}

const struct btf_record *skep__btf_record(const struct btf *btf, u32 id)
{
	if (!btf->nr_records)
		return NULL;
	return bsearch(&id, btf->records, btf->nr_records, sizeof(*btf->records), by_id);
}

/*
 * Something that is itself in a list or tree may hold no list or tree of things that do the same:
 * that way nothing can come to own itself. Newer kernels bound the depth instead; 6.18 has this
 * rule.
 */
static int check_ownership(const struct btf *btf, const struct btf_record *rec)
{
	for (u32 i = 0; i < rec->nr; i++) {
		const struct btf_record *held;

		if (!(rec->fields[i].type & BTF_FIELD_ROOTS))
			continue;
		held = skep__btf_record(btf, rec->fields[i].target);
		if (!held)
			return -EFAULT;
		if (rec->mask & (BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE) &&
		    held->mask & BTF_FIELD_ROOTS)
			return -ELOOP;
	}
	return 0;
}

int skep__btf_make_records(struct btf *btf)
{
	u8 *marks = skep__zalloc_array(skep__btf_nr_types(btf), 1);
	int err = 0;

	if (!marks)
		return -ENOMEM;
	if (mark_types(btf, marks))
		err = collect(btf, marks);
	skep__free(marks);
	for (u32 i = 0; !err && i < btf->nr_records; i++)
		err = check_ownership(btf, &btf->records[i]);
	return err;
}
