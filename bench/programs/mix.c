/* SPDX-License-Identifier: BSD-2-Clause */
/* MurmurHash3's mixing of 32-bit words, as balancers hash flows. */
#include "program.h"

static inline u32 rotl(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

PROGRAM(mix)
{
	const u32 *p = DATA(ctx), *end = DATA_END(ctx);
	u32 h = 0x9747b28c;

	for (u32 i = 0; i < PACKET_BYTES / 4; i++) {
		u32 k;

		if (p + 1 > end)
			break;
		k = *p++;
		k *= 0xcc9e2d51;
		k = rotl(k, 15);
		k *= 0x1b873593;
		h ^= k;
		h = rotl(h, 13);
		h = h * 5 + 0xe6546b64;
	}
	h ^= PACKET_BYTES;
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	return h ^ h >> 16;
}
