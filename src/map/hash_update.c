/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing hash tables, one bucket locked. Each change of a chain is one store: a new element goes
 * in front, or takes the place of the one with its key, or the link before the one that goes is led
 * past it; so readers, and whoever takes the lock over from a thread that died here, always find a
 * chain. Per-CPU values are written in place: by the run that owns the slot, or all by bpf(2).
 */
#include <sched.h>

#include "map/hash.h"
#include "map/hash_table.h"
#include "map/special.h"

#define LRU_TRIES 128 /* while others hold every bucket that has something to evict */

/* One change in progress. */
struct change {
	struct map *map;
	const void *key;
	u64 word; /* the key, when it has at most 8 bytes */
	u32 hash, number;
	u64 image; /* of the locked bucket */
	u32 cpu;
	bool all_cpus; /* value has one for each CPU */
	bool repaired; /* what can be found again has been */
	hash_bucket *bucket;
	struct hash_elem *prev; /* before the element found; NULL: it is the first */
};

static inline __attribute__((always_inline)) void change_init(struct change *c, struct map *map,
							      const void *key, u32 cpu)
{
	u32 size = map->def.key_size;
	u64 seed = hash_geo(map)->seed;

	c->map = map;
	c->key = key;
	c->cpu = cpu;
	c->repaired = false;
	c->word = size <= 8 ? key_load(key, size) : 0;
	c->hash = size <= 8 ? hash_word(c->word, seed) : hash_key(key, size, seed);
	c->number = c->hash & hash_geo(map)->mask;
	c->bucket = hash_bucket_at(map, c->number);
}

static inline bool has_key(const struct change *c, const struct hash_elem *elem)
{
	u32 size = c->map->def.key_size;

	if (size <= 8)
		return shared_word(elem->key, 0) == c->word;
	return atomic_load_explicit(&elem->hash, memory_order_relaxed) == c->hash &&
	       key_equal(elem->key, c->key, size);
}

/* The ref of the key in the locked chain, or 0. */
static inline __attribute__((always_inline)) u32 find_held(struct change *c)
{
	const struct hash_geo *geo = hash_geo(c->map);
	u32 ref = (u32)c->image, hops = HASH_MAX_HOPS;

	for (c->prev = NULL; hash_is_ref(geo, ref) && hops--; ref = hash_next(c->prev)) {
		struct hash_elem *elem = hash_elem_at(c->map, ref);

		if (has_key(c, elem))
			return ref;
		c->prev = elem;
	}
	return 0;
}

/* Leads the chain past an element: to what follows it, or to another one. */
static inline void lead_to(struct change *c, u32 ref)
{
	if (c->prev)
		atomic_store_explicit(&c->prev->next, ref, memory_order_release);
	else
		hash_set_first(c->bucket, &c->image, hash_is_ref(hash_geo(c->map), ref) ? ref : 0);
}

static inline void set_use(struct hash_elem *elem, enum hash_use use)
{
	atomic_store_explicit(&elem->use, use, memory_order_relaxed);
}

bool skep__hash_unlink(struct map *map, u32 number, u64 *image, u32 ref)
{
	const struct hash_geo *geo = hash_geo(map);
	struct change c = { .map = map, .bucket = hash_bucket_at(map, number), .image = *image };
	u32 at = (u32)c.image, hops = HASH_EVICT_HOPS;

	for (; at != ref && hash_is_ref(geo, at) && hops--; at = hash_next(c.prev))
		c.prev = hash_elem_at(map, at);
	if (at != ref)
		return false;
	lead_to(&c, hash_next(hash_elem_at(map, ref)));
	set_use(hash_elem_at(map, ref), HASH_FREE);
	*image = c.image;
	return true;
}

static void store_percpu(const struct change *c, u32 ref, const void *value)
{
	u32 size = c->map->def.value_size, step = round_up(size, 8u);

	if (!c->all_cpus) {
		value_store(c->map, hash_percpu_value(c->map, ref, c->cpu), value);
		value_empty(c->map, hash_percpu_value(c->map, ref, c->cpu));
		return;
	}
	for (u32 cpu = 0; cpu < c->map->def.nr_cpus; cpu++) {
		value_store_padded(c->map, hash_percpu_value(c->map, ref, cpu),
				   (const u8 *)value + cpu * step);
		value_empty(c->map, hash_percpu_value(c->map, ref, cpu));
	}
}

/* What was put into fields of an element that was on its way out is there still: that ends now, at
 * the latest. */
static void empty_all(struct map *map, u32 ref, void (*fn)(struct map *map, void *value))
{
	if (!hash_geo(map)->percpu) {
		fn(map, hash_value(map, ref));
		return;
	}
	for (u32 cpu = 0; cpu < map->def.nr_cpus; cpu++)
		fn(map, hash_percpu_value(map, ref, cpu));
}

void skep__hash_let_go(struct map *map, u32 ref)
{
	if (unlikely(map->special.owns))
		empty_all(map, ref, skep__value_empty);
}

/* Key and value of a new element. */
static inline void fill_in(const struct change *c, u32 ref, struct hash_elem *elem,
			   const void *value)
{
	u32 step = round_up(c->map->def.value_size, 8u);

	atomic_store_explicit(&elem->hash, c->hash, memory_order_relaxed);
	if (c->map->def.key_size <= 8)
		__atomic_store_n(&elem->key[0], c->word, __ATOMIC_RELAXED);
	else
		bytes_store(elem->key, c->key, c->map->def.key_size);
	if (unlikely(c->map->special.nr))
		empty_all(c->map, ref, skep__value_reset);
	if (!hash_geo(c->map)->percpu) {
		value_store(c->map, hash_value(c->map, ref), value);
		return;
	}
	for (u32 cpu = 0; cpu < c->map->def.nr_cpus && !c->all_cpus; cpu++)
		bytes_zero(hash_percpu_value(c->map, ref, cpu), step);
	store_percpu(c, ref, value);
}

void skep__hash_each_value(struct map *map, void (*fn)(struct map *map, void *value))
{
	for (u32 ref = 1; ref <= hash_geo(map)->nr_elems; ref++)
		empty_all(map, ref, fn);
}

/* Those who are still copying what it was before notice. */
static inline void fill(const struct change *c, u32 ref, const void *value)
{
	struct hash_elem *elem = hash_elem_at(c->map, ref);
	u16 fills = atomic_load_explicit(&elem->fills, memory_order_relaxed) | 1;

	atomic_store_explicit(&elem->fills, fills, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	fill_in(c, ref, elem, value);
	atomic_store_explicit(&elem->fills, fills + 1, memory_order_release);
}

/*
 * The chain follows the new element: its readers see it complete. And a reader who is still on this
 * one, from a chain it was in before, sees complete what it is carried to.
 */
static inline void set_next(struct hash_elem *elem, u32 next, u32 number)
{
	atomic_store_explicit(&elem->next, next ? next : HASH_END | number, memory_order_release);
}

static bool is_lru(const struct change *c)
{
	return hash_type_is_lru(c->map->def.type);
}

static int no_element(const struct change *c)
{
	if (!c->repaired && hash_has_lost(c->map))
		return -EAGAIN;
	return is_lru(c) ? -ENOMEM : -E2BIG;
}

/* Adds the key in front of the chain and unlocks. -EAGAIN: repair first. */
static int insert(struct change *c, const void *value)
{
	u32 ref = skep__hash_take(c->map, c->cpu);

	if (unlikely(!ref) && is_lru(c) && (c->repaired || !hash_has_lost(c->map)))
		ref = skep__hash_evict(c->map, c->cpu, c->number, &c->image, 0);
	if (unlikely(!ref))
		return no_element(c);
	struct hash_elem *elem = hash_elem_at(c->map, ref);
	fill(c, ref, value);
	set_use(elem, HASH_USED);
	set_next(elem, (u32)c->image, c->number);
	hash_unlock(c->bucket, (c->image & ~(u64)UINT32_MAX) | ref);
	return 0;
}

/* Where the new element for a key that has one comes from. */
static u32 take_for_replacing(struct change *c, u32 *old, bool *spare)
{
	u32 ref = hash_is_partitioned(c->map) ? 0 : skep__hash_take_spare(c->map);

	*spare = ref != 0;
	if (likely(ref) || (!c->repaired && hash_has_lost(c->map)))
		return ref;
	ref = skep__hash_take(c->map, c->cpu);
	if (!ref && is_lru(c)) {
		ref = skep__hash_evict(c->map, c->cpu, c->number, &c->image, *old);
		*old = find_held(c); /* what stood before it may be gone */
	}
	return ref;
}

/* Puts a new element in the place of the old one and unlocks. */
static int replace(struct change *c, u32 old, const void *value)
{
	bool spare;
	u32 ref = take_for_replacing(c, &old, &spare);

	if (unlikely(!ref && !c->repaired && hash_has_lost(c->map)))
		return -EAGAIN;
	if (unlikely(!ref)) { /* under the readers' eyes, then */
		value_store(c->map, hash_value(c->map, old), value);
		skep__hash_let_go(c->map, old);
		hash_unlock(c->bucket, c->image);
		return 0;
	}
	struct hash_elem *elem = hash_elem_at(c->map, ref), *gone = hash_elem_at(c->map, old);
	fill(c, ref, value);
	set_use(elem, is_lru(c) ? HASH_REFERENCED : HASH_USED);
	set_next(elem, hash_next(gone), c->number);
	lead_to(c, ref);
	set_use(gone, HASH_FREE);
	skep__hash_let_go(c->map, old);
	if (likely(spare))
		skep__hash_give_spare(c->map, old);
	else
		skep__hash_give(c->map, old, c->cpu);
	hash_unlock(c->bucket, c->image + HASH_VERSION);
	return 0;
}

static int overwrite_percpu(struct change *c, u32 ref, const void *value)
{
	store_percpu(c, ref, value);
	if (is_lru(c))
		set_use(hash_elem_at(c->map, ref), HASH_REFERENCED);
	hash_unlock(c->bucket, c->image);
	return 0;
}

/*
 * Is a value one word, and the update one store? Only for bpf(2), where who holds a pointer to the
 * old value does so at the same time: in a program, the pointer keeps the old value while an update
 * of its own has another one.
 */
static bool is_one_store(const struct change *c)
{
	return c->all_cpus && c->map->def.value_size <= 8 && !hash_geo(c->map)->percpu &&
	       !c->map->special.nr;
}

static int overwrite_word(struct change *c, u32 ref, const void *value)
{
	bytes_store(hash_value(c->map, ref), value, c->map->def.value_size);
	if (is_lru(c))
		set_use(hash_elem_at(c->map, ref), HASH_REFERENCED);
	hash_unlock(c->bucket, c->image);
	return 0;
}

/* With BPF_F_LOCK, a value that is there is written in place, under its lock. */
static int overwrite_locked(struct change *c, u32 ref, const void *value)
{
	int err = skep__value_store_locked(c->map, hash_value(c->map, ref), value);

	if (unlikely(err))
		return err;
	skep__hash_let_go(c->map, ref);
	hash_unlock(c->bucket, c->image);
	return 0;
}

static int update_once(struct change *c, const void *value, u64 flags)
{
	int err = hash_lock(c->map, c->number, &c->image);
	u32 old;

	if (unlikely(err))
		return err;
	old = find_held(c);
	if (old && flags & BPF_NOEXIST)
		err = -EEXIST;
	else if (!old && flags & BPF_EXIST)
		err = -ENOENT;
	else if (!old)
		err = insert(c, value);
	else if (flags & BPF_F_LOCK)
		err = overwrite_locked(c, old, value);
	else if (is_one_store(c))
		err = overwrite_word(c, old, value);
	else
		err = hash_geo(c->map)->percpu ? overwrite_percpu(c, old, value)
					       : replace(c, old, value);
	if (unlikely(err))
		hash_unlock(c->bucket, c->image);
	return err;
}

/* Out of elements: what the dead had in hand is found again; what others hold locked, they let go.
 */
static int update_patiently(struct change *c, const void *value, u64 flags, int err)
{
	for (u32 tries = 0; tries < LRU_TRIES; tries++) {
		if (err == -EAGAIN) {
			skep__hash_repair(c->map);
			c->repaired = true;
		} else if (err == -ENOMEM && tries > LRU_TRIES / 8) {
			sched_yield();
		} else if (err == -ENOMEM) {
			lock_pause();
		} else {
			break;
		}
		err = update_once(c, value, flags);
	}
	return err;
}

static inline int update(struct change *c, const void *value, u64 flags)
{
	int err;

	if (unlikely(flags > BPF_EXIST) &&
	    ((flags & ~BPF_F_LOCK) > BPF_EXIST || !map_lock_flag_ok(c->map, flags)))
		return -EINVAL;
	err = update_once(c, value, flags);
	return likely(!err) ? 0 : update_patiently(c, value, flags, err);
}

int skep__hash_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	struct change c;

	change_init(&c, map, key, cpu);
	c.all_cpus = false;
	return update(&c, value, flags);
}

/* A bpf(2) caller owns no CPU slot: where it runs decides which elements it competes for. */
static u32 sys_cpu(const struct map *map)
{
	return hash_is_partitioned(map) ? (u32)sched_getcpu() % map->def.nr_cpus : skep__tid();
}

int skep__hash_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	struct change c;

	change_init(&c, map, key, sys_cpu(map));
	c.all_cpus = true;
	return update(&c, value, flags);
}

/* Removes the key; its value goes to *value first, unless that is NULL. */
static inline int remove_key(struct map *map, const void *key, void *value, u32 cpu)
{
	struct change c;
	int err;
	u32 ref;

	change_init(&c, map, key, cpu);
	err = hash_lock(map, c.number, &c.image);
	if (unlikely(err))
		return err;
	ref = find_held(&c);
	if (ref) {
		struct hash_elem *elem = hash_elem_at(map, ref);

		if (value)
			skep__hash_load_value(map, ref, value);
		lead_to(&c, hash_next(elem));
		set_use(elem, HASH_FREE);
		skep__hash_let_go(map, ref);
		skep__hash_give(map, ref, cpu);
	}
	hash_unlock(c.bucket, c.image);
	return ref ? 0 : -ENOENT;
}

int skep__hash_remove(struct map *map, const void *key, u32 cpu)
{
	return remove_key(map, key, NULL, cpu);
}

int skep__hash_sys_remove(struct map *map, const void *key)
{
	return remove_key(map, key, NULL, sys_cpu(map));
}

int skep__hash_sys_take(struct map *map, const void *key, void *value, u64 flags)
{
	return flags ? -EINVAL : remove_key(map, key, value, sys_cpu(map));
}
