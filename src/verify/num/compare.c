/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers against numbers: equal, at least as wide, both together. */
#include "verify/num/num.h"
#include "verify/num/parts.h"

bool skep__num_subsumes(const struct num *old, const struct num *cur)
{
	struct range full = num_range(old, 64), low = num_range(old, 32);
	struct range cur_full = num_range(cur, 64), cur_low = num_range(cur, 32);

	return range_subsumes(&full, &cur_full) && range_subsumes(&low, &cur_low) &&
	       tnum_subsumes(old->bits, cur->bits);
}

bool skep__num_contains(const struct num *n, u64 x)
{
	struct range full = num_range(n, 64), low = num_range(n, 32);

	return tnum_contains(n->bits, x) && range_contains(&full, x, 64) &&
	       range_contains(&low, x, 32);
}

static void join_width(struct num *n, const struct num *other, u32 width)
{
	struct range r = num_range(n, width), s = num_range(other, width);

	r.umin = min(r.umin, s.umin);
	r.umax = max(r.umax, s.umax);
	r.smin = min(r.smin, s.smin);
	r.smax = max(r.smax, s.smax);
	num_set_range(n, &r, width);
}

void skep__num_join(struct num *n, const struct num *other)
{
	join_width(n, other, 64);
	join_width(n, other, 32);
	n->bits = skep__tnum_union(n->bits, other->bits);
}
