/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ids to pointers. Ids are handed out upwards from 1 and reused only after the whole range was gone
 * through, as the kernel's cyclic idr does. Writers hold the world's lock; readers (the data plane
 * among them) take none: a chunk, once there, stays until the table ends.
 */
#ifndef SKEP_WORLD_IDTABLE_H
#define SKEP_WORLD_IDTABLE_H

#include "base/types.h"

#define IDTABLE_CHUNK 1024
#define IDTABLE_CHUNKS 1024
#define IDTABLE_IDS ((u32)IDTABLE_CHUNK * IDTABLE_CHUNKS)

struct idtable_chunk {
	_Atomic(void *) slots[IDTABLE_CHUNK];
};

struct idtable {
	_Atomic(struct idtable_chunk *) chunks[IDTABLE_CHUNKS];
	u32 last; /* handed out most recently */
	u32 count; /* in use */
};

static inline struct idtable_chunk *idtable_chunk(const struct idtable *t, u32 id)
{
	return atomic_load_explicit(&t->chunks[id / IDTABLE_CHUNK], memory_order_acquire);
}

/* NULL: no such id. Inlined, as tail calls ask. */
static inline void *skep__idtable_find(const struct idtable *t, u32 id)
{
	struct idtable_chunk *chunk = id < IDTABLE_IDS ? idtable_chunk(t, id) : NULL;

	if (!chunk)
		return NULL;
	return atomic_load_explicit(&chunk->slots[id % IDTABLE_CHUNK], memory_order_acquire);
}

/* Stores ptr under a new id, which is returned; -ENOMEM, or -ENOSPC when every id is in use. */
s64 skep__idtable_add(struct idtable *t, void *ptr);
/* Stores ptr under an id that is not handed out any more, uncounted: 0 or -ENOMEM. */
int skep__idtable_set(struct idtable *t, u32 id, void *ptr);
void skep__idtable_remove(struct idtable *t, u32 id);
u32 skep__idtable_next(const struct idtable *t,
		       u32 id); /* smallest id in use above this one; 0: none */
void skep__idtable_fini(struct idtable *t);

#endif
