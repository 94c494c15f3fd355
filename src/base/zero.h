/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_BASE_ZERO_H
#define SKEP_BASE_ZERO_H

#include "base/types.h"

static inline bool all_zero(const void *p, size_t len)
{
	const u8 *bytes = p;

	while (len && !bytes[len - 1])
		len--;
	return !len;
}

#endif
