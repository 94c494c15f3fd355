/* SPDX-License-Identifier: BSD-2-Clause */
#include "map/special.h"

#include "map/lock.h"

/* Words of 4 bytes, since special fields begin and end at multiples of 4; the value's end need not. */
static void store_piece(u8 *shared, const u8 *from, u32 start, u32 end)
{
	u32 at = start, word;

	for (; at + sizeof(word) <= end; at += sizeof(word)) {
		memcpy(&word, from + at, sizeof(word));
		__atomic_store_n((u32 *)(void *)(shared + at), word, __ATOMIC_RELAXED);
	}
	for (; at < end; at++)
		__atomic_store_n(shared + at, from[at], __ATOMIC_RELAXED);
}

void skep__value_store_around(const struct map *map, u8 *shared, const u8 *from)
{
	u32 at = 0;

	for (u32 i = 0; i < map->special.nr; i++) {
		store_piece(shared, from, at, map->special.fields[i].offset);
		at = map->special.fields[i].offset + map->special.fields[i].size;
	}
	store_piece(shared, from, at, map->def.value_size);
}

void skep__value_clear_special(const struct map *map, u8 *copy)
{
	for (u32 i = 0; i < map->special.nr; i++)
		memset(copy + map->special.fields[i].offset, 0, map->special.fields[i].size);
}

static struct map_lock *lock_of(const struct map *map, const void *shared)
{
	return (struct map_lock *)((uintptr_t)shared + map->special.lock);
}

int skep__value_store_locked(const struct map *map, void *shared, const void *from)
{
	int err = skep__lock(lock_of(map, shared));

	if (err)
		return err;
	skep__value_store_around(map, shared, from);
	skep__unlock(lock_of(map, shared));
	return 0;
}

int skep__value_load_locked(const struct map *map, void *to, const void *shared)
{
	int err = skep__lock(lock_of(map, shared));

	if (err)
		return err;
	value_load(map, to, shared);
	skep__unlock(lock_of(map, shared));
	return 0;
}
