/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/idtable.h"

#include "base/alloc.h"

int skep__idtable_set(struct idtable *t, u32 id, void *ptr)
{
	struct idtable_chunk *chunk = idtable_chunk(t, id);

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
	if (t->count == IDTABLE_IDS - 1)
		return -ENOSPC;
	for (u32 id = t->last + 1;; id++) {
		if (id >= IDTABLE_IDS)
			id = 1;
		if (skep__idtable_find(t, id))
			continue;
		int err = skep__idtable_set(t, id, ptr);
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
	skep__idtable_set(t, id, NULL);
	t->count--;
}

u32 skep__idtable_next(const struct idtable *t, u32 id)
{
	if (id >= IDTABLE_IDS)
		return 0;
	for (id++; id < IDTABLE_IDS; id++) {
		if (!idtable_chunk(t, id))
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
