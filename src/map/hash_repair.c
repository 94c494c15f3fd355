/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding the elements that dead threads had in hand. With every bucket locked nobody has one in
 * hand now, so whatever is in no chain is free: the free lists are built anew from that. It happens
 * when a map has run out of elements and a lock was taken over from the dead since the last time.
 *
 * Dying in here is like dying anywhere: the lists hold free elements only, at each moment, and the
 * locks that are taken over call for the next repair.
 */
#include "map/hash_table.h"

#define IN_CHAIN UINT32_MAX /* in `link`, which only means something in a free list */

/* The versions are gone with the words; whoever read one before may start over. */
static void unlock_buckets(struct map *map, u32 nr)
{
	u64 version =
		atomic_load_explicit(&hash_control(map)->lost, memory_order_relaxed) * HASH_VERSION;

	for (u32 number = 0; number < nr; number++) {
		hash_bucket *bucket = hash_bucket_at(map, number);

		hash_unlock(bucket, hash_first(bucket) | version);
	}
}

static int lock_buckets(struct map *map, u32 nr)
{
	struct lock_wait wait = { 0 };

	for (u32 number = 0; number < nr; number++) {
		u64 image;
		int err = 0;

		if (unlikely(!hash_trylock(hash_bucket_at(map, number), &image)))
			err = skep__hash_lock_next(map, number, &image, &wait);
		if (err) {
			unlock_buckets(map, number);
			return err;
		}
	}
	return 0;
}

/* Elements of a range that were used at some time. */
static u32 used_of(const struct hash_pool *pool, u32 size)
{
	u32 fresh = atomic_load_explicit(&pool->fresh, memory_order_relaxed);

	return min(fresh, size);
}

static void set_link(struct map *map, u32 ref, u32 link)
{
	atomic_store_explicit(&hash_elem_at(map, ref)->link, link, memory_order_relaxed);
}

/* Marks what is in a chain; returns how many elements that are. */
static u32 mark_chains(struct map *map, u32 nr_buckets)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 marked = 0; /* more than there are elements: a ring, or two chains that meet */

	for (u32 number = 0; number < nr_buckets; number++) {
		u32 ref = hash_first(hash_bucket_at(map, number));

		for (; hash_is_ref(geo, ref) && marked < geo->nr_elems; marked++) {
			set_link(map, ref, IN_CHAIN);
			ref = hash_next(hash_elem_at(map, ref));
		}
	}
	return marked;
}

static void put_on_list(struct map *map, struct hash_pool *pool, u32 ref)
{
	u64 seen = atomic_load_explicit(&pool->list, memory_order_relaxed);

	atomic_store_explicit(&hash_elem_at(map, ref)->use, HASH_FREE, memory_order_relaxed);
	set_link(map, ref, (u32)seen);
	atomic_store_explicit(&pool->list, (seen >> 32) << 32 | ref, memory_order_release);
}

static void empty_list(struct hash_pool *pool)
{
	u64 seen = atomic_load_explicit(&pool->list, memory_order_relaxed);

	atomic_store_explicit(&pool->list, ((seen >> 32) + 1) << 32, memory_order_release);
}

/* Calls fn for each ref that was ever used, with the pool of its range. */
static void each_used(struct map *map, void (*fn)(struct map *map, u32 ref, u32 pool, u32 *left),
		      u32 *left)
{
	const struct hash_geo *geo = hash_geo(map);
	struct hash_control *control = hash_control(map);
	u32 ranges = hash_is_partitioned(map) ? geo->nr_pools : 1, max = map->def.max_entries;

	for (u32 pool = 0; pool < ranges; pool++) {
		u32 used = used_of(&control->pools[pool], geo->pool_size);

		for (u32 i = 0; i < used; i++)
			fn(map, 1 + hash_pool_first(map, pool) + i, pool, left);
	}
	for (u32 i = 0, used = used_of(&control->spares, geo->nr_elems - max); i < used; i++)
		fn(map, 1 + max + i, 0, left);
}

static void unmark(struct map *map, u32 ref, u32 pool, u32 *left)
{
	set_link(map, ref, 0);
}

/* `left`: how many free elements are for the pools; the others are spares. */
static void collect(struct map *map, u32 ref, u32 pool, u32 *left)
{
	struct hash_control *control = hash_control(map);
	u32 link = atomic_load_explicit(&hash_elem_at(map, ref)->link, memory_order_relaxed);

	if (link == IN_CHAIN)
		return;
	if (hash_is_partitioned(map)) {
		put_on_list(map, &control->pools[pool], ref);
	} else if (*left) {
		--*left;
		put_on_list(map, &control->pools[ref & (hash_geo(map)->nr_pools - 1)], ref);
	} else {
		put_on_list(map, &control->spares, ref);
	}
}

static void rebuild(struct map *map, u32 nr_buckets)
{
	const struct hash_geo *geo = hash_geo(map);
	struct hash_control *control = hash_control(map);
	u32 max = map->def.max_entries, fresh = max - used_of(&control->pools[0], max), taken, left;

	for (u32 i = 0; i < geo->nr_pools; i++)
		empty_list(&control->pools[i]);
	empty_list(&control->spares);
	each_used(map, unmark, NULL);
	taken = mark_chains(map, nr_buckets) + fresh;
	left = taken < max ? max - taken : 0;
	each_used(map, collect, &left);
}

static int repair_locked(struct map *map)
{
	u32 nr_buckets = hash_geo(map)->mask + 1;
	_Atomic u32 *lost = &hash_control(map)->lost;
	int err;

	if (!hash_has_lost(map))
		return 0; /* another thread was faster */
	err = lock_buckets(map, nr_buckets);
	if (err)
		return err;
	rebuild(map, nr_buckets);
	atomic_store_explicit(lost, 0, memory_order_relaxed);
	unlock_buckets(map, nr_buckets);
	return 0;
}

int skep__hash_repair(struct map *map)
{
	struct map_lock *lock = &hash_control(map)->repair;
	int err = skep__lock(lock);

	if (err)
		return err;
	err = repair_locked(map);
	skep__unlock(lock);
	return err;
}
