/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_BASE_RANGE_H
#define SKEP_BASE_RANGE_H

#include "base/types.h"

/* Bytes of somebody's memory. */
struct memory_range {
	u64 addr, len;
};

/* Does it have all of these? (Nothing is had at its end.) */
static inline bool range_has(const struct memory_range *range, u64 addr, u64 len)
{
	u64 off = addr - range->addr;

	return off < range->len && len <= range->len - off;
}

#endif
