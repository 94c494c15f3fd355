/* SPDX-License-Identifier: BSD-2-Clause */
/* A bubble sort of 48 words of the packet. */
#include "program.h"

#define N 48

static u32 v[N];

PROGRAM(sort)
{
	const u32 *p = DATA(ctx);
	u32 sum = 0;

	if ((void *)(p + N) > DATA_END(ctx))
		return 0;
	for (u32 i = 0; i < N; i++)
		v[i] = p[i];
	for (u32 i = 0; i < N - 1; i++) {
		for (u32 j = 0; j < N - 1 - i; j++) {
			u32 x = v[j], y = v[j + 1];

			if (x > y) {
				v[j] = y;
				v[j + 1] = x;
			}
		}
	}
	for (u32 i = 0; i < N; i++)
		sum = sum * 31 + v[i];
	return sum;
}
