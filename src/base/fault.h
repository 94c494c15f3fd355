/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading memory that may not be there: loads that survive a fault, for probe_read and its kin and for
 * loads through BTF pointers. (Data plane; lives with the host program's own SIGSEGV handler.)
 */
#ifndef SKEP_BASE_FAULT_H
#define SKEP_BASE_FAULT_H

#include "base/types.h"

/* Copies len bytes: 0, or -EFAULT when a part of src cannot be read (dst is then unspecified). */
int skep__probe_read(void *dst, const void *src, u32 len);

/*
 * Copies a text, at most size bytes with its NUL, which is always written (size > 0). Returns the bytes
 * written, NUL included, behind which dst stays as it is; or -EFAULT. size 0: returns 0.
 */
long skep__probe_read_str(char *dst, const void *src, u32 size);

/* The same of another thread's memory; tid 0: our own. */
int skep__probe_read_of(u32 tid, void *dst, u64 src, u32 len);
long skep__probe_read_str_of(u32 tid, char *dst, u64 src, u32 size);

#endif
