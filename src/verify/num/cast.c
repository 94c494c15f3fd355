/* SPDX-License-Identifier: BSD-2-Clause */
/* Narrower and wider numbers: truncation, zero extension, sign extension. */
#include "verify/num/num.h"
#include "verify/num/parts.h"

void skep__num_assign_low(struct num *n)
{
	bool positive = n->s32_min >= 0 && n->s32_max >= 0;

	n->bits = tnum_low(n->bits);
	n->umin = n->u32_min;
	n->umax = n->u32_max;
	n->smin = positive ? n->s32_min : 0;
	n->smax = positive ? n->s32_max : (s64)UINT32_MAX;
}

void skep__num_zero_extend(struct num *n)
{
	skep__num_assign_low(n);
	skep__num_sync(n);
}

void skep__num_truncate(struct num *n, u32 size)
{
	u64 kept = width_umax(size * 8);

	n->bits = skep__tnum_low_bytes(n->bits, size);
	if ((n->umin & ~kept) == (n->umax & ~kept)) {
		n->umin &= kept;
		n->umax &= kept;
	} else {
		n->umin = 0;
		n->umax = kept;
	}
	n->smin = (s64)n->umin;
	n->smax = (s64)n->umax;
	if (size < 4)
		skep__num_forget32(n);
	skep__num_sync(n);
}

void skep__num_byte_swap(struct num *n, u32 size)
{
	n->bits = skep__tnum_swap_bytes(n->bits, size);
	skep__num_forget_ranges(n);
	skep__num_sync(n);
}

/*
 * The signed range of the low `from` bits of r, extended to `width`, and whether it is more than
 * their whole range: the bits above must not differ between its ends, nor the sign.
 */
static bool extend_range(const struct range *r, u32 from, u32 width, struct range *out)
{
	s64 a = as_signed((u64)r->smin, from), b = as_signed((u64)r->smax, from);

	if ((u64)(r->smin ^ r->smax) >> (from - 1) >> 1 || (a < 0) != (b < 0))
		return false;
	out->smin = min(a, b);
	out->smax = max(a, b);
	out->umin = as_unsigned((u64)out->smin, width);
	out->umax = as_unsigned((u64)out->smax, width);
	return true;
}

static void sign_extend64(struct num *n, u32 from)
{
	struct range full = num_range(n, 64), r;

	if (extend_range(&full, from, 64, &r)) {
		struct range low = { (s32)r.smin, (s32)r.smax, (u32)r.umin, (u32)r.umax };

		n->bits = tnum_range(r.umin, r.umax);
		num_set_range(n, &r, 64);
		num_set_range(n, &low, 32);
		return;
	}
	skep__num_unknown(n);
	n->smin = n->s32_min = (s32)width_smin(from);
	n->smax = n->s32_max = (s32)width_smax(from);
}

static void sign_extend32(struct num *n, u32 from)
{
	struct range low = num_range(n, 32), r = range_unknown(32);

	if (extend_range(&low, from, 32, &r)) {
		n->bits = tnum_range(r.umin, r.umax);
	} else {
		n->bits = tnum_low(TNUM_UNKNOWN);
		r.smin = width_smin(from);
		r.smax = width_smax(from);
	}
	num_set_range(n, &r, 32);
}

void skep__num_movsx(struct num *n, u32 from, u32 width)
{
	if (num_is_const(n)) {
		s64 value = as_signed(n->bits.value, from);

		skep__num_const(n, width == 64 ? (u64)value : (u32)value);
	} else if (width == 64) {
		sign_extend64(n, from);
	} else {
		sign_extend32(n, from);
		skep__num_zero_extend(n);
	}
}
