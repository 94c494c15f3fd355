/* SPDX-License-Identifier: BSD-2-Clause */
/* The internet checksum's sum over bytes, eight at a time. */
#include <string.h>

#include "helper/net/checksum.h"

u32 skep__csum_partial(const void *p, u32 len, u32 sum)
{
	const u8 *at = p;
	u64 total = sum;

	for (; len >= 8; len -= 8, at += 8) {
		u64 word;

		memcpy(&word, at, 8);
		total += word;
		total += total < word;
	}
	if (len) {
		u64 word = 0;

		memcpy(&word, at, len);
		total += word;
		total += total < word;
	}
	return csum_add((u32)total, (u32)(total >> 32));
}
