/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bob Jenkins' lookup3 hash (public domain, 2006), in the form and with the starting value that the
 * kernel uses: bloom filters made with BPF_F_ZERO_SEED give its answers, and stack ids are its
 * numbers.
 */
#ifndef SKEP_MAP_JHASH_H
#define SKEP_MAP_JHASH_H

#include <string.h>

#include "base/types.h"

#define JHASH_START 0xdeadbeefu

struct jhash {
	u32 a, b, c;
};

static inline u32 jhash_rol(u32 word, u32 by)
{
	return word << by | word >> (32 - by);
}

/* One step: takes the old `from` out of `to`, and `from` takes in `third`. */
#define JHASH_STEP(to, from, third, by)                                                            \
	do {                                                                                       \
		(to) -= (from);                                                                    \
		(to) ^= jhash_rol(from, by);                                                       \
		(from) += (third);                                                                 \
	} while (0)

static inline struct jhash jhash_mix(struct jhash h)
{
	JHASH_STEP(h.a, h.c, h.b, 4);
	JHASH_STEP(h.b, h.a, h.c, 6);
	JHASH_STEP(h.c, h.b, h.a, 8);
	JHASH_STEP(h.a, h.c, h.b, 16);
	JHASH_STEP(h.b, h.a, h.c, 19);
	JHASH_STEP(h.c, h.b, h.a, 4);
	return h;
}

static inline u32 jhash_final(struct jhash h)
{
	h.c = (h.c ^ h.b) - jhash_rol(h.b, 14);
	h.a = (h.a ^ h.c) - jhash_rol(h.c, 11);
	h.b = (h.b ^ h.a) - jhash_rol(h.a, 25);
	h.c = (h.c ^ h.b) - jhash_rol(h.b, 16);
	h.a = (h.a ^ h.c) - jhash_rol(h.c, 4);
	h.b = (h.b ^ h.a) - jhash_rol(h.a, 14);
	h.c = (h.c ^ h.b) - jhash_rol(h.b, 24);
	return h.c;
}

/* The last block has 1 to 12 bytes and is filled up with zeroes; nothing at all hashes to the
 * start. */
static inline u32 jhash(const void *key, u32 size, u32 seed)
{
	u32 start = JHASH_START + size + seed, words[3];
	struct jhash h = { start, start, start };
	const u8 *at = key;

	for (; size > 12; size -= 12, at += 12) {
		memcpy(words, at, 12);
		h = jhash_mix((struct jhash){ h.a + words[0], h.b + words[1], h.c + words[2] });
	}
	if (!size)
		return h.c;
	memset(words, 0, sizeof(words));
	memcpy(words, at, size);
	return jhash_final((struct jhash){ h.a + words[0], h.b + words[1], h.c + words[2] });
}

#endif
