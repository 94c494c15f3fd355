/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walking hash tables: by key, by callback, by bucket. By key and by callback without locks, as the
 * kernel does it: elements that come and go meanwhile may be seen or not. By bucket with the bucket
 * locked.
 */
#include "map/hash.h"
#include "map/hash_find.h"

u32 skep__hash_nr_buckets(const struct map *map)
{
	return hash_geo(map)->mask + 1;
}

int skep__hash_sys_next_key(struct map *map, const void *key, void *next)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 ref = key ? hash_find(map, key).ref : 0, number = 0;

	if (ref) {
		number = (hash_key(key, map->def.key_size, geo->seed) & geo->mask) + 1;
		ref = hash_next(hash_elem_at(map, ref));
	}
	while (!hash_is_ref(geo, ref) && number <= geo->mask)
		ref = hash_first(hash_bucket_at(map, number++));
	if (!hash_is_ref(geo, ref))
		return -ENOENT;
	bytes_load(next, hash_elem_at(map, ref)->key, map->def.key_size);
	return 0;
}

s64 skep__hash_for_each(struct map *map, u32 cpu,
			u64 (*fn)(struct map *map, void *key, void *value, void *opaque),
			void *opaque)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 called = 0;

	for (u32 number = 0; number <= geo->mask; number++) {
		u32 ref = hash_first(hash_bucket_at(map, number));

		/* A chain that was changed into a ring ends the walk, and not later than any other.
		 */
		while (hash_is_ref(geo, ref) && called < geo->nr_elems) {
			struct hash_elem *elem = hash_elem_at(map, ref);
			u32 next = hash_next(elem); /* before fn, which may delete it */
			void *value = geo->percpu ? hash_percpu_value(map, ref, cpu)
						  : hash_value(map, ref);

			called++;
			if (fn(map, elem->key, value, opaque))
				return called;
			ref = next;
		}
	}
	return called;
}

static int chain_length(const struct map *map, u32 first)
{
	const struct hash_geo *geo = hash_geo(map);
	int n = 0;

	for (u32 ref = first; hash_is_ref(geo, ref) && n < HASH_MAX_HOPS; n++)
		ref = hash_next(hash_elem_at(map, ref));
	return n;
}

/* n elements, which the chain has as long as the bucket is locked and nobody cheats. */
static void copy_chain(struct map *map, u32 ref, u8 *to, int n)
{
	const struct hash_geo *geo = hash_geo(map);

	for (int i = 0; i < n && hash_is_ref(geo, ref); i++) {
		bytes_load(to, hash_elem_at(map, ref)->key, map->def.key_size);
		to += map->def.key_size;
		skep__hash_load_value(map, ref, to);
		to += skep__map_value_bytes(map);
		ref = hash_next(hash_elem_at(map, ref));
	}
}

static void free_chain(struct map *map, u32 ref, int n)
{
	const struct hash_geo *geo = hash_geo(map);

	for (int i = 0; i < n && hash_is_ref(geo, ref); i++) {
		struct hash_elem *elem = hash_elem_at(map, ref);
		u32 next = hash_next(elem);

		atomic_store_explicit(&elem->use, HASH_FREE, memory_order_relaxed);
		skep__hash_let_go(map, ref);
		skep__hash_give(map, ref, skep__tid());
		ref = next;
	}
}

static int visit_bucket(struct map *map, u32 number, void *elems, u32 cap, bool take)
{
	hash_bucket *bucket = hash_bucket_at(map, number & hash_geo(map)->mask);
	u64 image;
	int n, err;

	if (!hash_first(bucket))
		return 0;
	err = hash_lock(map, number, &image);
	if (err)
		return err;
	u32 first = (u32)image;
	n = chain_length(map, first);
	if ((u32)n <= cap) {
		copy_chain(map, first, elems, n);
		if (take) {
			hash_set_first(bucket, &image, 0);
			free_chain(map, first, n);
		}
	}
	hash_unlock(bucket, image);
	return n;
}

int skep__hash_bucket_read(struct map *map, u32 number, void *elems, u32 cap)
{
	return visit_bucket(map, number, elems, cap, false);
}

int skep__hash_bucket_take(struct map *map, u32 number, void *elems, u32 cap)
{
	return visit_bucket(map, number, elems, cap, true);
}
