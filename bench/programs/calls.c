/* SPDX-License-Identifier: BSD-2-Clause */
/* Small functions that stay functions: a recurrence through calls with up to four arguments. */
#include "program.h"

NOINLINE u64 step(u64 x, u64 y, u64 z)
{
	return (x ^ y) * 0x9e3779b97f4a7c15 + z;
}

NOINLINE u64 pair(u64 x, u64 y)
{
	return step(x, y, 1) ^ step(y, x, 2);
}

PROGRAM(calls)
{
	const u64 *p = DATA(ctx), *end = DATA_END(ctx);
	u64 h = 1;

	for (u32 i = 0; i < 100; i++) {
		if (p + 1 > end)
			break;
		h = pair(h, *p++);
	}
	return h ^ h >> 32;
}
