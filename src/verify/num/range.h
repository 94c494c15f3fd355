/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of a number `width` bits wide, read as unsigned and as signed: the two together can say
 * what neither can. The same functions serve the 64-bit value and its low half, and smaller widths
 * in tests, which try them all. Invariant: umin and umax are below 2^width, smin and smax are
 * sign-extended from width bits. A range without members (min > max) stands for a path that cannot
 * be.
 */
#ifndef SKEP_VERIFY_RANGE_H
#define SKEP_VERIFY_RANGE_H

#include "verify/num/tnum.h"

struct range {
	s64 smin, smax;
	u64 umin, umax;
};

/* Largest unsigned, and smallest and largest signed numbers of a width. */
static inline u64 width_umax(u32 width)
{
	return UINT64_MAX >> (64 - width);
}
static inline s64 width_smax(u32 width)
{
	return (s64)(width_umax(width) >> 1);
}
static inline s64 width_smin(u32 width)
{
	return -width_smax(width) - 1;
}
/* The low bits of a value as a number of that width. */
static inline u64 as_unsigned(u64 x, u32 width)
{
	return x & width_umax(width);
}
static inline s64 as_signed(u64 x, u32 width)
{
	return (s64)(x << (64 - width)) >> (64 - width);
}

static inline void range_forget_signed(struct range *r, u32 width)
{
	r->smin = width_smin(width);
	r->smax = width_smax(width);
}
static inline void range_forget_unsigned(struct range *r, u32 width)
{
	r->umin = 0;
	r->umax = width_umax(width);
}
static inline struct range range_unknown(u32 width)
{
	return (struct range){ width_smin(width), width_smax(width), 0, width_umax(width) };
}
static inline struct range range_const(u64 x, u32 width)
{
	return (struct range){ as_signed(x, width), as_signed(x, width), as_unsigned(x, width),
			       as_unsigned(x, width) };
}
static inline bool range_contains(const struct range *r, u64 x, u32 width)
{
	return r->umin <= as_unsigned(x, width) && as_unsigned(x, width) <= r->umax &&
	       r->smin <= as_signed(x, width) && as_signed(x, width) <= r->smax;
}
/* Every bound of `old` is as wide as that of `cur`. */
static inline bool range_subsumes(const struct range *old, const struct range *cur)
{
	return old->umin <= cur->umin && old->umax >= cur->umax && old->smin <= cur->smin &&
	       old->smax >= cur->smax;
}
static inline bool range_is_empty(const struct range *r)
{
	return r->umin > r->umax || r->smin > r->smax;
}
static inline void range_meet_unsigned(struct range *r, u64 umin, u64 umax)
{
	r->umin = max(r->umin, umin);
	r->umax = min(r->umax, umax);
}
static inline void range_meet_signed(struct range *r, s64 smin, s64 smax)
{
	r->smin = max(r->smin, smin);
	r->smax = min(r->smax, smax);
}

/* Learning: from known bits (of which only the low `width` count), and of each reading from the
 * other. */
static inline void range_meet_bits(struct range *r, struct tnum bits, u32 width)
{
	u64 sign = 1ull << (width - 1);
	u64 value = as_unsigned(bits.value, width), unknown = as_unsigned(bits.mask, width);

	/* Least as signed: the sign set if it may be, all other unknown bits clear. */
	range_meet_signed(r, as_signed(value | (unknown & sign), width),
			  as_signed(value | (unknown & ~sign), width));
	range_meet_unsigned(r, value, value | unknown);
}

static inline void range_meet_signs(struct range *r, u32 width)
{
	/* Where all members have the same sign, both readings have them in the same order. */
	if (as_signed(r->umin, width) <= as_signed(r->umax, width))
		range_meet_signed(r, as_signed(r->umin, width), as_signed(r->umax, width));
	u64 first = as_unsigned((u64)r->smin, width), last = as_unsigned((u64)r->smax, width);

	if (first <= last) {
		range_meet_unsigned(r, first, last);
		return;
	}
	/*
	 * From below to above zero: unsigned, these are the numbers up to `last` and those from
	 * `first` on. When the unsigned range reaches into one of them only, the members are all
	 * there.
	 */
	if (r->umax < first) {
		r->smin = as_signed(r->umin, width);
		r->umax = min(r->umax, last);
	} else if (last < r->umin) {
		r->smax = as_signed(r->umax, width);
		r->umin = max(r->umin, first);
	}
}

/* dst = dst op src. */
void skep__range_add(struct range *dst, const struct range *src, u32 width);
void skep__range_sub(struct range *dst, const struct range *src, u32 width);
void skep__range_mul(struct range *dst, const struct range *src, u32 width);

/* The bitwise ones need the known bits of the result. */
void skep__range_and(struct range *dst, const struct range *src, struct tnum result, u32 width);
void skep__range_or(struct range *dst, const struct range *src, struct tnum result, u32 width);
void skep__range_xor(struct range *dst, struct tnum result, u32 width);

/* By n; n below the width. */
void skep__range_shl(struct range *dst, u32 n, u32 width);
void skep__range_shr(struct range *dst, u32 n, u32 width);
void skep__range_sar(struct range *dst, u32 n, u32 width);

#endif
