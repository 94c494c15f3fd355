/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a pointer field points to: the kernel's struct of that name where there is one, else the
 * program's own, which the program allocates. References to the kernel's are kept only of types
 * that the kernel can release by itself (kptr_types.def).
 */
#include <string.h>

#include "btf/fields.h"
#include "btf/parsed.h"

#define POINTERS (BTF_FIELD_KPTRS | BTF_FIELD_UPTR)

static bool may_be_kept(const char *name)
{
	static const char *const names[] = {
#define KEPT(name) #name,
#include "btf/kptr_types.def"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

int skep__btf_resolve_kptrs(struct btf_record *rec, const struct btf *own, const struct btf *kernel)
{
	for (u32 i = 0; kernel && i < rec->nr; i++) {
		struct btf_field *f = &rec->fields[i];
		const struct btf_type *t;
		s64 id;

		if (!(f->type & POINTERS))
			continue;
		t = btf_type_at(own, f->target);
		id = skep__btf_find(kernel, skep__btf_name(own, t), btf_kind(t));
		if (id < 0)
			continue;
		if (f->type == BTF_FIELD_KPTR_REF && !may_be_kept(skep__btf_name(own, t)))
			return -ENOENT;
		f->target = (u32)id;
		f->of_kernel = true;
	}
	return 0;
}

static bool same_field(const struct btf_field *a, const struct btf_field *b, bool same_btf)
{
	if (a->type != b->type || a->offset != b->offset)
		return false;
	if (!(a->type & (POINTERS | BTF_FIELD_ROOTS)))
		return true;
	return a->target == b->target && a->of_kernel == b->of_kernel &&
	       a->node_offset == b->node_offset && (a->of_kernel || same_btf);
}

bool skep__btf_record_equal(const struct btf_record *a, const struct btf *a_btf,
			    const struct btf_record *b, const struct btf *b_btf)
{
	if (a->nr != b->nr)
		return false;
	for (u32 i = 0; i < a->nr; i++) {
		if (!same_field(&a->fields[i], &b->fields[i], a_btf == b_btf))
			return false;
	}
	return true;
}

bool skep__btf_has_kptrs(const struct btf *btf)
{
	for (u32 i = 0; i < btf->nr_records; i++) {
		if (btf->records[i].mask & POINTERS)
			return true;
	}
	return false;
}

int skep__btf_resolve_records(struct btf *btf, const struct btf *kernel)
{
	int err = 0;

	for (u32 i = 0; i < btf->nr_records && !err; i++)
		err = skep__btf_resolve_kptrs(&btf->records[i], btf, kernel);
	return err;
}
