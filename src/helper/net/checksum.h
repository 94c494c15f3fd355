/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ones' complement arithmetic of the internet checksum. A sum is 32 bits wide with end-around carry
 * (partial), or folded to 16 and complemented as it stands in a header (check). Byte order does not
 * matter as long as everything is read as it lies in memory.
 */
#ifndef SKEP_HELPER_CHECKSUM_H
#define SKEP_HELPER_CHECKSUM_H

#include "base/types.h"

static inline u32 csum_add(u32 a, u32 b)
{
	u32 sum = a + b;

	return sum + (sum < b);
}

static inline u32 csum_sub(u32 a, u32 b)
{
	return csum_add(a, ~b);
}

static inline u16 csum16_add(u16 a, u16 b)
{
	u16 sum = a + b;

	return sum + (sum < b);
}

/* 32 bits to 16, not complemented. */
static inline u16 csum_to16(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)((sum & 0xffff) + (sum >> 16));
}

/* To what stands in a header. */
static inline u16 csum_fold(u32 sum)
{
	return (u16)~csum_to16(sum);
}

/* A sum over bytes that begin at an odd place of the whole counts with its bytes swapped. */
static inline u32 csum_shift(u32 sum, u32 offset)
{
	return offset & 1 ? (sum >> 8 | sum << 24) : sum;
}

/* Adds len bytes at p to a sum. */
u32 skep__csum_partial(const void *p, u32 len, u32 sum);

#endif
