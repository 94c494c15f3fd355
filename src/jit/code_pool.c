/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/code_pool.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "jit/image.h"

#define NR_PIECES (POOL_HALF / POOL_PIECE)
#define TRAP 0xcc /* int3: what is free is not executed by mistake */

struct code_chunk {
	struct code_chunk *next;
	u8 *mem;
	int fd;
	u32 used; /* pieces */
	u32 hint; /* no free piece before it */
	u8 taken[NR_PIECES];
};

struct code_pool {
	pthread_mutex_t lock; /* guards what is taken */
	struct code_chunk *chunks;
};

static u8 *map_halves(int fd)
{
	u8 *mem = mmap(NULL, 2 * POOL_HALF, PROT_READ, MAP_SHARED, fd, 0);

	if (mem == MAP_FAILED)
		return NULL;
	if (mprotect(mem, POOL_HALF, PROT_READ | PROT_EXEC)) {
		munmap(mem, 2 * POOL_HALF);
		return NULL;
	}
	return mem;
}

static struct code_chunk *chunk_new(void)
{
	struct code_chunk *c = skep__zalloc(sizeof(*c));

	if (!c)
		return NULL;
	c->fd = skep__code_file();
	c->mem = c->fd >= 0 && !ftruncate(c->fd, 2 * POOL_HALF) ? map_halves(c->fd) : NULL;
	if (c->mem)
		return c;
	if (c->fd >= 0)
		close(c->fd);
	skep__free(c);
	return NULL;
}

static void chunk_free(struct code_chunk *c)
{
	munmap(c->mem, 2 * POOL_HALF);
	close(c->fd);
	skep__free(c);
}

struct code_pool *skep__code_pool_new(void)
{
	struct code_pool *pool = skep__zalloc(sizeof(*pool));

	if (pool)
		pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

void skep__code_pool_free(struct code_pool *pool)
{
	struct code_chunk *next;

	if (!pool)
		return;
	for (struct code_chunk *c = pool->chunks; c; c = next) {
		next = c->next;
		chunk_free(c);
	}
	pthread_mutex_destroy(&pool->lock);
	skep__free(pool);
}

/* The first run of n free pieces, or NR_PIECES. */
static u32 find_free(const struct code_chunk *c, u32 n)
{
	u32 run = 0;

	for (u32 i = c->hint; i < NR_PIECES; i++) {
		run = c->taken[i] ? 0 : run + 1;
		if (run == n)
			return i + 1 - n;
	}
	return NR_PIECES;
}

static void take(struct code_chunk *c, u32 at, u32 n)
{
	memset(c->taken + at, 1, n);
	c->used += n;
	if (at == c->hint)
		c->hint = at + n;
}

static bool take_somewhere(struct code_pool *pool, struct code_place *place)
{
	u32 n = place->size / POOL_PIECE, at = NR_PIECES;
	struct code_chunk *c;

	for (c = pool->chunks; c; c = c->next) {
		at = find_free(c, n);
		if (at < NR_PIECES)
			break;
	}
	if (!c) {
		c = chunk_new();
		if (!c)
			return false;
		c->next = pool->chunks;
		pool->chunks = c;
		at = 0;
	}
	take(c, at, n);
	place->chunk = c;
	place->code = c->mem + at * POOL_PIECE;
	return true;
}

static bool write_at(const struct code_place *place, const void *from, u32 size, u32 half)
{
	off_t off = place->code - place->chunk->mem + half;
	ssize_t n;

	do
		n = pwrite(place->chunk->fd, from, size, off);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size;
}

bool skep__code_place(struct code_pool *pool, struct code_place *place, const u8 *code,
		      u32 code_size, const u64 *table, u32 table_size)
{
	if (code_size > POOL_MAX || table_size > POOL_MAX)
		return false;
	place->size = round_up(max(code_size, table_size), POOL_PIECE);
	pthread_mutex_lock(&pool->lock);
	bool found = take_somewhere(pool, place);
	pthread_mutex_unlock(&pool->lock);
	if (!found)
		return false;
	place->pool = pool;
	if (write_at(place, table, table_size, POOL_HALF) && write_at(place, code, code_size, 0))
		return true;
	skep__code_displace(place);
	place->pool = NULL;
	return false;
}

/* One that nothing is in stays for the next program, unless there are others. */
static void free_if_empty(struct code_pool *pool, struct code_chunk *c)
{
	struct code_chunk **link = &pool->chunks;

	if (c->used || !pool->chunks->next)
		return;
	while (*link != c)
		link = &(*link)->next;
	*link = c->next;
	chunk_free(c);
}

void skep__code_displace(const struct code_place *place)
{
	u32 at = (place->code - place->chunk->mem) / POOL_PIECE, n = place->size / POOL_PIECE;
	u8 traps[1024];

	memset(traps, TRAP, sizeof(traps));
	for (u32 done = 0; done < place->size; done += sizeof(traps)) {
		struct code_place part = { .chunk = place->chunk, .code = place->code + done };

		write_at(&part, traps, min(place->size - done, (u32)sizeof(traps)), 0);
	}
	pthread_mutex_lock(&place->pool->lock);
	memset(place->chunk->taken + at, 0, n);
	place->chunk->used -= n;
	place->chunk->hint = min(place->chunk->hint, at);
	free_if_empty(place->pool, place->chunk);
	pthread_mutex_unlock(&place->pool->lock);
}
