/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying keys and values into and out of shared memory that others read and write at the same
 * time. The shared side is 8-byte aligned and has room up to the next multiple of 8; it is moved in
 * whole words, so that a concurrent reader sees old and new words and never a torn one (and the
 * thread sanitizer agrees). General registers only.
 */
#ifndef SKEP_MAP_BYTES_H
#define SKEP_MAP_BYTES_H

#include <string.h>

#include "base/types.h"

/* The last size bytes (1..7) of a private buffer as a word, zeroes above them; reads no byte more.
 */
static inline u64 bytes_tail(const u8 *from, u32 size)
{
	u64 word = 0;
	u32 at = 0;

	if (size & 4) {
		u32 half;

		memcpy(&half, from, 4);
		word = half;
		at = 4;
	}
	for (; at < size; at++)
		word |= (u64)from[at] << (8 * at);
	return word;
}
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	      "bytes_tail builds words from the low end");

static inline void bytes_store(void *shared, const void *from, u32 size)
{
	u64 *to = shared, word;
	u32 at = 0;

	if (likely(size == 8)) { /* the commonest */
		memcpy(&word, from, 8);
		__atomic_store_n(to, word, __ATOMIC_RELAXED);
		return;
	}
	for (; at + 8 <= size; at += 8) {
		memcpy(&word, (const u8 *)from + at, 8);
		__atomic_store_n(&to[at / 8], word, __ATOMIC_RELAXED);
	}
	if (at < size)
		__atomic_store_n(&to[at / 8], bytes_tail((const u8 *)from + at, size - at),
				 __ATOMIC_RELAXED);
}

static inline void bytes_zero(void *shared, u32 size)
{
	u64 *to = shared;

	for (u32 at = 0; at < size; at += 8)
		__atomic_store_n(&to[at / 8], 0, __ATOMIC_RELAXED);
}

static inline void bytes_load(void *to, const void *shared, u32 size)
{
	const u64 *from = shared;
	u64 word;
	u32 at = 0;

	if (likely(size == 8)) {
		word = __atomic_load_n(from, __ATOMIC_RELAXED);
		memcpy(to, &word, 8);
		return;
	}
	for (; at + 8 <= size; at += 8) {
		word = __atomic_load_n(&from[at / 8], __ATOMIC_RELAXED);
		memcpy((u8 *)to + at, &word, 8);
	}
	if (at < size) {
		word = __atomic_load_n(&from[at / 8], __ATOMIC_RELAXED);
		for (; at < size; at++, word >>= 8)
			((u8 *)to)[at] = (u8)word;
	}
}

#endif
