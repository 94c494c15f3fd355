/* SPDX-License-Identifier: BSD-2-Clause */
/* The product of two 12x12 matrices of 64-bit integers. */
#include "program.h"

#define N 12

static u64 a[N][N], b[N][N], c[N][N];

PROGRAM(matrix)
{
	const u64 *p = DATA(ctx);
	u64 trace = 0;

	if ((void *)(p + N) > DATA_END(ctx))
		return 0;
	for (u32 i = 0; i < N; i++) {
		for (u32 j = 0; j < N; j++) {
			a[i][j] = i * 3 + j;
			b[i][j] = i + j * 5;
		}
	}
	a[1][2] = p[0];
	b[2][1] = p[1];
	for (u32 i = 0; i < N; i++) {
		for (u32 j = 0; j < N; j++) {
			u64 sum = 0;

			for (u32 k = 0; k < N; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum;
		}
	}
	for (u32 i = 0; i < N; i++)
		trace += c[i][i];
	return trace;
}
