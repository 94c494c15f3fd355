/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a member's type fits where its struct puts it. In a struct with kind_flag the upper byte
 * of a member's offset is the width of a bit field, and integers and enums are judged by other
 * rules.
 */
#include "btf/check.h"

struct place {
	struct check *c;
	const struct btf_type *owner;
	struct btf_member m; /* m.type: what modifiers come down to, once they are followed */
};

#define bad_place(p, ...) bad_member((p)->c, (p)->owner, &(p)->m, __VA_ARGS__)

typedef int member_fn(const struct place *p, const struct btf_type *type);

static int member_none(const struct place *p, const struct btf_type *type)
{
	return bad_basic(p->c, p->owner, "Unsupported check_member");
}

static int bitfield_none(const struct place *p, const struct btf_type *type)
{
	return bad_basic(p->c, p->owner, "Unsupported check_kflag_member");
}

/* A whole object of so many bytes at a byte boundary. */
static int fits(const struct place *p, u32 size)
{
	if (p->m.offset % 8)
		return bad_place(p, "Member is not byte aligned");
	if (p->owner->size - p->m.offset / 8 < size)
		return bad_place(p, "Member exceeds struct_size");
	return 0;
}

static int member_ptr(const struct place *p, const struct btf_type *type)
{
	return fits(p, sizeof(u64));
}

static int member_sized(const struct place *p, const struct btf_type *type)
{
	return fits(p, type->size);
}

static int member_array(const struct place *p, const struct btf_type *type)
{
	u32 id = p->m.type, size = 0;

	skep__btf_sized(p->c->btf, &id, &size);
	return fits(p, size);
}

static int bits_fit(const struct place *p, u32 bit_off, u32 bits)
{
	u32 byte_off = bit_off / 8, copied = bits + bit_off % 8;

	if (copied > 128)
		return bad_place(p, "nr_copy_bits exceeds 128");
	if (p->owner->size < byte_off || p->owner->size - byte_off < (copied + 7) / 8)
		return bad_place(p, "Member exceeds struct_size");
	return 0;
}

static int member_int(const struct place *p, const struct btf_type *type)
{
	u32 data = btf_int_data(type), bit_off;

	if (__builtin_add_overflow(p->m.offset, BTF_INT_OFFSET(data), &bit_off))
		return bad_place(p, "bits_offset exceeds U32_MAX");
	return bits_fit(p, bit_off, BTF_INT_BITS(data));
}

static int bitfield_int(const struct place *p, const struct btf_type *type)
{
	u32 bits = BTF_MEMBER_BITFIELD_SIZE(p->m.offset);
	u32 bit_off = BTF_MEMBER_BIT_OFFSET(p->m.offset);
	u32 int_bits = BTF_INT_BITS(btf_int_data(type));

	if (!skep__btf_int_is_regular(type))
		return bad_place(p, "Invalid member base type");
	if (!bits && bit_off % 8)
		return bad_place(p, "Invalid member offset");
	if (bits > int_bits)
		return bad_place(p, "Invalid member bitfield_size");
	return bits_fit(p, bit_off, bits ? bits : int_bits);
}

static int bitfield_enum(const struct place *p, const struct btf_type *type)
{
	u32 bits = BTF_MEMBER_BITFIELD_SIZE(p->m.offset);
	u32 bit_off = BTF_MEMBER_BIT_OFFSET(p->m.offset);

	if (!bits && bit_off % 8)
		return bad_place(p, "Member is not byte aligned");
	if (bits > 32)
		return bad_place(p, "Invalid member bitfield_size");
	if (p->owner->size < (bit_off + (bits ? bits : 32) + 7) / 8)
		return bad_place(p, "Member exceeds struct_size");
	return 0;
}

static int member_float(const struct place *p, const struct btf_type *type)
{
	u64 align_bits = min(sizeof(u64), (size_t)type->size) * 8;

	if (p->m.offset % align_bits)
		return bad_place(p, "Member is not properly aligned");
	if ((u64)p->m.offset / 8 + type->size > p->owner->size)
		return bad_place(p, "Member exceeds struct_size");
	return 0;
}

static member_fn member_modifier, bitfield_modifier, bitfield_plain;

static member_fn *const plain_members[NR_BTF_KINDS] = {
#define KIND(name, flags, meta, details, resolve, member, bitfield)                                \
	[BTF_KIND_##name] = member_##member,
#include "btf/kinds.def"
};

static member_fn *const flag_members[NR_BTF_KINDS] = {
#define KIND(name, flags, meta, details, resolve, member, bitfield)                                \
	[BTF_KIND_##name] = bitfield_##bitfield,
#include "btf/kinds.def"
};

/* Kinds that cannot be bit fields: with width 0 the offset is a plain one. */
static int bitfield_plain(const struct place *p, const struct btf_type *type)
{
	if (BTF_MEMBER_BITFIELD_SIZE(p->m.offset))
		return bad_place(p, "Invalid member bitfield_size");
	return plain_members[btf_kind(type)](p, type);
}

/* What a modifier comes down to is judged in its place; it is never a modifier again. */
static int through_modifier(const struct place *p, member_fn *const table[])
{
	struct place inner = *p;
	const struct btf_type *type = skep__btf_sized(p->c->btf, &inner.m.type, NULL);

	if (!type)
		return bad_place(p, "Invalid member");
	return table[btf_kind(type)](&inner, type);
}

static int member_modifier(const struct place *p, const struct btf_type *type)
{
	return through_modifier(p, plain_members);
}

static int bitfield_modifier(const struct place *p, const struct btf_type *type)
{
	return through_modifier(p, flag_members);
}

int skep__btf_check_member(struct check *c, const struct btf_type *owner,
			   const struct btf_member *m, const struct btf_type *type)
{
	member_fn *const *table = BTF_INFO_KFLAG(owner->info) ? flag_members : plain_members;
	struct place p = { .c = c, .owner = owner, .m = *m };

	return table[btf_kind(type)](&p, type);
}
