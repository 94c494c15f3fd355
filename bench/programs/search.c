/* SPDX-License-Identifier: BSD-2-Clause */
/* Binary searches in a sorted array of 256 words. */
#include "program.h"

#define N 256

static u32 keys[N];

PROGRAM(search)
{
	const u32 *p = DATA(ctx), *end = DATA_END(ctx);
	u32 sum = 0;

	if (!keys[1]) {
		for (u32 i = 0; i < N; i++)
			keys[i] = i * 16777213u;
	}
	for (u32 i = 0; i < 64; i++) {
		u32 low = 0, x;

		if (p + 1 > end)
			break;
		x = *p++;
		for (u32 half = N / 2; half; half /= 2) {
			u32 mid = (low + half) & (N - 1);

			if (keys[mid] <= x)
				low = mid;
		}
		sum += low;
	}
	return sum;
}
