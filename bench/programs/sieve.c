/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts the primes below 2048 with Eratosthenes' sieve. */
#include "program.h"

#define N 2048

static u8 composite[N];

PROGRAM(sieve)
{
	u32 count = 1; /* 2 */

	for (u32 i = 0; i < N; i++)
		composite[i] = ~i & 1;
	for (u32 i = 3; i < N; i += 2) {
		if (composite[i])
			continue;
		count++;
		for (u32 j = i * i; j < N; j += i)
			composite[j] = 1;
	}
	return count;
}
