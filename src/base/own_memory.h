/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of this process that is surely there, so that reading it takes no system call that asks.
 * (data plane)
 */
#ifndef SKEP_BASE_OWN_MEMORY_H
#define SKEP_BASE_OWN_MEMORY_H

#include "base/types.h"

/*
 * Finds out where the calling thread's stack is, the first time. It allocates, and may read a file
 * (control plane): who has not asked has no stack that is known, and that costs time only.
 */
void skep__know_stack(void);

/*
 * Is it among the frames of the functions that called here, on the calling thread's stack? (A
 * coroutine's frames are on another stack than its thread's: never.)
 */
bool skep__is_on_stack(u64 addr, size_t len);

/* Copies bytes that may be anybody's variables: no sanitizer looks at what stands between them. */
void skep__copy_own(void *dst, const void *src, size_t len);

#endif
