/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a BTF object, for the files of this folder. Ids and string offsets below start_id
 * and start_str belong to the base. Id 0 is void, here a type of kind 0.
 */
#ifndef SKEP_BTF_PARSED_H
#define SKEP_BTF_PARSED_H

#include "btf/btf.h"
#include "btf/fields.h"

struct btf {
	u8 *raw; /* as it came, never changed */
	u32 raw_size;
	struct btf_header hdr;

	const struct btf *base; /* NULL: none */
	u32 start_id, start_str; /* 0 without a base */

	const char *strings; /* hdr.str_len bytes, the last one NUL */
	u8 *aligned; /* copy of the type section when raw has it at an odd address, else NULL */
	const struct btf_type **types; /* [0] is void, or start_id with a base */
	u32 nr_types;

	/* Per type: what a modifier, pointer or variable comes down to, and the size of an array.
	 */
	u32 *resolved_ids, *resolved_sizes;

	/* Name index: chains of ids in rising order; 0 ends one. */
	u32 *buckets, *chain;
	u32 bucket_mask;

	struct btf_record *records; /* by rising id */
	u32 nr_records;
};

/* Flags of kinds.def. */
enum {
	SIZED = 1,
	REF = 2,
	MODIFIER = 4,
	RESOLVE = 8,
	NOSIZE = 16,
	SOURCE = 32,
};

extern const struct btf_kind_desc {
	const char *name;
	u8 flags;
} skep__btf_kinds[NR_BTF_KINDS];

static inline bool btf_is(const struct btf_type *t, u32 flag)
{
	return skep__btf_kinds[btf_kind(t)].flags & flag;
}

/* Whether a type cannot have a size: void, FWD, FUNC, FUNC_PROTO, DECL_TAG. */
static inline bool btf_is_sizeless(const struct btf_type *t)
{
	return btf_kind(t) == BTF_KIND_UNKN || btf_is(t, NOSIZE);
}

/* Any id: NULL when there is none; void for 0. */
static inline const struct btf_type *btf_type_at(const struct btf *btf, u32 id)
{
	while (id < btf->start_id)
		btf = btf->base;
	id -= btf->start_id;
	return id < btf->nr_types ? btf->types[id] : NULL;
}

/* The size of a type and, in *id, what it comes down to; NULL when it has none. */
const struct btf_type *skep__btf_sized(const struct btf *btf, u32 *id, u32 *size);
u32 skep__btf_resolved_id(const struct btf *btf, u32 id);

int skep__btf_index_names(struct btf *btf);
int skep__btf_make_records(struct btf *btf);
bool skep__btf_has_kptr_tag(const struct btf *btf); /* if not, the next is false for every type */
bool skep__btf_is_kptr(const struct btf *btf, const struct btf_type *t);

#endif
