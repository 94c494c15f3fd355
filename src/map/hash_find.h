/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The search for a key, inlined and specialised by key size. No lock: a chain may change under the
 * reader, who starts over when it ends in another bucket than it began in. What was found may be
 * recycled for another key at any moment, as in the kernel's preallocated tables; the memory stays.
 */
#ifndef SKEP_MAP_HASH_FIND_H
#define SKEP_MAP_HASH_FIND_H

#include "map/hash_table.h"

/* An element and its name; ref 0: none. */
struct hash_found {
	struct hash_elem *elem;
	u32 ref;
};

/*
 * A walk ended at `end`, and the key was not there: is that so? Not when the walk was carried into
 * another chain, nor when an element under it may have been recycled for a place farther back.
 */
static inline bool hash_missed(const struct map *map, u32 number, u64 began, u32 end)
{
	return hash_ended_in(end, number) && !(began & HASH_LOCKED) &&
	       hash_word_of(hash_bucket_at(map, number)) >> 32 == began >> 32;
}

/* In doubt, a few dozen times: the bucket's owner may be stopped. */
static inline bool hash_once_more(s32 *hops)
{
	return (*hops -= HASH_MAX_HOPS / 64) > 0;
}

/* For a key of at most 8 bytes, as key_load made it. */
static inline __attribute__((always_inline)) struct hash_found hash_find_word(const struct map *map,
									      u64 key)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number = hash_word(key, geo->seed) & geo->mask, ref;
	s32 hops = HASH_MAX_HOPS;
	u64 began;

	do {
		began = hash_word_of(hash_bucket_at(map, number));
		ref = (u32)began;
		while (likely(hash_is_ref(geo, ref)) && hops-- > 0) {
			struct hash_elem *elem = hash_elem_at(map, ref);

			if (likely(shared_word(elem->key, 0) == key))
				return (struct hash_found){ elem, ref };
			ref = hash_next(elem);
		}
	} while (unlikely(!hash_missed(map, number, began, ref)) && hash_once_more(&hops));
	return (struct hash_found){ NULL, 0 };
}

/* For a key of two words. */
static inline __attribute__((always_inline)) struct hash_found
hash_find_two_words(const struct map *map, u64 a, u64 b)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number = hash_two_words(a, b, geo->seed) & geo->mask, ref;
	s32 hops = HASH_MAX_HOPS;
	u64 began;

	do {
		began = hash_word_of(hash_bucket_at(map, number));
		ref = (u32)began;
		while (likely(hash_is_ref(geo, ref)) && hops-- > 0) {
			struct hash_elem *elem = hash_elem_at(map, ref);

			if (likely(((shared_word(elem->key, 0) ^ a) |
				    (shared_word(elem->key, 1) ^ b)) == 0))
				return (struct hash_found){ elem, ref };
			ref = hash_next(elem);
		}
	} while (unlikely(!hash_missed(map, number, began, ref)) && hash_once_more(&hops));
	return (struct hash_found){ NULL, 0 };
}

/* For a key of any size, and its hash. */
struct hash_found skep__hash_find_bytes(const struct map *map, const void *key, u32 hash);

static inline __attribute__((always_inline)) struct hash_found hash_find(const struct map *map,
									 const void *key)
{
	u32 size = map->def.key_size;

	if (likely(size == 8))
		return hash_find_word(map, key_word(key, 0));
	if (size == 4)
		return hash_find_word(map, key_load(key, 4));
	if (size == 16)
		return hash_find_two_words(map, key_word(key, 0), key_word(key, 8));
	return skep__hash_find_bytes(map, key, hash_key(key, size, hash_geo(map)->seed));
}

#endif
