/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the hash family: what lies where in the memory of a map, and how its words are read.
 *
 *	buckets | control | elements | values of per-CPU types, one CPU's after the other's
 *
 * An element belongs to a chain, to a free list, or to the thread that holds the lock of the bucket
 *it takes it from or brings it to. It is named by a ref, 1 + its index. A chain ends with a marker
 *that names its bucket, so that a reader who was carried into another chain, because the element
 *under it was recycled, notices and starts over. Readers take no lock; every ref is checked against
 * this process's count of elements, every walk has a bound.
 */
#ifndef SKEP_MAP_HASH_TABLE_H
#define SKEP_MAP_HASH_TABLE_H

#include "map/hash_key.h"
#include "map/lock.h"
#include "map/map.h"

/*
 * Low half: first ref of the chain, 0 none. High half: skep__tid() of who holds the lock; when
 * nobody does, the low TID_BITS of it are 0 and above them is a version. So taking the lock is one
 * compare-and-swap, and adding the first element and unlocking is one store.
 */
typedef _Atomic u64 hash_bucket;

#define HASH_LOCKED ((u64)((1u << TID_BITS) - 1) << 32)
#define HASH_VERSION (1ull << (32 + TID_BITS))

struct hash_elem {
	_Atomic u32 next; /* ref, or HASH_END | bucket */
	_Atomic u32 hash;
	_Atomic u32 link; /* next ref of the free list */
	_Atomic u16 use; /* enum hash_use */
	_Atomic u16 fills; /* grows before and after it is filled: odd meanwhile */
	u64 key[]; /* padded; then the value, unless it is per CPU */
};
static_assert(sizeof(struct hash_elem) == 16, "header, 8-byte key and value fit half a cache line");

#define HASH_END 0x80000000u

/* A hint for the eviction of LRU maps; nothing else relies on it. */
enum hash_use { HASH_FREE, HASH_USED, HASH_REFERENCED };

/* Free elements, and where the LRU clock stands. One a cache line. */
struct hash_pool {
	_Atomic u64 list; /* low half: first free ref; high half: a count against ABA */
	_Atomic u32 fresh; /* elements from here to the end of the range were never used */
	_Atomic u32 hand; /* the clock's */
	u8 pad[48];
};
static_assert(sizeof(struct hash_pool) == 64, "a cache line each");

struct hash_control {
	u64 seed; /* copied when the map is opened */
	_Atomic u32 lost; /* locks taken over from the dead since the last repair */
	struct map_lock repair;
	u8 pad[48];
	struct hash_pool spares; /* elements beyond max_entries, for replacing */
	struct hash_pool pools[]; /* geo.nr_pools */
};

/* The family's words of struct map_geo, trusted. */
struct hash_geo {
	u64 seed;
	u64 elems; /* offset of element 0, which is never used: elems + ref * elem_size */
	u64 percpu; /* offset of CPU 0's values; 0: values are in the elements */
	u64 stride; /* from one CPU's values to the next one's */
	u32 mask; /* buckets - 1 */
	u32 nr_elems;
	u32 elem_size;
	u32 value_off; /* in the element */
	u32 nr_pools;
	u32 pool_size; /* elements of a pool's range; max_entries where pools share one range */
};
static_assert(sizeof(struct hash_geo) <= sizeof(((struct map_geo *)0)->words), "fits");

/* Bounds of walks, for chains that somebody made into rings. No honest one comes near the first. */
#define HASH_MAX_HOPS 65536
#define HASH_EVICT_HOPS 256 /* what is not found so near is not evicted */

static inline const struct hash_geo *hash_geo(const struct map *map)
{
	return (const struct hash_geo *)map->geo.words;
}

static inline struct hash_control *hash_control(const struct map *map)
{
	return (struct hash_control *)(map->mem + map->geo.control);
}

static inline hash_bucket *hash_bucket_at(const struct map *map, u32 number)
{
	return (hash_bucket *)map->mem + number;
}

static inline bool hash_is_ref(const struct hash_geo *geo, u32 ref)
{
	return ref - 1 < geo->nr_elems;
}

static inline struct hash_elem *hash_elem_at(const struct map *map, u32 ref)
{
	const struct hash_geo *geo = hash_geo(map);

	return (struct hash_elem *)(map->mem + geo->elems + (u64)ref * geo->elem_size);
}

static inline u8 *hash_value(const struct map *map, u32 ref)
{
	return (u8 *)hash_elem_at(map, ref) + hash_geo(map)->value_off;
}

static inline u8 *hash_percpu_value(const struct map *map, u32 ref, u32 cpu)
{
	const struct hash_geo *geo = hash_geo(map);

	return map->mem + geo->percpu + cpu * geo->stride +
	       (u64)(ref - 1) * round_up(map->def.value_size, 8u);
}

static inline u64 hash_word_of(hash_bucket *bucket)
{
	return atomic_load_explicit(bucket, memory_order_acquire);
}

static inline u32 hash_first(hash_bucket *bucket)
{
	return (u32)hash_word_of(bucket);
}

static inline u32 hash_next(const struct hash_elem *elem)
{
	return atomic_load_explicit(&elem->next, memory_order_acquire);
}

/* Where a chain ended: in the bucket it began in (or at once)? */
static inline bool hash_ended_in(u32 end, u32 number)
{
	return end == (HASH_END | number) || end == 0;
}

static inline bool hash_type_is_lru(u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Each CPU has a part of the elements, and evicts from it alone. */
static inline bool hash_is_partitioned(const struct map *map)
{
	return map->def.flags & BPF_F_NO_COMMON_LRU;
}

/* ---- hash_lock.c ----------------------------------------------------------------------------- */

/*
 * 0, or -EBUSY. *image is the bucket's word as it will be when it is unlocked: who changes the
 * first element changes the image, who puts an element into the middle of the chain adds
 * HASH_VERSION.
 */
int skep__hash_lock_contended(struct map *map, u32 number, u64 *image);

/* For those who lock many: *wait is zeroed before the first, and remembers who is dead. */
int skep__hash_lock_next(struct map *map, u32 number, u64 *image, struct lock_wait *wait);

static inline bool hash_trylock(hash_bucket *bucket, u64 *image)
{
	u64 seen = atomic_load_explicit(bucket, memory_order_relaxed);

	*image = seen;
	return likely(!(seen & HASH_LOCKED)) &&
	       atomic_compare_exchange_strong_explicit(bucket, &seen,
						       (u32)seen | (u64)skep__tid() << 32,
						       memory_order_acquire, memory_order_relaxed);
}

static inline int hash_lock(struct map *map, u32 number, u64 *image)
{
	if (likely(hash_trylock(hash_bucket_at(map, number), image)))
		return 0;
	return skep__hash_lock_contended(map, number, image);
}

/* A new first element while the lock stays held. */
static inline void hash_set_first(hash_bucket *bucket, u64 *image, u32 ref)
{
	*image = (*image & ~(u64)UINT32_MAX) | ref;
	atomic_store_explicit(bucket, ref | (u64)skep__tid() << 32, memory_order_release);
}

static inline void hash_unlock(hash_bucket *bucket, u64 image)
{
	atomic_store_explicit(bucket, image, memory_order_release);
}

/* ---- hash_pool.c: free elements; the caller holds the lock of a bucket ----------------------- */

/* A free ref for a CPU's run, or 0. */
u32 skep__hash_take(struct map *map, u32 cpu);
void skep__hash_give(struct map *map, u32 ref, u32 cpu);
u32 skep__hash_take_spare(struct map *map);
void skep__hash_give_spare(struct map *map, u32 ref);

static inline u32 hash_pool_first(const struct map *map, u32 pool)
{
	return hash_is_partitioned(map) ? pool * hash_geo(map)->pool_size : 0;
}

/* ---- hash_repair.c --------------------------------------------------------------------------- */

/*
 * Finds elements that threads had in hand when they died, and frees them. The caller holds no lock.
 * 0 when there is nothing lost any more; -EBUSY when a bucket's holder does not let go.
 */
int skep__hash_repair(struct map *map);

static inline bool hash_has_lost(const struct map *map)
{
	return atomic_load_explicit(&hash_control(map)->lost, memory_order_relaxed) != 0;
}

/* ---- hash_lru.c ------------------------------------------------------------------------------ */

/*
 * Takes an element out of its chain for reuse: the first after the hand that was not looked up
 * since the hand's last visit. The caller holds bucket `number`, whose chain starts at *head, and
 * gets back the ref, or 0 when all that were tried are `except` or in buckets that others hold.
 */
u32 skep__hash_evict(struct map *map, u32 cpu, u32 number, u64 *image, u32 except);

/* ---- hash.c ---------------------------------------------------------------------------------- */

/* Copies the value as bpf(2) hands it out: of a per-CPU type one for each CPU. */
void skep__hash_load_value(const struct map *map, u32 ref, void *value);

/* ---- hash_update.c --------------------------------------------------------------------------- */

/* The element goes, and what fields of its value hold is given back. */
void skep__hash_let_go(struct map *map, u32 ref);

/* Unlinks ref from the chain of a bucket that the caller holds; false when it is not near the start. */
bool skep__hash_unlink(struct map *map, u32 number, u64 *image, u32 ref);

#endif
