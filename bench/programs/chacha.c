/* SPDX-License-Identifier: BSD-2-Clause */
/* The ChaCha20 block function: more live values than there are registers. */
#include "program.h"

static inline u32 rotl(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

#define QUARTER(a, b, c, d)                                                                        \
	do {                                                                                       \
		a += b, d = rotl(d ^ a, 16);                                                       \
		c += d, b = rotl(b ^ c, 12);                                                       \
		a += b, d = rotl(d ^ a, 8);                                                        \
		c += d, b = rotl(b ^ c, 7);                                                        \
	} while (0)

PROGRAM(chacha)
{
	const u32 *p = DATA(ctx);
	u32 x0 = 0x61707865, x1 = 0x3320646e, x2 = 0x79622d32, x3 = 0x6b206574;
	u32 x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15;

	if ((void *)(p + 12) > DATA_END(ctx))
		return 0;
	x4 = p[0], x5 = p[1], x6 = p[2], x7 = p[3], x8 = p[4], x9 = p[5];
	x10 = p[6], x11 = p[7], x12 = p[8], x13 = p[9], x14 = p[10], x15 = p[11];
	for (u32 i = 0; i < 10; i++) {
		QUARTER(x0, x4, x8, x12);
		QUARTER(x1, x5, x9, x13);
		QUARTER(x2, x6, x10, x14);
		QUARTER(x3, x7, x11, x15);
		QUARTER(x0, x5, x10, x15);
		QUARTER(x1, x6, x11, x12);
		QUARTER(x2, x7, x8, x13);
		QUARTER(x3, x4, x9, x14);
	}
	return x0 ^ x1 ^ x2 ^ x3 ^ x4 ^ x5 ^ x6 ^ x7 ^ x8 ^ x9 ^ x10 ^ x11 ^ x12 ^ x13 ^ x14 ^ x15;
}
