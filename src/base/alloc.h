/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one allocator of the control plane; the embedder may replace it (skep_set_allocator). The data
 * plane never calls it. All three return NULL when memory is out, and callers turn that into -ENOMEM.
 */
#ifndef SKEP_BASE_ALLOC_H
#define SKEP_BASE_ALLOC_H

#include "base/types.h"

struct allocator {
	/* realloc(3)'s contract: old NULL allocates, size 0 frees and returns NULL. */
	void *(*resize)(void *opaque, void *old, size_t size);
	void *opaque;
};

/* Replaces the allocator. Not thread-safe: call it before anything else; NULL restores libc's. */
void skep__set_allocator(const struct allocator *a);

void *skep__alloc(size_t size); /* uninitialised */
void *skep__zalloc(size_t size); /* zeroed */
void *skep__zalloc_array(size_t n, size_t size); /* zeroed; NULL also when n * size overflows */
void *skep__resize(void *old, size_t size); /* realloc(3); old stays valid on failure */
void *skep__dup(const void *src, size_t size);
void skep__free(void *p); /* NULL is fine */

#endif
