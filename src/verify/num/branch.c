/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparisons of two numbers whose outcome is known. */
#include "isa/insn.h"
#include "verify/num/num.h"
#include "verify/num/parts.h"

u8 skep__flip_compare(u8 op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JLE:
		return BPF_JGE;
	case BPF_JSGT:
		return BPF_JSLT;
	case BPF_JSGE:
		return BPF_JSLE;
	case BPF_JSLT:
		return BPF_JSGT;
	case BPF_JSLE:
		return BPF_JSGE;
	default:
		return op;
	}
}

static bool ranges_apart(const struct range *a, const struct range *b)
{
	return a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin;
}

/* Of a == b. */
static int equal_taken(const struct num *a, const struct num *b, u32 width)
{
	struct tnum x = num_bits(a, width), y = num_bits(b, width);
	struct range r = num_range(a, width), s = num_range(b, width);
	struct range low = num_range(a, 32), low_b = num_range(b, 32);

	if (tnum_is_const(x) && tnum_is_const(y))
		return x.value == y.value;
	if (!tnum_overlap(x, y) || ranges_apart(&r, &s) || ranges_apart(&low, &low_b))
		return 0;
	return -1;
}

/* Of a & b, when one of them is constant. */
static int bits_taken(struct tnum a, struct tnum b)
{
	if (!tnum_is_const(a) && !tnum_is_const(b))
		return -1;
	if (a.value & b.value)
		return 1;
	return tnum_max(a) & tnum_max(b) ? -1 : 0;
}

/* Of the order of [amin, amax] and [bmin, bmax]: a < b, or a <= b. */
#define LESS_TAKEN(amin, amax, bmin, bmax) ((amax) < (bmin) ? 1 : (amin) >= (bmax) ? 0 : -1)
#define NOT_MORE_TAKEN(amin, amax, bmin, bmax) ((amax) <= (bmin) ? 1 : (amin) > (bmax) ? 0 : -1)

static int order_taken(const struct range *a, const struct range *b, u8 op)
{
	switch (op) {
	case BPF_JLT:
		return LESS_TAKEN(a->umin, a->umax, b->umin, b->umax);
	case BPF_JLE:
		return NOT_MORE_TAKEN(a->umin, a->umax, b->umin, b->umax);
	case BPF_JSLT:
		return LESS_TAKEN(a->smin, a->smax, b->smin, b->smax);
	case BPF_JSLE:
		return NOT_MORE_TAKEN(a->smin, a->smax, b->smin, b->smax);
	case BPF_JGT:
		return LESS_TAKEN(b->umin, b->umax, a->umin, a->umax);
	case BPF_JGE:
		return NOT_MORE_TAKEN(b->umin, b->umax, a->umin, a->umax);
	case BPF_JSGT:
		return LESS_TAKEN(b->smin, b->smax, a->smin, a->smax);
	case BPF_JSGE:
		return NOT_MORE_TAKEN(b->smin, b->smax, a->smin, a->smax);
	default:
		return -1;
	}
}

int skep__num_branch_taken(const struct num *a, const struct num *b, u8 op, u32 width)
{
	struct range r = num_range(a, width), s = num_range(b, width);
	int taken;

	switch (op) {
	case BPF_JEQ:
		return equal_taken(a, b, width);
	case BPF_JNE:
		taken = equal_taken(a, b, width);
		return taken < 0 ? taken : !taken;
	case BPF_JSET:
		return bits_taken(num_bits(a, width), num_bits(b, width));
	default:
		return order_taken(&r, &s, op);
	}
}
