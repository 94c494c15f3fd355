/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known bits, 64-bit ranges and 32-bit ranges of one number learn from each other. The order and
 * the number of rounds are the kernel's (reg_bounds_sync of 6.18): a fixpoint is nearly always
 * reached and not promised.
 */
#include "verify/num/num.h"
#include "verify/num/parts.h"

#define ROUNDS 3

/*
 * A range that only one member of the known bits falls into is that member. Bits whose members are
 * all outside happen on paths that cannot be; the largest one then stands for them, as in the
 * kernel.
 */
static void meet_single(struct num *n)
{
	u64 next = tnum_next(n->bits, n->umin), only;

	if (tnum_contains(n->bits, n->umin)) {
		if (next <= n->umax)
			return;
		only = n->umin;
	} else {
		bool is_last = next == tnum_max(n->bits);

		if (!is_last && (next > n->umax || tnum_next(n->bits, next) <= n->umax))
			return;
		only = next;
	}
	skep__num_const(n, only);
}

void skep__num_meet_bits32(struct num *n)
{
	struct range low = num_range(n, 32);

	range_meet_bits(&low, n->bits, 32);
	num_set_range(n, &low, 32);
}

void skep__num_meet_bits(struct num *n)
{
	struct range full = num_range(n, 64);

	skep__num_meet_bits32(n);
	range_meet_bits(&full, n->bits, 64);
	num_set_range(n, &full, 64);
	meet_single(n);
}

/* What the 64-bit numbers from first to last say of their low halves. */
static void learn_low(struct range *low, u64 first, u64 last)
{
	u32 high_first = (u32)(first >> 32), high_last = (u32)(last >> 32);

	if (high_first == high_last) {
		if ((u32)first <= (u32)last)
			range_meet_unsigned(low, (u32)first, (u32)last);
		if ((s32)first <= (s32)last)
			range_meet_signed(low, (s32)first, (s32)last);
	} else if ((u32)(high_first + 1) == high_last && (s32)first < 0 && (s32)last >= 0) {
		/* Over one multiple of 2^32, and at most half of it on either side. */
		range_meet_signed(low, (s32)first, (s32)last);
	}
}

static u64 with_low(u64 x, u32 low)
{
	return (x & ~(u64)UINT32_MAX) | low;
}

/* Low halves from low_min to low_max narrow the ends of the 64-bit ranges. */
static void learn_ends(struct num *n, u32 low_min, u32 low_max)
{
	n->umin = max(n->umin, with_low(n->umin, low_min));
	n->umax = min(n->umax, with_low(n->umax, low_max));
	n->smin = max(n->smin, (s64)with_low((u64)n->smin, low_min));
	n->smax = min(n->smax, (s64)with_low((u64)n->smax, low_max));
}

static void learn_full(struct num *n)
{
	learn_ends(n, n->u32_min, n->u32_max);
	if ((u32)n->s32_min <= (u32)n->s32_max)
		learn_ends(n, (u32)n->s32_min, (u32)n->s32_max);

	/* A sign-extended 32-bit number whose low half is not negative is its low half. */
	if (n->s32_min >= 0 && n->smin >= INT32_MIN && n->smax <= INT32_MAX) {
		n->smin = n->s32_min;
		n->smax = n->s32_max;
		n->umin = (u64)(s64)n->s32_min;
		n->umax = (u64)(s64)n->s32_max;
		n->bits = tnum_intersect(n->bits, tnum_range(n->umin, n->umax));
	}
}

static void deduce(struct num *n)
{
	struct range low = num_range(n, 32), full = num_range(n, 64);

	learn_low(&low, n->umin, n->umax);
	learn_low(&low, (u64)n->smin, (u64)n->smax);
	range_meet_signs(&low, 32);
	num_set_range(n, &low, 32);
	range_meet_signs(&full, 64);
	num_set_range(n, &full, 64);
	learn_full(n);
}

/* Leading bits that all members of a range share are known. */
static void learn_bits(struct num *n)
{
	struct tnum full = tnum_intersect(n->bits, tnum_range(n->umin, n->umax));
	struct tnum low = tnum_intersect(tnum_low(full), tnum_range(n->u32_min, n->u32_max));

	n->bits = tnum_with_low(full, low);
}

void skep__num_sync(struct num *n)
{
	if (num_is_settled(n))
		return;
	skep__num_meet_bits(n);
	for (u32 i = 0; i < ROUNDS; i++) {
		struct num before = *n;

		deduce(n);
		if (num_equal(&before, n))
			break;
	}
	learn_bits(n);
	skep__num_meet_bits(n);
}

/* Where bits are all known, the ranges must say the same. */
static bool ranges_agree(const struct num *n, u32 width)
{
	struct range r = num_range(n, width), expected = range_const(n->bits.value, width);

	return range_subsumes(&expected, &r) && range_subsumes(&r, &expected);
}

const char *skep__num_violation(const struct num *n)
{
	struct range full = num_range(n, 64), low = num_range(n, 32);

	if (range_is_empty(&full) || range_is_empty(&low))
		return "range bounds violation";
	if (num_is_const(n) && !ranges_agree(n, 64))
		return "const tnum out of sync with range bounds";
	if (num_is_const32(n) && !ranges_agree(n, 32))
		return "const subreg tnum out of sync with range bounds";
	return NULL;
}
