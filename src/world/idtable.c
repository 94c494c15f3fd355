/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/idtable.h"

#include "base/alloc.h"

#define NR_IDS ((u32)IDTABLE_CHUNK * IDTABLE_CHUNKS)

static struct idtable_chunk *chunk_of(const struct idtable *t, u32 id)
{
	return atomic_load_explicit(&t->chunks[id / IDTABLE_CHUNK], memory_order_acquire);
}

void *skep__idtable_find(const struct idtable *t, u32 id)
{
	struct idtable_chunk *chunk = id < NR_IDS ? chunk_of(t, id) : NULL;

	if (!chunk)
		return NULL;
	return atomic_load_explicit(&chunk->slots[id % IDTABLE_CHUNK], memory_order_acquire);
}

static int store(struct idtable *t, u32 id, void *ptr)
{
	struct idtable_chunk *chunk = chunk_of(t, id);

	if (!chunk) {
		chunk = skep__zalloc(sizeof(*chunk));
		if (!chunk)
			return -ENOMEM;
		atomic_store_explicit(&t->chunks[id / IDTABLE_CHUNK], chunk, memory_order_release);
	}
	atomic_store_explicit(&chunk->slots[id % IDTABLE_CHUNK], ptr, memory_order_release);
	return 0;
}

s64 skep__idtable_add(struct idtable *t, void *ptr)
{
	if (t->count == NR_IDS - 1)
		return -ENOSPC;
	for (u32 id = t->last + 1;; id++) {
		if (id >= NR_IDS)
			id = 1;
		if (skep__idtable_find(t, id))
			continue;
		int err = store(t, id, ptr);
		if (err)
			return err;
		t->last = id;
		t->count++;
		return id;
	}
}

void skep__idtable_remove(struct idtable *t, u32 id)
{
	if (!skep__idtable_find(t, id))
		return;
	store(t, id, NULL);
	t->count--;
}

u32 skep__idtable_next(const struct idtable *t, u32 id)
{
	if (id >= NR_IDS)
		return 0;
	for (id++; id < NR_IDS; id++) {
		if (!chunk_of(t, id))
			id |= IDTABLE_CHUNK - 1;
		else if (skep__idtable_find(t, id))
			return id;
	}
	return 0;
}

void skep__idtable_fini(struct idtable *t)
{
	for (u32 i = 0; i < IDTABLE_CHUNKS; i++)
		skep__free(t->chunks[i]);
}
