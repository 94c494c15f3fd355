/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eviction of LRU maps: a clock. The hand goes round the elements; one that was looked up since its
 * last visit is spared once, the first that was not is taken. That keeps what the kernel's active
 * and inactive lists keep, with no list to tear apart. As there, the search does not go on for
 * ever: after SPARED_MAX elements that were all in use the next one is taken regardless.
 *
 * The hand is moved without an atomic: two runs may look at the same element, one of them gets it.
 */
#include "map/hash_table.h"

#define SPARED_MAX 128
#define TRIES_MAX 512

struct range {
	struct hash_pool *pool;
	u32 first, size;
};

static struct range range_of(const struct map *map, u32 cpu)
{
	const struct hash_geo *geo = hash_geo(map);
	struct hash_control *control = hash_control(map);

	if (hash_is_partitioned(map)) {
		u32 own = min(cpu, geo->nr_pools - 1);

		return (struct range){ &control->pools[own], own * geo->pool_size, geo->pool_size };
	}
	return (struct range){ &control->pools[0], 0, geo->nr_elems };
}

/* The element under the hand, which moves on. */
static u32 advance(const struct range *r)
{
	u32 at = atomic_load_explicit(&r->pool->hand, memory_order_relaxed);

	if (unlikely(at >= r->size))
		at = 0;
	atomic_store_explicit(&r->pool->hand, at + 1, memory_order_relaxed);
	return 1 + r->first + at;
}

static bool is_spared(struct hash_elem *elem, u32 *spared)
{
	u32 use = atomic_load_explicit(&elem->use, memory_order_relaxed);

	if (use == HASH_USED || (use == HASH_REFERENCED && *spared >= SPARED_MAX))
		return false;
	if (use == HASH_REFERENCED) {
		atomic_store_explicit(&elem->use, HASH_USED, memory_order_relaxed);
		++*spared;
	}
	return true;
}

/* Takes it from another bucket, if that can be locked at once. */
static bool take_elsewhere(struct map *map, u32 number, u32 ref)
{
	hash_bucket *bucket = hash_bucket_at(map, number);
	u64 image;

	if (!hash_trylock(bucket, &image))
		return false;
	bool found = skep__hash_unlink(map, number, &image, ref);
	hash_unlock(bucket, image);
	return found;
}

u32 skep__hash_evict(struct map *map, u32 cpu, u32 number, u64 *image, u32 except)
{
	struct range r = range_of(map, cpu);
	u32 spared = 0;

	for (u32 tries = 0; tries < TRIES_MAX; tries++) {
		u32 ref = advance(&r);
		struct hash_elem *elem = hash_elem_at(map, ref);

		if (ref == except || is_spared(elem, &spared))
			continue;
		u32 its = atomic_load_explicit(&elem->hash, memory_order_relaxed) &
			  hash_geo(map)->mask;
		if (its == number ? skep__hash_unlink(map, number, image, ref)
				  : take_elsewhere(map, its, ref))
			return ref;
	}
	return 0;
}
