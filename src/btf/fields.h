/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Special fields of a struct or section: locks, timers, lists, trees, pointers to kernel objects.
 * Where they are decides what a program may do with a value, and what the map has to set up and
 * tear down.
 */
#ifndef SKEP_BTF_FIELDS_H
#define SKEP_BTF_FIELDS_H

#include "btf/btf.h"

enum btf_field_index {
#define FIELD(name, text, size, align, flags) BTF_FIELD_INDEX_##name,
#include "btf/fields.def"
	NR_BTF_FIELDS,
};

/* Bits of masks. */
enum btf_field_type {
#define FIELD(name, text, size, align, flags) BTF_FIELD_##name = 1 << BTF_FIELD_INDEX_##name,
#include "btf/fields.def"
	BTF_FIELD_KPTRS = BTF_FIELD_KPTR_UNREF | BTF_FIELD_KPTR_REF | BTF_FIELD_KPTR_PERCPU,
	BTF_FIELD_ROOTS = BTF_FIELD_LIST_HEAD | BTF_FIELD_RB_ROOT,
	/* What a pass over a whole BTF looks for, to learn what objects a program may allocate. */
	BTF_FIELD_ALLOC = BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK | BTF_FIELD_ROOTS |
			  BTF_FIELD_LIST_NODE | BTF_FIELD_RB_NODE | BTF_FIELD_REFCOUNT |
			  BTF_FIELD_KPTRS,
};

enum { BTF_FIELDS_MAX = 11 };

struct btf_field {
	u32 type; /* one of enum btf_field_type */
	u32 offset, size;
	u32 target; /* the struct that a pointer points to, or that a list or tree holds */
	bool of_kernel; /* target is a type of the kernel's BTF, not of the field's own */
	u32 node_offset; /* lists and trees: where its node is in there, */
	const char *node; /* and what that is called */
};

struct btf_record {
	u32 id; /* the struct */
	u32 mask; /* types that are there */
	u32 nr;
	struct btf_field fields[BTF_FIELDS_MAX]; /* by rising offset */
};

/* Work that a search may do before it gives up with -E2BIG: types can be nested to billions of
 * members. */
struct btf_budget {
	u32 left;
};
enum { BTF_SEARCH_BUDGET = 1 << 26 };

/*
 * Finds the fields of the types in mask in the struct or section id; size is the value's. Fills
 * *out, with nr = 0 when there are none; or fails with the kernel's errno: -E2BIG (more than 11, a
 * second lock), -EEXIST (overlap), -EINVAL, -ENOENT.
 */
int skep__btf_fields(const struct btf *btf, u32 id, u32 mask, u32 size, struct btf_budget *budget,
		     struct btf_record *out);

/*
 * Pointers to structs that the kernel has are pointers to the kernel's (kptrs.c). kernel may be
 * NULL: there are none. 0, or -ENOENT: a reference to a type of which none may be kept.
 */
int skep__btf_resolve_kptrs(struct btf_record *rec, const struct btf *own,
			    const struct btf *kernel);
/* The same for all structs that programs may allocate. */
int skep__btf_resolve_records(struct btf *btf, const struct btf *kernel);
bool skep__btf_has_kptrs(const struct btf *btf);

/* The same fields at the same places, and pointing to the same types of the same BTF. */
bool skep__btf_record_equal(const struct btf_record *a, const struct btf *a_btf,
			    const struct btf_record *b, const struct btf *b_btf);

/* "bpf_spin_lock"; "kptr". */
const char *skep__btf_field_name(u32 type);

/* The record of a struct that programs may allocate, or NULL when nothing in it is special. */
const struct btf_record *skep__btf_record(const struct btf *btf, u32 id);

#endif
