/* SPDX-License-Identifier: BSD-2-Clause */
#include "map/special.h"

#include "base/async.h"
#include "map/graph.h"

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

/* ---- what fields hold ------------------------------------------------------------------------ */

static void empty_kptr(struct objects *o, _Atomic u64 *field, struct doomed *doomed)
{
	void *object = object_at(o, atomic_exchange(field, 0));

	if (object)
		skep__doom(o, doomed, object);
}

/* Under the value's lock, as long as its holder lets go; without it a push at the same time may be
 * lost, and nothing else. */
static void empty_root(struct objects *o, enum special_kind kind, void *field,
		       struct map_lock *lock, struct doomed *doomed)
{
	bool locked = lock && !skep__lock(lock);

	if (kind == SPECIAL_LIST)
		skep__list_empty(o, field, doomed);
	else
		skep__tree_empty(o, field, doomed);
	if (locked)
		skep__unlock(lock);
}

void skep__field_empty(struct objects *o, enum special_kind kind, void *field,
		       struct map_lock *lock, struct doomed *doomed)
{
	switch (kind) {
	case SPECIAL_KPTR:
		empty_kptr(o, field, doomed);
		break;
	case SPECIAL_LIST:
	case SPECIAL_TREE:
		empty_root(o, kind, field, lock, doomed);
		break;
	default:
		break;
	}
}

static void drop_async(struct map *map, struct async_field *field)
{
	if (map->svc->async)
		map->svc->async->drop(map->svc->opaque, field);
}

void skep__value_empty(struct map *map, void *value)
{
	struct map_lock *lock = map->special.has_lock ? lock_of(map, value) : NULL;

	for (u32 i = 0; i < map->special.nr; i++) {
		enum special_kind kind = map->special.fields[i].kind;
		void *field = (u8 *)value + map->special.fields[i].offset;

		if (kind == SPECIAL_TIMER || kind == SPECIAL_WORK)
			drop_async(map, field);
		else if (map->objects)
			skep__field_free(map->objects, kind, field, lock);
	}
}

void skep__value_reset(struct map *map, void *value)
{
	skep__value_empty(map, value);
	for (u32 i = 0; i < map->special.nr; i++)
		memset((u8 *)value + map->special.fields[i].offset, 0, map->special.fields[i].size);
}

void skep__map_empty_values(struct map *map)
{
	if (map->special.owns && map->ops->each_value)
		map->ops->each_value(map, skep__value_empty);
}
