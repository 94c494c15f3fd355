/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/magic.h"

typedef unsigned __int128 u128;

static u32 log2_up(u64 d)
{
	return 64 - __builtin_clzll(d - 1);
}

/*
 * mul = ceil(2^(width + post) / d) gives exact quotients for all x below 2^bits when mul * d
 * exceeds the power by no more than 2^(width + post - bits).
 */
static bool find(u64 d, u32 width, u32 bits, struct magic *m)
{
	for (u32 post = 0; post <= log2_up(d); post++) {
		u128 power = (u128)1 << (width + post);
		u128 mul = (power + d - 1) / d;

		if (mul >> width)
			return false;
		if (mul * d - power <= (u128)1 << (width + post - bits)) {
			m->mul = mul;
			m->post = post;
			return true;
		}
	}
	return false;
}

struct magic skep__magic(u64 d, u32 width)
{
	struct magic m = { 0 };
	u32 even = __builtin_ctzll(d);

	if (find(d, width, width, &m))
		return m;
	if (even && find(d >> even, width, width - even, &m)) {
		m.pre = even;
		return m;
	}
	m.add = true;
	m.post = log2_up(d) - 1;
	m.mul = (((u128)1 << (width + m.post + 1)) + d - 1) / d - ((u128)1 << width);
	return m;
}
