/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers at nodes: up to 128 bits at any bit offset, little-endian. Every access is checked
 * against the size of the value.
 */
#include "skep/btf.h"

#include <string.h>

#include "btf/parsed.h"

typedef unsigned __int128 u128;

static u128 join(struct skep_btf_number n)
{
	return (u128)n.hi << 64 | n.lo;
}

static struct skep_btf_number split(u128 v)
{
	return (struct skep_btf_number){ .lo = (u64)v, .hi = (u64)(v >> 64) };
}

static u128 low_bits(u64 bits)
{
	return bits >= 128 ? ~(u128)0 : ((u128)1 << bits) - 1;
}

/* The bytes that hold the node; false when it is no number or the value ends before it. */
static bool place(const struct skep_btf_node *node, size_t size, size_t *first, size_t *count)
{
	u64 end;

	if (node->shape >= SKEP_BTF_STRUCT || node->bits > 128 ||
	    __builtin_add_overflow(node->bit_off, node->bits, &end))
		return false;
	*first = node->bit_off / 8;
	*count = (end + 7) / 8 - *first;
	return (end + 7) / 8 <= size && *count <= 16;
}

int skep_btf_read(const struct skep_btf_node *node, const void *value, size_t size,
		  struct skep_btf_number *out)
{
	size_t first, count;
	u128 v = 0;

	if (!place(node, size, &first, &count))
		return -ERANGE;
	memcpy(&v, (const u8 *)value + first, count);
	v = v >> node->bit_off % 8 & low_bits(node->bits);
	if (node->is_signed && node->bits && v >> (node->bits - 1) & 1)
		v |= ~low_bits(node->bits);
	*out = split(v);
	return 0;
}

static bool representable(const struct skep_btf_node *node, u128 v)
{
	u128 mask = low_bits(node->bits);

	if ((v & ~mask) == 0)
		return !node->is_signed || node->bits >= 128 || !(v >> (node->bits - 1) & 1);
	/* Negative: every bit from the sign up is set. */
	return node->is_signed && (v | mask >> 1) == ~(u128)0;
}

int skep_btf_write(const struct skep_btf_node *node, void *value, size_t size,
		   struct skep_btf_number number)
{
	size_t first, count;
	u128 v = 0, mask, n = join(number);

	if (!place(node, size, &first, &count) || !node->bits || !representable(node, n))
		return -ERANGE;
	memcpy(&v, (const u8 *)value + first, count);
	mask = low_bits(node->bits) << node->bit_off % 8;
	v = (v & ~mask) | (n << node->bit_off % 8 & mask);
	memcpy((u8 *)value + first, &v, count);
	return 0;
}

int skep_btf_to_double(const struct skep_btf_node *node, struct skep_btf_number number, double *out)
{
	float narrow;

	switch (node->bits) {
	case 32:
		memcpy(&narrow, &number.lo, sizeof(narrow));
		*out = narrow;
		return 0;
	case 64:
		memcpy(out, &number.lo, sizeof(*out));
		return 0;
	default:
		return -EINVAL;
	}
}

int skep_btf_from_double(const struct skep_btf_node *node, double from, struct skep_btf_number *out)
{
	float narrow = (float)from;

	*out = (struct skep_btf_number){ 0 };
	switch (node->bits) {
	case 32:
		memcpy(&out->lo, &narrow, sizeof(narrow));
		return 0;
	case 64:
		memcpy(&out->lo, &from, sizeof(from));
		return 0;
	default:
		return -EINVAL;
	}
}

static bool printable(char c)
{
	return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t';
}

long skep_btf_text(const struct skep_btf_node *node, const void *value, size_t size,
		   const char **text)
{
	const char *start = (const char *)value + node->bit_off / 8;
	u64 room = node->bits / 8, len = 0;

	if (!node->is_text || node->bit_off / 8 > size || room > size - node->bit_off / 8)
		return -EINVAL;
	while (len < room && printable(start[len]))
		len++;
	for (u64 i = len; i < room; i++)
		if (start[i])
			return -EINVAL;
	*text = start;
	return len;
}

const char *skep_btf_enum_name(const struct skep_btf *pub, const struct skep_btf_node *node,
			       struct skep_btf_number number)
{
	const struct btf *btf = (const struct btf *)pub;
	const struct btf_type *t = btf_type_at(btf, node->id);

	for (u32 i = 0; node->shape == SKEP_BTF_ENUM && i < btf_vlen(t); i++) {
		struct btf_enumerator e = btf_enumerator(t, i);

		if (e.value == number.lo)
			return skep__btf_str(btf, e.name_off);
	}
	return NULL;
}

int skep_btf_enum_value(const struct skep_btf *pub, const struct skep_btf_node *node,
			const char *name, struct skep_btf_number *out)
{
	const struct btf *btf = (const struct btf *)pub;
	const struct btf_type *t = btf_type_at(btf, node->id);

	for (u32 i = 0; node->shape == SKEP_BTF_ENUM && i < btf_vlen(t); i++) {
		struct btf_enumerator e = btf_enumerator(t, i);

		if (strcmp(skep__btf_str(btf, e.name_off), name))
			continue;
		out->lo = e.value;
		out->hi = node->is_signed && (s64)e.value < 0 ? ~0ULL : 0;
		return 0;
	}
	return -ENOENT;
}
