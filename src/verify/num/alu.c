/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic on numbers. Sums, products and bitwise operations follow both widths at once, so that
 * a 32-bit comparison after 64-bit arithmetic finds what it needs; shifts follow the width that
 * they are of.
 */
#include "isa/insn.h"
#include "verify/num/num.h"
#include "verify/num/parts.h"

static void compute_range(struct num *dst, const struct num *src, u8 op, struct tnum result,
			  u32 width)
{
	struct range d = num_range(dst, width), s = num_range(src, width);

	switch (op) {
	case BPF_ADD:
		skep__range_add(&d, &s, width);
		break;
	case BPF_SUB:
		skep__range_sub(&d, &s, width);
		break;
	case BPF_MUL:
		skep__range_mul(&d, &s, width);
		break;
	case BPF_AND:
		skep__range_and(&d, &s, result, width);
		break;
	case BPF_OR:
		skep__range_or(&d, &s, result, width);
		break;
	case BPF_XOR:
		skep__range_xor(&d, result, width);
		break;
	}
	num_set_range(dst, &d, width);
}

static struct tnum compute_bits(struct tnum a, struct tnum b, u8 op)
{
	switch (op) {
	case BPF_ADD:
		return skep__tnum_add(a, b);
	case BPF_SUB:
		return skep__tnum_sub(a, b);
	case BPF_MUL:
		return skep__tnum_mul(a, b);
	case BPF_AND:
		return skep__tnum_and(a, b);
	case BPF_OR:
		return skep__tnum_or(a, b);
	default:
		return skep__tnum_xor(a, b);
	}
}

static void compute(struct num *dst, const struct num *src, u8 op)
{
	struct tnum result = compute_bits(dst->bits, src->bits, op);

	compute_range(dst, src, op, result, 32);
	compute_range(dst, src, op, result, 64);
	dst->bits = result;
	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		skep__num_meet_bits(dst);
}

/* A shift by 32, as in the pair of shifts that sign-extends, moves the ranges of the low half to
 * the top. */
static void shl64(struct num *n, u32 by)
{
	struct range full = num_range(n, 64), low = num_range(n, 32);

	skep__range_shl(&full, by, 64);
	if (by == 32) {
		full.smin = n->s32_min * (1ll << 32);
		full.smax = n->s32_max * (1ll << 32);
	}
	num_set_range(n, &full, 64);
	if (by < 32)
		skep__range_shl(&low, by, 32);
	else
		low = range_unknown(32);
	num_set_range(n, &low, 32);
}

static void shift(struct num *n, u32 by, u8 op, u32 width)
{
	struct range r = num_range(n, width);
	struct tnum bits = num_bits(n, width);

	if (op == BPF_LSH) {
		skep__range_shl(&r, by, width);
		bits = skep__tnum_shl(bits, by);
	} else if (op == BPF_RSH) {
		skep__range_shr(&r, by, width);
		bits = skep__tnum_shr(bits, by);
	} else {
		skep__range_sar(&r, by, width);
		bits = skep__tnum_sar(bits, by, width);
	}
	if (op == BPF_LSH && width == 64) {
		shl64(n, by);
	} else {
		skep__num_forget_ranges(n);
		num_set_range(n, &r, width);
	}
	n->bits = width == 64 ? bits : tnum_low(bits);
	if (width == 64)
		skep__num_meet_bits(n);
	else
		skep__num_meet_bits32(n);
}

/* Amounts are known in the width of the operation; in all of their 64 bits they are below it. */
static bool shift_is_known(const struct num *by, u32 width)
{
	struct range r = num_range(by, width);

	return tnum_is_const(num_bits(by, width)) && r.smin == r.smax && r.umin == r.umax &&
	       by->umax < width;
}

/* What the machine computes. False: nothing is known of it, or not followed here. */
static bool compute_value(u64 a, u64 b, u8 op, u32 width, u64 *result)
{
	switch (op) {
	case BPF_ADD:
		*result = as_unsigned(a + b, width);
		return true;
	case BPF_SUB:
		*result = as_unsigned(a - b, width);
		return true;
	case BPF_MUL:
		*result = as_unsigned(a * b, width);
		return true;
	case BPF_AND:
		*result = as_unsigned(a & b, width);
		return true;
	case BPF_OR:
		*result = as_unsigned(a | b, width);
		return true;
	case BPF_XOR:
		*result = as_unsigned(a ^ b, width);
		return true;
	case BPF_LSH:
		*result = b < width ? as_unsigned(a << b, width) : 0;
		return b < width;
	case BPF_RSH:
		*result = b < width ? as_unsigned(a, width) >> b : 0;
		return b < width;
	default:
		return false;
	}
}

/* Constants, most often counters and offsets, give what all that follows would come to. */
static bool compute_consts(struct num *dst, const struct num *src, u8 op, u32 width)
{
	u64 result;

	if (!num_is_settled(src) || !num_is_settled(dst) ||
	    !compute_value(dst->bits.value, src->bits.value, op, width, &result))
		return false;
	skep__num_const(dst, result);
	return true;
}

bool skep__num_alu(struct num *dst, const struct num *src, u8 op, u32 width)
{
	struct num operand;

	if (compute_consts(dst, src, op, width))
		return true;
	operand = *src;
	switch (op) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		compute(dst, &operand, op);
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		if (shift_is_known(&operand, width)) {
			shift(dst, (u32)operand.umin, op, width);
			break;
		}
		/* fall through */
	default:
		skep__num_unknown(dst);
		return false;
	}
	if (width == 32)
		skep__num_assign_low(dst);
	skep__num_sync(dst);
	return true;
}

void skep__num_neg(struct num *n, u32 width)
{
	struct num zero;

	skep__num_const(&zero, 0);
	skep__num_alu(&zero, n, BPF_SUB, width);
	*n = zero;
}

void skep__num_add64(struct num *dst, const struct num *src)
{
	struct num a = *dst, b = *src;
	bool wraps = a.umax + b.umax < a.umax;
	struct range r = num_range(&a, 64), s = num_range(&b, 64);

	skep__range_add(&r, &s, 64);
	if (wraps)
		range_forget_unsigned(&r, 64);
	num_set_range(dst, &r, 64);
	dst->bits = skep__tnum_add(a.bits, b.bits);
}

void skep__num_sub64(struct num *dst, const struct num *src)
{
	struct num a = *dst, b = *src;
	bool wraps = a.umin < b.umax;
	struct range r = num_range(&a, 64), s = num_range(&b, 64);

	skep__range_sub(&r, &s, 64);
	if (wraps)
		range_forget_unsigned(&r, 64);
	num_set_range(dst, &r, 64);
	dst->bits = skep__tnum_sub(a.bits, b.bits);
}

void skep__num_add_offset(struct num *dst, const struct num *src)
{
	struct num operand = *src;

	compute(dst, &operand, BPF_ADD);
}

u32 skep__num_forks(const struct num *n)
{
	if (n->smin == -1 && n->smax == 0)
		return 64;
	return n->s32_min == -1 && n->s32_max == 0 ? 32 : 0;
}
