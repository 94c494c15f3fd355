/* SPDX-License-Identifier: BSD-2-Clause */
/* SipHash-2-4 of the packet. */
#include "program.h"

static inline u64 rotl(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

#define ROUND()                                                                                    \
	do {                                                                                       \
		v0 += v1, v2 += v3;                                                                \
		v1 = rotl(v1, 13) ^ v0, v3 = rotl(v3, 16) ^ v2;                                    \
		v0 = rotl(v0, 32);                                                                 \
		v2 += v1, v0 += v3;                                                                \
		v1 = rotl(v1, 17) ^ v2, v3 = rotl(v3, 21) ^ v0;                                    \
		v2 = rotl(v2, 32);                                                                 \
	} while (0)

PROGRAM(siphash)
{
	u64 v0 = 0x736f6d6570736575, v1 = 0x646f72616e646f6d;
	u64 v2 = 0x6c7967656e657261, v3 = 0x7465646279746573;
	const u64 *p = DATA(ctx), *end = DATA_END(ctx);

	for (u32 i = 0; i < PACKET_BYTES / 8; i++) {
		u64 m;

		if (p + 1 > end)
			break;
		m = *p++;
		v3 ^= m;
		ROUND();
		ROUND();
		v0 ^= m;
	}
	v2 ^= 0xff;
	ROUND();
	ROUND();
	ROUND();
	ROUND();
	v0 ^= v1 ^ v2 ^ v3;
	return v0 ^ v0 >> 32;
}
