/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known bits ("tristate numbers") of a 64-bit value: bits set in `mask` are unknown, all others are
 * as in `value`. A number x is in the set when (x & ~mask) == value; value & mask is 0 always. Each
 * operation gives a set with every result that members of its operands can have; precision is that
 * of Linux 6.18, since verdicts hang on it.
 */
#ifndef SKEP_VERIFY_TNUM_H
#define SKEP_VERIFY_TNUM_H

#include "base/types.h"

struct tnum {
	u64 value, mask;
};

#define TNUM_UNKNOWN ((struct tnum){ 0, UINT64_MAX })

static inline struct tnum tnum_const(u64 value)
{
	return (struct tnum){ value, 0 };
}
static inline bool tnum_is_const(struct tnum a)
{
	return !a.mask;
}
static inline bool tnum_is_unknown(struct tnum a)
{
	return !~a.mask;
}
/* Known is what is not in `unknown`. */
static inline struct tnum tnum_masked(u64 value, u64 unknown)
{
	return (struct tnum){ value & ~unknown, unknown };
}
/* Smallest and largest member, unsigned. */
static inline u64 tnum_min(struct tnum a)
{
	return a.value;
}
static inline u64 tnum_max(struct tnum a)
{
	return a.value | a.mask;
}
/* The low 32 bits, and what is left without them. */
static inline struct tnum tnum_low(struct tnum a)
{
	return (struct tnum){ (u32)a.value, (u32)a.mask };
}
static inline struct tnum tnum_high(struct tnum a)
{
	return (struct tnum){ a.value & ~(u64)UINT32_MAX, a.mask & ~(u64)UINT32_MAX };
}
static inline struct tnum tnum_with_low(struct tnum a, struct tnum low)
{
	return (struct tnum){ tnum_high(a).value | (u32)low.value,
			      tnum_high(a).mask | (u32)low.mask };
}
static inline bool tnum_contains(struct tnum a, u64 x)
{
	return (x & ~a.mask) == a.value;
}
/* Is every member of `part` in `whole`? */
static inline bool tnum_subsumes(struct tnum whole, struct tnum part)
{
	return !(part.mask & ~whole.mask) && tnum_contains(whole, part.value);
}
/* May they have a member in common? */
static inline bool tnum_overlap(struct tnum a, struct tnum b)
{
	return !((a.value ^ b.value) & ~a.mask & ~b.mask);
}

/* The smallest set around an unsigned range: the bits above the highest one that differs are known.
 */
static inline struct tnum tnum_range(u64 umin, u64 umax)
{
	u64 differ = umin ^ umax;

	if (!differ)
		return tnum_const(umin);
	return tnum_masked(umin, UINT64_MAX >> __builtin_clzll(differ));
}

/* Members of both; meaningless where there are none. */
static inline struct tnum tnum_intersect(struct tnum a, struct tnum b)
{
	return tnum_masked(a.value | b.value, a.mask & b.mask);
}

/* The smallest member above x; the largest member when there is none above. */
static inline u64 tnum_next(struct tnum a, u64 x)
{
	u64 differ = (x ^ a.value) & ~a.mask, below = 0;

	if (x >= tnum_max(a))
		return tnum_max(a);
	if (x < tnum_min(a))
		return tnum_min(a);
	/* From the highest bit on that members have otherwise than x, the result owes nothing to x.
	 */
	if (differ)
		below = UINT64_MAX >> __builtin_clzll(differ);
	if (differ & ~(below >> 1) & a.value) /* a one where x has a zero is above x already */
		return (x & ~below & a.mask) | a.value;
	/* Counting in the unknown bits above: all others are filled, so that carries pass. */
	return (((x | below | ~a.mask) + 1) & a.mask) | a.value;
}

struct tnum skep__tnum_add(struct tnum a, struct tnum b);
struct tnum skep__tnum_sub(struct tnum a, struct tnum b);
struct tnum skep__tnum_mul(struct tnum a, struct tnum b);
struct tnum skep__tnum_and(struct tnum a, struct tnum b);
struct tnum skep__tnum_or(struct tnum a, struct tnum b);
struct tnum skep__tnum_xor(struct tnum a, struct tnum b);
struct tnum skep__tnum_shl(struct tnum a, u32 n);
struct tnum skep__tnum_shr(struct tnum a, u32 n);
struct tnum skep__tnum_sar(struct tnum a, u32 n,
			   u32 width); /* the sign is bit width - 1; result: width bits */
struct tnum skep__tnum_low_bytes(struct tnum a, u32 size); /* zero-extended */

struct tnum skep__tnum_swap_bytes(struct tnum a,
				  u32 size); /* of the low 2, 4 or 8 bytes; others: 0 */

/* Members of either. */
struct tnum skep__tnum_union(struct tnum a, struct tnum b);

/* "(0x0; 0xff)", or the number where all bits are known: decimal up to 16 bits. */
struct strbuf;
void skep__tnum_print(struct tnum a, struct strbuf *out);

#endif
