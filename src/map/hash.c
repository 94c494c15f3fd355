/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash, percpu_hash, lru_hash, lru_percpu_hash: what is accepted, how it is laid out, lookups, and
 * the vtables. All elements exist from the start, also with BPF_F_NO_PREALLOC (memory that was
 * never touched costs nothing), so nothing is ever allocated and an element's memory stays the
 * map's.
 */
#include <sys/random.h>

#include "map/hash.h"
#include "map/special.h"
#include "map/hash_find.h"

#define HASH_FLAGS                                                                                 \
	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
	 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

/* The kernel's KMALLOC_MAX_SIZE less its element header, and its largest table of buckets. */
#define MAX_ELEM ((4u << 20) - 48)
#define MAX_BUCKETS (1u << 27)

#define MAX_SHARED_POOLS 8
#define COPY_TRIES 64

static bool type_is_percpu(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int check_flags(const struct map_def *def)
{
	bool percpu = type_is_percpu(def->type), lru = hash_type_is_lru(def->type);
	u32 flags = def->flags;

	if (flags & ~HASH_FLAGS || !map_access_flags_ok(flags))
		return -EINVAL;
	if (!lru && flags & BPF_F_NO_COMMON_LRU)
		return -EINVAL;
	if (lru && flags & BPF_F_NO_PREALLOC)
		return -ENOTSUPP;
	if (flags & BPF_F_NUMA_NODE && (percpu || flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	return 0;
}

/* Each CPU's part of the elements has the same size, and one at least. */
static u32 round_to_cpus(u32 entries, u32 nr_cpus)
{
	u64 up = round_up((u64)entries, nr_cpus);

	return up <= UINT32_MAX ? up : entries - entries % nr_cpus;
}

/* A power of two, three quarters full at most: chains longer than one are mispredicted branches. */
static u32 nr_buckets_for(u32 max_entries)
{
	u32 wanted = max_entries + max_entries / 3;

	return wanted <= 1 ? 1 : min(1u << (32 - __builtin_clz(wanted - 1)), MAX_BUCKETS);
}

int skep__hash_check(struct map_def *def)
{
	int err = check_flags(def);

	if (err)
		return err;
	if (def->max_entries == 0 || def->key_size == 0 || def->value_size == 0)
		return -EINVAL;
	if ((u64)def->key_size + def->value_size >= MAX_ELEM)
		return -E2BIG;
	if (type_is_percpu(def->type) && round_up(def->value_size, 8u) > MAP_MAX_PERCPU_VALUE)
		return -E2BIG;
	if (def->flags & BPF_F_NO_COMMON_LRU)
		def->max_entries = round_to_cpus(def->max_entries, def->nr_cpus);
	return def->max_entries > MAX_BUCKETS ? -E2BIG : 0;
}

static u32 nr_pools_for(const struct map_def *def)
{
	u32 nr = 1;

	if (def->flags & BPF_F_NO_COMMON_LRU)
		return def->nr_cpus;
	while (nr < def->nr_cpus && nr < MAX_SHARED_POOLS)
		nr *= 2;
	return nr;
}

/* For every thread that may be replacing something at the same time; more of them make do without.
 */
static u32 nr_spares_for(const struct map_def *def)
{
	if (type_is_percpu(def->type) || def->flags & BPF_F_NO_COMMON_LRU)
		return 0;
	return def->nr_cpus + 8;
}

u64 skep__hash_layout(const struct map_def *def, struct map *map)
{
	bool percpu = type_is_percpu(def->type), partitioned = def->flags & BPF_F_NO_COMMON_LRU;
	u64 key = round_up((u64)def->key_size, 8), value = round_up((u64)def->value_size, 8);
	u32 nr_buckets = nr_buckets_for(def->max_entries), nr_pools = nr_pools_for(def);
	u64 control = round_up(nr_buckets * sizeof(hash_bucket), 64), end;
	struct hash_geo geo = {
		.elems =
			control + sizeof(struct hash_control) + nr_pools * sizeof(struct hash_pool),
		.mask = nr_buckets - 1,
		.nr_elems = def->max_entries + nr_spares_for(def),
		.elem_size = round_up(sizeof(struct hash_elem) + key + (percpu ? 0 : value), 16),
		.value_off = sizeof(struct hash_elem) + key,
		.nr_pools = nr_pools,
		.pool_size = partitioned ? def->max_entries / nr_pools : def->max_entries,
	};

	end = geo.elems + (u64)geo.elem_size * (geo.nr_elems + 1ull);
	if (percpu) {
		geo.percpu = round_up(end, 64);
		geo.stride = round_up(value * geo.nr_elems, 64);
		end = geo.percpu + geo.stride * def->nr_cpus;
	}
	if (map) {
		map->geo.control = control;
		*(struct hash_geo *)map->geo.words = geo;
	}
	return end;
}

int skep__hash_init(struct map *map)
{
	u64 *seed = &hash_control(map)->seed;

	if (map->def.flags & BPF_F_ZERO_SEED)
		return 0;
	return getrandom(seed, sizeof(*seed), 0) == sizeof(*seed) ? 0 : -EIO;
}

int skep__hash_open(struct map *map)
{
	((struct hash_geo *)map->geo.words)->seed = hash_control(map)->seed;
	return 0;
}

struct hash_found skep__hash_find_bytes(const struct map *map, const void *key, u32 hash)
{
	const struct hash_geo *geo = hash_geo(map);
	u32 number = hash & geo->mask, ref;
	s32 hops = HASH_MAX_HOPS;
	u64 began;

	do {
		began = hash_word_of(hash_bucket_at(map, number));
		ref = (u32)began;
		while (hash_is_ref(geo, ref) && hops-- > 0) {
			struct hash_elem *elem = hash_elem_at(map, ref);

			if (atomic_load_explicit(&elem->hash, memory_order_relaxed) == hash &&
			    key_equal(elem->key, key, map->def.key_size))
				return (struct hash_found){ elem, ref };
			ref = hash_next(elem);
		}
	} while (unlikely(!hash_missed(map, number, began, ref)) && hash_once_more(&hops));
	return (struct hash_found){ NULL, 0 };
}

static inline u8 *value_in(const struct map *map, struct hash_elem *elem)
{
	return (u8 *)elem + hash_geo(map)->value_off;
}

void *skep__hash_lookup(struct map *map, const void *key, u32 cpu)
{
	struct hash_elem *elem = hash_find(map, key).elem;

	return elem ? value_in(map, elem) : NULL;
}

static void *percpu_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 ref = hash_find(map, key).ref;

	return ref && likely(cpu < map->def.nr_cpus) ? hash_percpu_value(map, ref, cpu) : NULL;
}

static inline void mark_referenced(struct hash_elem *elem)
{
	if (atomic_load_explicit(&elem->use, memory_order_relaxed) != HASH_REFERENCED)
		atomic_store_explicit(&elem->use, HASH_REFERENCED, memory_order_relaxed);
}

static void *lru_lookup(struct map *map, const void *key, u32 cpu)
{
	struct hash_elem *elem = hash_find(map, key).elem;

	if (!elem)
		return NULL;
	mark_referenced(elem);
	return value_in(map, elem);
}

static void *lru_percpu_lookup(struct map *map, const void *key, u32 cpu)
{
	struct hash_found found = hash_find(map, key);

	if (!found.elem || unlikely(cpu >= map->def.nr_cpus))
		return NULL;
	mark_referenced(found.elem);
	return hash_percpu_value(map, found.ref, cpu);
}

void skep__hash_load_value(const struct map *map, u32 ref, void *value)
{
	u32 size = map->def.value_size, step = round_up(size, 8u);

	if (!hash_geo(map)->percpu) {
		value_load(map, value, hash_value(map, ref));
		return;
	}
	for (u32 cpu = 0; cpu < map->def.nr_cpus; cpu++)
		value_load_padded(map, (u8 *)value + cpu * step, hash_percpu_value(map, ref, cpu));
}

/*
 * A copy of the value that was whole at some moment, though elements are recycled under their
 * readers; false: try again.
 */
static bool copy_whole(const struct map *map, const void *key, struct hash_found found, void *value)
{
	_Atomic u16 *fills = &found.elem->fills;
	u16 before = atomic_load_explicit(fills, memory_order_acquire);

	if (before & 1 || !key_equal(found.elem->key, key, map->def.key_size))
		return false;
	skep__hash_load_value(map, found.ref, value);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(fills, memory_order_relaxed) == before;
}

/* The element may become another key's while its lock is waited for. */
static int lookup_locked(struct map *map, const void *key, void *value)
{
	for (u32 tries = 0; tries < COPY_TRIES; tries++) {
		struct hash_found found = hash_find(map, key);
		int err;

		if (!found.elem)
			return -ENOENT;
		err = skep__value_load_locked(map, value, hash_value(map, found.ref));
		if (err || key_equal(found.elem->key, key, map->def.key_size))
			return err;
	}
	return -EBUSY;
}

/* Does not count as a use for LRU maps: a dump would make everything recently used. */
int skep__hash_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	u32 ref = 0;

	if (flags & ~BPF_F_LOCK || !map_lock_flag_ok(map, flags))
		return -EINVAL;
	if (flags)
		return lookup_locked(map, key, value);
	for (u32 tries = 0; tries < COPY_TRIES; tries++) {
		struct hash_found found = hash_find(map, key);

		if (!found.elem)
			return -ENOENT;
		if (copy_whole(map, key, found, value))
			return 0;
		lock_pause();
		ref = found.ref;
	}
	/* Written faster than copied: a mixture then, as the kernel's preallocated tables may give.
	 */
	skep__hash_load_value(map, ref, value);
	return 0;
}

/* clang-format off */
#define HASH_OPS                                                                                       \
	.check = skep__hash_check,                                                                     \
	.layout = skep__hash_layout,                                                                   \
	.init = skep__hash_init,                                                                       \
	.open = skep__hash_open,                                                                       \
	.update = skep__hash_update,                                                                   \
	.remove = skep__hash_remove,                                                                   \
	.sys_lookup = skep__hash_sys_lookup,                                                           \
	.sys_update = skep__hash_sys_update,                                                           \
	.sys_remove = skep__hash_sys_remove,                                                           \
	.sys_lookup_and_delete = skep__hash_sys_take,                                                  \
	.sys_next_key = skep__hash_sys_next_key,                                                       \
	.for_each = skep__hash_for_each,                                                               \
	.each_value = skep__hash_each_value

const struct map_ops skep__hash_map_ops = { HASH_OPS, .lookup = skep__hash_lookup };
const struct map_ops skep__lru_hash_map_ops = { HASH_OPS, .lookup = lru_lookup };
const struct map_ops skep__percpu_hash_map_ops = {
	HASH_OPS, .lookup = percpu_lookup, .lookup_percpu = percpu_lookup,
};
const struct map_ops skep__lru_percpu_hash_map_ops = {
	HASH_OPS, .lookup = lru_percpu_lookup, .lookup_percpu = lru_percpu_lookup,
};
/* clang-format on */
