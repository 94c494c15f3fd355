/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory of one piece of work, freed as a whole: a verification, a compilation. Blocks that are
 * given back are used again for others of their size class; everything else goes when the pool
 * does. A pool never holds more than its limit.
 */
#ifndef SKEP_BASE_POOL_H
#define SKEP_BASE_POOL_H

#include "base/types.h"

#define POOL_CLASSES 64

struct pool_chunk;

struct pool {
	struct pool_chunk *chunks;
	u8 *next, *end; /* room in the newest chunk */
	size_t bytes, limit; /* held now; never more than */
	bool exhausted; /* memory was asked for that was not there */
	void *free[POOL_CLASSES]; /* blocks given back, linked through their first word */
};

void skep__pool_init(struct pool *pool, size_t limit);
void skep__pool_fini(struct pool *pool);

/* 16-byte aligned; NULL when memory or the limit is out. Sizes above 1 << 40 are refused. */
void *skep__pool_alloc(struct pool *pool, size_t size);
void *skep__pool_zalloc(struct pool *pool, size_t n, size_t size); /* n * size, zeroed */
void skep__pool_free(struct pool *pool, void *block,
		     size_t size); /* size as asked for; NULL is fine */

/* A block of more room with the first `used` bytes of the old one, which is given back. NULL: the
 * old one stays. */
void *skep__pool_grow(struct pool *pool, void *old, size_t old_size, size_t used, size_t size);

#endif
