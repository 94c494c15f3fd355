/* SPDX-License-Identifier: BSD-2-Clause */
/* The two widths of a number as ranges: taken out, changed, put back. */
#ifndef SKEP_VERIFY_NUM_PARTS_H
#define SKEP_VERIFY_NUM_PARTS_H

#include "verify/num/num.h"
#include "verify/num/range.h"

static inline struct range num_range(const struct num *n, u32 width)
{
	if (width == 64)
		return (struct range){ n->smin, n->smax, n->umin, n->umax };
	return (struct range){ n->s32_min, n->s32_max, n->u32_min, n->u32_max };
}

static inline void num_set_range(struct num *n, const struct range *r, u32 width)
{
	if (width == 64) {
		n->smin = r->smin;
		n->smax = r->smax;
		n->umin = r->umin;
		n->umax = r->umax;
	} else {
		n->s32_min = (s32)r->smin;
		n->s32_max = (s32)r->smax;
		n->u32_min = (u32)r->umin;
		n->u32_max = (u32)r->umax;
	}
}

static inline struct tnum num_bits(const struct num *n, u32 width)
{
	return width == 64 ? n->bits : tnum_low(n->bits);
}

static inline void num_set_bits(struct num *n, struct tnum bits, u32 width)
{
	n->bits = width == 64 ? bits : tnum_with_low(n->bits, bits);
}

/* sync.c: narrows the ranges of the low half, or of both, to what the bits allow. */
void skep__num_meet_bits32(struct num *n);
void skep__num_meet_bits(struct num *n);

/* 32-bit results: the upper half is zero. Not synced. */
void skep__num_assign_low(struct num *n);

#endif
