/* SPDX-License-Identifier: BSD-2-Clause */
/* Making numbers. */
#include "verify/num/num.h"

#include "verify/num/parts.h"

static void set_ranges(struct num *n, const struct range *full, const struct range *low)
{
	num_set_range(n, full, 64);
	num_set_range(n, low, 32);
}

void skep__num_forget64(struct num *n)
{
	struct range r = range_unknown(64);

	num_set_range(n, &r, 64);
}

void skep__num_forget32(struct num *n)
{
	struct range r = range_unknown(32);

	num_set_range(n, &r, 32);
}

void skep__num_forget_ranges(struct num *n)
{
	skep__num_forget64(n);
	skep__num_forget32(n);
}

void skep__num_unknown(struct num *n)
{
	*n = (struct num)NUM_UNKNOWN;
}

void skep__num_const(struct num *n, u64 value)
{
	struct range full = range_const(value, 64), low = range_const(value, 32);

	n->bits = tnum_const(value);
	set_ranges(n, &full, &low);
}

void skep__num_const32(struct num *n, u32 value)
{
	struct range low = range_const(value, 32);

	n->bits = tnum_with_low(n->bits, tnum_const(value));
	num_set_range(n, &low, 32);
}

void skep__num_urange(struct num *n, u64 umin, u64 umax)
{
	skep__num_unknown(n);
	n->umin = umin;
	n->umax = umax;
	skep__num_sync(n);
}

void skep__num_srange(struct num *n, s64 smin, s64 smax)
{
	skep__num_unknown(n);
	n->smin = smin;
	n->smax = smax;
	skep__num_sync(n);
}
