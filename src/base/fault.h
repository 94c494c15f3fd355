/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading memory that may not be there: loads that survive a fault, for probe_read and its kin and for
 * loads through BTF pointers. (Data plane; lives with the host program's own SIGSEGV handler.)
 */
#ifndef SKEP_BASE_FAULT_H
#define SKEP_BASE_FAULT_H

#include "base/range.h"
#include "base/types.h"

/* Ranges that stay mapped as long as whoever has this reads: those take no system call. */
struct known_memory {
	const struct memory_range *ranges;
	u32 nr;
};

/*
 * Copies len bytes: 0, or -EFAULT when a part of src cannot be read (dst is then unspecified).
 * known may be NULL, here as below; the frames of callers are known without it.
 */
int skep__probe_read(const struct known_memory *known, void *dst, const void *src, u32 len);

/*
 * Copies a text, at most size bytes with its NUL, which is always written (size > 0). Returns the bytes
 * written, NUL included, behind which dst stays as it is; or -EFAULT. size 0: returns 0.
 */
long skep__probe_read_str(const struct known_memory *known, char *dst, const void *src, u32 size);

/* The same of another thread's memory; tid 0: our own. */
int skep__probe_read_of(const struct known_memory *known, u32 tid, void *dst, u64 src, u32 len);
long skep__probe_read_str_of(const struct known_memory *known, u32 tid, char *dst, u64 src,
			     u32 size);

#endif
