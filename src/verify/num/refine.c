/* SPDX-License-Identifier: BSD-2-Clause */
/* What numbers are known to be once a comparison of them came out one way or the other. */
#include "isa/insn.h"
#include "verify/num/num.h"
#include "verify/num/parts.h"

/* Outcomes: jumps as they are when taken, and one that is no jump. */
#define NO_COMMON_BITS 0xff /* !(a & b) */

static u8 negated(u8 op)
{
	switch (op) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JNE:
		return BPF_JEQ;
	case BPF_JSET:
		return NO_COMMON_BITS;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGE;
	case BPF_JLE:
		return BPF_JGT;
	case BPF_JSGT:
		return BPF_JSLE;
	case BPF_JSGE:
		return BPF_JSLT;
	case BPF_JSLT:
		return BPF_JSGE;
	default:
		return BPF_JSGT;
	}
}

static void learn_equal(struct num *a, struct num *b, u32 width)
{
	struct range r = num_range(a, width), s = num_range(b, width);
	struct tnum bits = tnum_intersect(num_bits(a, width), num_bits(b, width));

	range_meet_unsigned(&r, s.umin, s.umax);
	range_meet_signed(&r, s.smin, s.smax);
	num_set_range(a, &r, width);
	num_set_range(b, &r, width);
	num_set_bits(a, bits, width);
	num_set_bits(b, bits, width);
}

/* A constant cuts off the end of a range that it is equal to. */
static void learn_unequal(struct num *a, u64 value, u32 width)
{
	struct range r = num_range(a, width);
	s64 svalue = as_signed(value, width);

	r.umin += r.umin == value;
	r.umax -= r.umax == value;
	r.smin += r.smin == svalue;
	r.smax -= r.smax == svalue;
	num_set_range(a, &r, width);
}

/* a has one of the bits; which one is known only if it is the only one. */
static void learn_common_bits(struct num *a, u64 value, u32 width)
{
	if (value && !(value & (value - 1)))
		num_set_bits(a, skep__tnum_or(num_bits(a, width), tnum_const(value)), width);
}

static void learn_no_common_bits(struct num *a, u64 value, u32 width)
{
	/* Bits alone speak: ranges may contradict them where this cannot be. */
	skep__num_forget_ranges(a);
	num_set_bits(a, skep__tnum_and(num_bits(a, width), tnum_const(~value)), width);
}

static void learn_from_const(struct num *n, u64 value, u8 outcome, u32 width)
{
	if (outcome == BPF_JNE)
		learn_unequal(n, value, width);
	else if (outcome == BPF_JSET)
		learn_common_bits(n, value, width);
	else
		learn_no_common_bits(n, value, width);
}

/* Outcomes that say something only about a number compared with a constant, on whichever side it
 * is. */
static void learn_with_const(struct num *a, struct num *b, u8 outcome, u32 width)
{
	struct tnum x = num_bits(a, width), y = num_bits(b, width);

	if (tnum_is_const(y))
		learn_from_const(a, y.value, outcome, width);
	else if (tnum_is_const(x))
		learn_from_const(b, x.value, outcome, width);
}

/* a < b when `apart` is 1, a <= b when it is 0. Bounds that wrap belong to paths that cannot be. */
static void learn_unsigned_order(struct num *a, struct num *b, u64 apart, u32 width)
{
	struct range r = num_range(a, width), s = num_range(b, width);

	r.umax = min(r.umax, as_unsigned(s.umax - apart, width));
	num_set_range(a, &r, width);
	if (a == b)
		s = r;
	s.umin = max(s.umin, as_unsigned(r.umin + apart, width));
	num_set_range(b, &s, width);
}

static void learn_signed_order(struct num *a, struct num *b, u64 apart, u32 width)
{
	struct range r = num_range(a, width), s = num_range(b, width);

	r.smax = min(r.smax, as_signed((u64)s.smax - apart, width));
	num_set_range(a, &r, width);
	if (a == b)
		s = r;
	s.smin = max(s.smin, as_signed((u64)r.smin + apart, width));
	num_set_range(b, &s, width);
}

static void learn(struct num *a, struct num *b, u8 outcome, u32 width)
{
	switch (outcome) {
	case BPF_JEQ:
		learn_equal(a, b, width);
		break;
	case BPF_JLT:
		learn_unsigned_order(a, b, 1, width);
		break;
	case BPF_JLE:
		learn_unsigned_order(a, b, 0, width);
		break;
	case BPF_JSLT:
		learn_signed_order(a, b, 1, width);
		break;
	case BPF_JSLE:
		learn_signed_order(a, b, 0, width);
		break;
	case BPF_JGT:
		learn_unsigned_order(b, a, 1, width);
		break;
	case BPF_JGE:
		learn_unsigned_order(b, a, 0, width);
		break;
	case BPF_JSGT:
		learn_signed_order(b, a, 1, width);
		break;
	case BPF_JSGE:
		learn_signed_order(b, a, 0, width);
		break;
	default:
		learn_with_const(a, b, outcome, width);
	}
}

static const char *settle(struct num *n, const char *bad)
{
	const char *what = skep__num_violation(n);

	if (what)
		skep__num_forget_ranges(n);
	return bad ? bad : what;
}

const char *skep__num_refine(struct num *a, struct num *b, struct num *taken_a, struct num *taken_b,
			     u8 op, u32 width)
{
	learn(a, b, negated(op), width);
	skep__num_sync(a);
	skep__num_sync(b);
	learn(taken_a, taken_b, op, width);
	skep__num_sync(taken_a);
	skep__num_sync(taken_b);
	return settle(b, settle(a, settle(taken_b, settle(taken_a, NULL))));
}
