/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys of hash tables as words: loaded once into registers, hashed by folding 128-bit products with
 * the map's secret seed, compared word by word. Up to 8 bytes are one word and 16 are two; the rest
 * goes through loops. In memory a key is padded with zeroes to the next multiple of 8.
 */
#ifndef SKEP_MAP_HASH_KEY_H
#define SKEP_MAP_HASH_KEY_H

#include <string.h>

#include "base/types.h"
#include "map/bytes.h"

#define HASH_K1 0x9e3779b97f4a7c15ull /* odd numbers without pattern */
#define HASH_K2 0xd6e8feb86659fd93ull

static inline u64 hash_fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static inline u32 hash_word(u64 key, u64 seed)
{
	return (u32)hash_fold(key ^ seed, HASH_K1);
}

static inline u32 hash_two_words(u64 a, u64 b, u64 seed)
{
	return (u32)hash_fold(hash_fold(a ^ seed, HASH_K1) ^ b, HASH_K2);
}

static inline u64 key_word(const void *key, u32 at)
{
	u64 word;

	memcpy(&word, (const u8 *)key + at, 8);
	return word;
}

/* A key of 1..8 bytes as a word; constant sizes compile to one load. */
static inline u64 key_load(const void *key, u32 size)
{
	u32 half;

	if (size == 8)
		return key_word(key, 0);
	if (size == 4) {
		memcpy(&half, key, 4);
		return half;
	}
	return bytes_tail(key, size);
}

static inline u32 hash_bytes(const void *key, u32 size, u64 seed)
{
	u64 h = seed;
	u32 at = 0;

	for (; at + 8 <= size; at += 8)
		h = hash_fold(h ^ key_word(key, at), HASH_K1);
	if (at < size)
		h = hash_fold(h ^ bytes_tail((const u8 *)key + at, size - at), HASH_K2);
	return (u32)h;
}

static inline u32 hash_key(const void *key, u32 size, u64 seed)
{
	if (size <= 8)
		return hash_word(key_load(key, size), seed);
	if (size == 16)
		return hash_two_words(key_word(key, 0), key_word(key, 8), seed);
	return hash_bytes(key, size, seed);
}

static inline u64 shared_word(const u64 *words, u32 i)
{
	return __atomic_load_n(&words[i], __ATOMIC_RELAXED);
}

/* Is the padded key in shared memory the given one? */
static inline bool key_equal(const u64 *stored, const void *key, u32 size)
{
	u32 at = 0;

	if (likely(size <= 8))
		return shared_word(stored, 0) == key_load(key, size);
	for (; at + 8 <= size; at += 8) {
		if (shared_word(stored, at / 8) != key_word(key, at))
			return false;
	}
	return at == size ||
	       shared_word(stored, at / 8) == bytes_tail((const u8 *)key + at, size - at);
}

#endif
