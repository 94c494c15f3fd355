/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for a key, inlined and specialised by key size. No lock: a chain may change under the
 * reader, who starts over when it ends in another bucket than it began in. What was found may be
 * recycled for another key at any moment, as in the kernel's preallocated tables; the memory stays.
 */
#ifndef SKEP_MAP_HASH_FIND_H
#define SKEP_MAP_HASH_FIND_H

#include "map/hash_table.h"

/* The ref of a key of at most 8 bytes (as key_load made it), or 0. */
static inline u32 hash_find_word(const struct map *map, u64 key)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number = hash_word(key, geo->seed) & geo->mask, ref;
	s32 hops = HASH_MAX_HOPS;

	do {
		ref = hash_first(hash_bucket_at(map, number));
		while (hash_is_ref(geo, ref) && hops-- > 0) {
			const struct hash_elem *elem = hash_elem_at(map, ref);

			if (likely(shared_word(elem->key, 0) == key))
				return ref;
			ref = hash_next(elem);
		}
	} while (unlikely(!hash_ended_in(ref, number)) && hops-- > 0);
	return 0;
}

/* The same for a key of any size, and its hash. */
static inline u32 hash_find_bytes(const struct map *map, const void *key, u32 size, u32 hash)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number = hash & geo->mask, ref;
	s32 hops = HASH_MAX_HOPS;

	do {
		ref = hash_first(hash_bucket_at(map, number));
		while (hash_is_ref(geo, ref) && hops-- > 0) {
			const struct hash_elem *elem = hash_elem_at(map, ref);

			if (atomic_load_explicit(&elem->hash, memory_order_relaxed) == hash &&
			    key_equal(elem->key, key, size))
				return ref;
			ref = hash_next(elem);
		}
	} while (unlikely(!hash_ended_in(ref, number)) && hops-- > 0);
	return 0;
}

static inline u32 hash_find(const struct map *map, const void *key)
{
	u32 size = map->def.key_size;
	u64 seed = hash_geo(map)->seed;

	if (size == 8)
		return hash_find_word(map, key_load(key, 8));
	if (size == 4)
		return hash_find_word(map, key_load(key, 4));
	if (size == 16)
		return hash_find_bytes(map, key, 16, hash_key(key, 16, seed));
	if (size < 8)
		return hash_find_word(map, key_load(key, size));
	return hash_find_bytes(map, key, size, hash_bytes(key, size, seed));
}

#endif
