/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges through arithmetic. What Linux 6.18 gives up, this gives up too: signed sums forget
 * everything when either bound overflows, unsigned ones only when one does and the other does not.
 */
#include "verify/num/range.h"

/* Do the numbers fit the width? Every width below 64 leaves s64 room to see it. */
static bool add_overflows(s64 a, s64 b, u32 width, s64 *sum)
{
	return __builtin_add_overflow(a, b, sum) || *sum != as_signed((u64)*sum, width);
}

static bool sub_overflows(s64 a, s64 b, u32 width, s64 *difference)
{
	return __builtin_sub_overflow(a, b, difference) ||
	       *difference != as_signed((u64)*difference, width);
}

static bool mul_overflows(s64 a, s64 b, u32 width, s64 *product)
{
	return __builtin_mul_overflow(a, b, product) || *product != as_signed((u64)*product, width);
}

void skep__range_add(struct range *dst, const struct range *src, u32 width)
{
	u64 umin = as_unsigned(dst->umin + src->umin, width);
	u64 umax = as_unsigned(dst->umax + src->umax, width);
	bool min_wraps = umin < dst->umin, max_wraps = umax < dst->umax;

	if (add_overflows(dst->smin, src->smin, width, &dst->smin) ||
	    add_overflows(dst->smax, src->smax, width, &dst->smax))
		range_forget_signed(dst, width);
	dst->umin = umin;
	dst->umax = umax;
	if (max_wraps && !min_wraps)
		range_forget_unsigned(dst, width);
}

void skep__range_sub(struct range *dst, const struct range *src, u32 width)
{
	bool min_wraps = dst->umin < src->umax, max_wraps = dst->umax < src->umin;

	if (sub_overflows(dst->smin, src->smax, width, &dst->smin) ||
	    sub_overflows(dst->smax, src->smin, width, &dst->smax))
		range_forget_signed(dst, width);
	dst->umin = as_unsigned(dst->umin - src->umax, width);
	dst->umax = as_unsigned(dst->umax - src->umin, width);
	if (min_wraps && !max_wraps)
		range_forget_unsigned(dst, width);
}

/* The extremes of a product of two signed ranges are among the products of their ends. */
static void mul_signed(struct range *dst, const struct range *src, u32 width)
{
	s64 p[4];

	if (mul_overflows(dst->smin, src->smin, width, &p[0]) ||
	    mul_overflows(dst->smin, src->smax, width, &p[1]) ||
	    mul_overflows(dst->smax, src->smin, width, &p[2]) ||
	    mul_overflows(dst->smax, src->smax, width, &p[3])) {
		range_forget_signed(dst, width);
		return;
	}
	dst->smin = min(min(p[0], p[1]), min(p[2], p[3]));
	dst->smax = max(max(p[0], p[1]), max(p[2], p[3]));
}

void skep__range_mul(struct range *dst, const struct range *src, u32 width)
{
	u64 umin, umax;

	mul_signed(dst, src, width);
	if (__builtin_mul_overflow(dst->umax, src->umax, &umax) || umax > width_umax(width) ||
	    __builtin_mul_overflow(dst->umin, src->umin, &umin) || umin > width_umax(width)) {
		range_forget_unsigned(dst, width);
		return;
	}
	dst->umin = umin;
	dst->umax = umax;
}

/* Signed bounds are the unsigned ones where those do not cross the sign. */
static void signed_from_unsigned(struct range *r, u32 width)
{
	s64 smin = as_signed(r->umin, width), smax = as_signed(r->umax, width);

	if (smin > smax) {
		range_forget_signed(r, width);
		return;
	}
	r->smin = smin;
	r->smax = smax;
}

void skep__range_and(struct range *dst, const struct range *src, struct tnum result, u32 width)
{
	dst->umin = as_unsigned(tnum_min(result), width);
	dst->umax = min(dst->umax, src->umax);
	signed_from_unsigned(dst, width);
}

void skep__range_or(struct range *dst, const struct range *src, struct tnum result, u32 width)
{
	dst->umin = max(dst->umin, src->umin);
	dst->umax = as_unsigned(tnum_max(result), width);
	signed_from_unsigned(dst, width);
}

void skep__range_xor(struct range *dst, struct tnum result, u32 width)
{
	dst->umin = as_unsigned(tnum_min(result), width);
	dst->umax = as_unsigned(tnum_max(result), width);
	signed_from_unsigned(dst, width);
}

void skep__range_shl(struct range *dst, u32 n, u32 width)
{
	range_forget_signed(dst, width);
	if (dst->umax > 1ull << (width - 1 - n)) { /* the top bit may be shifted out */
		range_forget_unsigned(dst, width);
		return;
	}
	dst->umin <<= n;
	dst->umax <<= n;
}

void skep__range_shr(struct range *dst, u32 n, u32 width)
{
	range_forget_signed(dst, width);
	dst->umin >>= n;
	dst->umax >>= n;
}

void skep__range_sar(struct range *dst, u32 n, u32 width)
{
	dst->smin >>= n;
	dst->smax >>= n;
	range_forget_unsigned(dst, width);
}
