/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free elements of a hash table: per pool a stack of freed ones and a mark from which on elements
 * were never used (so that a large map costs no memory before it is filled). A run prefers its own
 * pool and then goes round, until none of max_entries elements is left anywhere; with
 * BPF_F_NO_COMMON_LRU it stays with its own. The spares, beyond max_entries, serve replacement:
 * the new element is complete before the old one goes, also when the map is full.
 *
 * Every caller holds the lock of a bucket: what is in hand when a thread dies, is missed when its
 * lock is taken over (hash_repair.c).
 */
#include "map/hash_table.h"

#define MAX_ROUNDS 64
#define MAX_TRIES 4096 /* lost races; beyond it somebody is playing with the list */

static u32 pop(struct map *map, _Atomic u64 *list)
{
	const struct hash_geo *geo = hash_geo(map);
	u64 seen = atomic_load_explicit(list, memory_order_acquire);

	for (u32 tries = 0; tries < MAX_TRIES && hash_is_ref(geo, (u32)seen); tries++) {
		u32 link = atomic_load_explicit(&hash_elem_at(map, (u32)seen)->link,
						memory_order_relaxed);
		u64 next = (((seen >> 32) + 1) << 32) | link;

		if (atomic_compare_exchange_weak_explicit(list, &seen, next, memory_order_acquire,
							  memory_order_acquire))
			return (u32)seen;
	}
	return 0;
}

static void push(struct map *map, _Atomic u64 *list, u32 ref)
{
	struct hash_elem *elem = hash_elem_at(map, ref);
	u64 seen = atomic_load_explicit(list, memory_order_relaxed);

	for (u32 tries = 0; tries < MAX_TRIES; tries++) {
		atomic_store_explicit(&elem->link, (u32)seen, memory_order_relaxed);
		if (atomic_compare_exchange_weak_explicit(
			    list, &seen, ((seen >> 32) + 1) << 32 | ref, memory_order_release,
			    memory_order_relaxed))
			return;
	}
}

/* The next of a range that nobody ever used: its offset in the range, or `size` when there is none.
 */
static u32 take_fresh(struct hash_pool *pool, u32 size)
{
	u32 at;

	if (atomic_load_explicit(&pool->fresh, memory_order_relaxed) >= size)
		return size;
	at = atomic_fetch_add_explicit(&pool->fresh, 1, memory_order_relaxed);
	return min(at, size);
}

static u32 take_from(struct map *map, u32 number)
{
	return pop(map, &hash_control(map)->pools[number].list);
}

/* Goes round all pools once. *changes: a sum that is another one when something was freed or taken.
 */
static u32 take_around(struct map *map, u32 own, u64 *changes)
{
	u32 nr = hash_geo(map)->nr_pools, ref = 0;

	*changes = 0;
	for (u32 i = 0; i < nr && !ref; i++) {
		_Atomic u64 *list = &hash_control(map)->pools[(own + i) & (nr - 1)].list;
		u64 seen = atomic_load_explicit(list, memory_order_acquire);

		*changes += seen >> 32;
		if ((u32)seen)
			ref = pop(map, list);
	}
	return ref;
}

/* None is left when a second round finds that nothing came back behind the first. */
static u32 take_anywhere(struct map *map, u32 own)
{
	u64 before, now;
	u32 ref = take_around(map, own, &now);

	if (hash_type_is_lru(map->def.type)) /* evicts instead */
		return ref;
	for (u32 tries = 0; tries < MAX_ROUNDS && !ref; tries++) {
		before = now;
		ref = take_around(map, own, &now);
		if (now == before)
			break;
	}
	return ref;
}

u32 skep__hash_take(struct map *map, u32 cpu)
{
	const struct hash_geo *geo = hash_geo(map);
	bool partitioned = hash_is_partitioned(map);
	u32 own = partitioned ? min(cpu, geo->nr_pools - 1) : cpu & (geo->nr_pools - 1);
	u32 source = partitioned ? own : 0, ref = take_from(map, own), at;

	if (likely(ref))
		return ref;
	at = take_fresh(&hash_control(map)->pools[source], geo->pool_size);
	if (at < geo->pool_size)
		return 1 + hash_pool_first(map, own) + at;
	return partitioned ? 0 : take_anywhere(map, own);
}

void skep__hash_give(struct map *map, u32 ref, u32 cpu)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number =
		hash_is_partitioned(map) ? (ref - 1) / geo->pool_size : cpu & (geo->nr_pools - 1);

	push(map, &hash_control(map)->pools[min(number, geo->nr_pools - 1)].list, ref);
}

u32 skep__hash_take_spare(struct map *map)
{
	const struct hash_geo *geo = hash_geo(map);
	struct hash_pool *spares = &hash_control(map)->spares;
	u32 first = map->def.max_entries, size = geo->nr_elems - first, at,
	    ref = pop(map, &spares->list);

	if (likely(ref))
		return ref;
	at = take_fresh(spares, size);
	return at < size ? 1 + first + at : 0;
}

void skep__hash_give_spare(struct map *map, u32 ref)
{
	push(map, &hash_control(map)->spares.list, ref);
}
