/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One BTF object: parsed once, checked as the kernel's btf_parse does, immutable, looked up by id.
 * Every offset and id inside has been checked, so readers index without asking again.
 */
#ifndef SKEP_BTF_BTF_H
#define SKEP_BTF_BTF_H

#include "base/strbuf.h"
#include "base/types.h"
#include "base/uapi.h"

struct btf;

/*
 * Checks and takes a copy of raw BTF. base may be NULL (split BTF otherwise; it must outlive the
 * result). Returns NULL with *err = -errno of the kernel's BTF_LOAD; log (may be NULL) gets the
 * kernel's verdict lines in full, the last one the reason ("[3] STRUCT foo size=8 vlen=2 Invalid
 * name").
 */
struct btf *skep__btf_parse(const void *raw, u32 size, const struct btf *base, struct strbuf *log,
			    int *err);
void skep__btf_free(struct btf *btf);

const void *skep__btf_raw(const struct btf *btf, u32 *size);
u32 skep__btf_nr_types(const struct btf *btf); /* ids are 1 .. nr - 1; includes base's */
const struct btf_type *skep__btf_type(const struct btf *btf,
				      u32 id); /* NULL: no such id; also for 0, void */
const char *skep__btf_str(const struct btf *btf, u32 off); /* NULL: no such offset */
const char *skep__btf_name(const struct btf *btf, const struct btf_type *t); /* "" for anonymous */
const char *skep__btf_kind_name(u32 kind); /* "STRUCT", "TYPEDEF" */
s64 skep__btf_find(const struct btf *btf, const char *name, u32 kind); /* id or -ENOENT */
/* The next one of that name and kind behind id, or -ENOENT. */
s64 skep__btf_find_next(const struct btf *btf, u32 id, const char *name, u32 kind);

/* Follows typedefs, const, volatile, restrict and type tags; *id (may be NULL) is updated. NULL:
 * void. */
const struct btf_type *skep__btf_strip(const struct btf *btf, u32 *id);
s64 skep__btf_size(const struct btf *btf, u32 id); /* bytes, or -EINVAL for what has no size */

static inline u32 btf_kind(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info);
}
static inline u32 btf_vlen(const struct btf_type *t)
{
	return BTF_INFO_VLEN(t->info);
}

/* NULL, as skep__btf_strip has void, is none of these. */
static inline bool btf_is_composite(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_STRUCT || btf_kind(t) == BTF_KIND_UNION);
}
static inline bool btf_is_any_enum(const struct btf_type *t)
{
	return t && (btf_kind(t) == BTF_KIND_ENUM || btf_kind(t) == BTF_KIND_ENUM64);
}
static inline bool btf_is_scalar(const struct btf_type *t)
{
	return btf_is_any_enum(t) || (t && btf_kind(t) == BTF_KIND_INT);
}

/* What BTF_INT_ENCODING, _OFFSET and _BITS take apart. */
static inline u32 btf_int_data(const struct btf_type *t)
{
	return *(const u32 *)(t + 1);
}

static inline const struct btf_array *btf_array(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}

/* Of structs and unions; with the type's kind_flag, the word has the width of a bitfield too. */
static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}
static inline u32 btf_member_bit_offset(const struct btf_type *t, const struct btf_member *m)
{
	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
}
static inline u32 btf_member_bitfield_size(const struct btf_type *t, const struct btf_member *m)
{
	return BTF_INFO_KFLAG(t->info) ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
}

struct btf_enumerator {
	u32 name_off;
	u64 value; /* sign-extended when the type's kind_flag says that values have a sign */
};

/* Of either kind of enum. */
static inline struct btf_enumerator btf_enumerator(const struct btf_type *t, u32 i)
{
	const struct btf_enum *e = (const struct btf_enum *)(t + 1) + i;
	const struct btf_enum64 *e64 = (const struct btf_enum64 *)(t + 1) + i;

	if (btf_kind(t) == BTF_KIND_ENUM64)
		return (struct btf_enumerator){ e64->name_off,
						(u64)e64->val_hi32 << 32 | e64->val_lo32 };
	return (struct btf_enumerator){ e->name_off,
					BTF_INFO_KFLAG(t->info) ? (u64)(s64)e->val : (u32)e->val };
}

#endif
