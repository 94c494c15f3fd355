/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unsigned division by a constant as multiplication (Granlund and Montgomery, "Division by
 *Invariant Integers using Multiplication", 1994). With N the width and high(p) the upper N bits of
 *a product:
 *
 *	plain	x / d == high((x >> pre) * mul) >> post
 *	add	x / d == (((x - t) >> 1) + t) >> post, where t = high(x * mul); pre is 0
 */
#ifndef SKEP_JIT_MAGIC_H
#define SKEP_JIT_MAGIC_H

#include "base/types.h"

struct magic {
	u64 mul; /* below 2^N */
	u8 pre, post;
	bool add;
};

/* For 2 <= d < 2^32, no power of two, and width 32 or 64. */
struct magic skep__magic(u64 d, u32 width);

#endif
