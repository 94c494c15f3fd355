/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Size classes: four to each power of two, so that a block wastes a fifth at most. Chunks double
 * from 64 KiB to 4 MiB; what is larger has a chunk of its own.
 */
#include "base/pool.h"

#include <string.h>

#include "base/alloc.h"

#define ALIGN 16
#define FIRST_CHUNK (64u << 10)
#define LAST_CHUNK (4u << 20)

struct pool_chunk {
	struct pool_chunk *older;
	size_t size;
};
static_assert(sizeof(struct pool_chunk) == ALIGN, "blocks start aligned behind it");

void skep__pool_init(struct pool *pool, size_t limit)
{
	*pool = (struct pool){ .limit = limit };
}

void skep__pool_fini(struct pool *pool)
{
	for (struct pool_chunk *c = pool->chunks; c;) {
		struct pool_chunk *older = c->older;

		skep__free(c);
		c = older;
	}
	*pool = (struct pool){ .limit = pool->limit };
}

/* Rounds a size up to its class; *index is the class, POOL_CLASSES for sizes without one. */
static size_t class_of(size_t size, u32 *index)
{
	u32 log, quarter;
	size_t step;

	size = round_up(max(size, (size_t)64), (size_t)ALIGN);
	log = 63 - __builtin_clzll(size);
	step = (size_t)1 << (log - 2);
	size = (size + step - 1) & ~(step - 1);
	log = 63 - __builtin_clzll(size);
	quarter = (size >> (log - 2)) & 3;
	*index = min((log - 6) * 4 + quarter, (u32)POOL_CLASSES);
	return size;
}

static bool add_chunk(struct pool *pool, size_t need)
{
	size_t size = pool->chunks ? min(pool->chunks->size * 2, (size_t)LAST_CHUNK) : FIRST_CHUNK;
	struct pool_chunk *c;

	size = max(size, need + sizeof(*c));
	if (size > pool->limit - pool->bytes)
		return false;
	c = skep__alloc(size);
	if (!c)
		return false;
	*c = (struct pool_chunk){ pool->chunks, min(size, (size_t)LAST_CHUNK) };
	pool->chunks = c;
	pool->bytes += size;
	pool->next = (u8 *)(c + 1);
	pool->end = (u8 *)c + size;
	return true;
}

static void *give_up(struct pool *pool)
{
	pool->exhausted = true;
	return NULL;
}

void *skep__pool_alloc(struct pool *pool, size_t size)
{
	u32 index;
	void *block;

	if (size >> 40)
		return give_up(pool);
	size = class_of(size, &index);
	if (index < POOL_CLASSES && pool->free[index]) {
		block = pool->free[index];
		memcpy(&pool->free[index], block, sizeof(void *));
		return block;
	}
	if ((size_t)(pool->end - pool->next) < size && !add_chunk(pool, size))
		return give_up(pool);
	block = pool->next;
	pool->next += size;
	return block;
}

void *skep__pool_zalloc(struct pool *pool, size_t n, size_t size)
{
	size_t bytes;
	void *block;

	if (__builtin_mul_overflow(n, size, &bytes))
		return give_up(pool);
	block = skep__pool_alloc(pool, bytes);
	if (block)
		memset(block, 0, bytes);
	return block;
}

void skep__pool_free(struct pool *pool, void *block, size_t size)
{
	u32 index;

	if (!block)
		return;
	class_of(size, &index);
	if (index >= POOL_CLASSES)
		return;
	memcpy(block, &pool->free[index], sizeof(void *));
	pool->free[index] = block;
}

void *skep__pool_grow(struct pool *pool, void *old, size_t old_size, size_t used, size_t size)
{
	void *block = skep__pool_alloc(pool, size);

	if (!block)
		return NULL;
	if (used)
		memcpy(block, old, used);
	skep__pool_free(pool, old, old_size);
	return block;
}
