/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * array and percpu_array: values at computed places, all there from the start, nothing else in the
 * memory. Updates of a plain array are copied over the old value word by word, under the eyes of
 * readers, as the kernel does it; a per-CPU value is written by the run that owns the slot, and by
 * bpf(2), which writes all of them.
 */
#include <limits.h>
#include <unistd.h>

#include "map/array.h"
#include "map/special.h"

#define ACCESS_FLAGS (BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define ARRAY_FLAGS (BPF_F_NUMA_NODE | ACCESS_FLAGS | BPF_F_MMAPABLE | BPF_F_INNER_MAP)

int skep__array_check(const struct map_def *def, u32 flags_allowed)
{
	if (def->max_entries == 0 || def->key_size != 4 || def->value_size == 0 ||
	    def->flags & ~flags_allowed || !map_access_flags_ok(def->flags))
		return -EINVAL;
	return def->value_size > INT_MAX ? -E2BIG : 0;
}

static int array_check(struct map_def *def)
{
	return skep__array_check(def, ARRAY_FLAGS);
}

static int percpu_array_check(struct map_def *def)
{
	int err = skep__array_check(def, ACCESS_FLAGS);

	if (err)
		return err;
	return round_up(def->value_size, 8u) > MAP_MAX_PERCPU_VALUE ? -E2BIG : 0;
}

static u64 array_layout(const struct map_def *def, struct map *map)
{
	u64 elem = round_up((u64)def->value_size, 8);

	if (map)
		map->geo.words[ARRAY_ELEM] = elem;
	return elem * def->max_entries;
}

static u64 percpu_array_layout(const struct map_def *def, struct map *map)
{
	u64 stride = round_up(array_layout(def, map), 64); /* no cache line is two CPUs' */

	if (map)
		map->geo.words[ARRAY_STRIDE] = stride;
	return stride * def->nr_cpus;
}

static u64 array_mmap_bytes(const struct map *map)
{
	return map->def.flags & BPF_F_MMAPABLE ? map->mem_size : 0;
}

/* Keys are wherever the program has them, aligned or not. */
static inline u32 array_index(const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index;
}

static void *array_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 index = array_index(key);

	return likely(index < map->def.max_entries) ? array_value(map, index) : NULL;
}

static void *percpu_array_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 index = array_index(key);

	if (unlikely(index >= map->def.max_entries || cpu >= map->def.nr_cpus))
		return NULL;
	return percpu_array_value(map, index, cpu);
}

int skep__array_check_update(const struct map *map, u32 index, u64 flags)
{
	if ((flags & ~BPF_F_LOCK) > BPF_EXIST)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	return map_lock_flag_ok(map, flags) ? 0 : -EINVAL;
}

static int array_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	u32 index = array_index(key);
	int err = skep__array_check_update(map, index, flags);

	if (err)
		return err;
	if (unlikely(flags & BPF_F_LOCK))
		err = skep__value_store_locked(map, array_value(map, index), value);
	else
		value_store(map, array_value(map, index), value);
	if (likely(!err))
		value_empty(map, array_value(map, index));
	return err;
}

static int percpu_array_update(struct map *map, const void *key, const void *value, u64 flags,
			       u32 cpu)
{
	u32 index = array_index(key);
	int err = skep__array_check_update(map, index, flags);

	if (!err) {
		value_store(map, percpu_array_value(map, index, cpu), value);
		value_empty(map, percpu_array_value(map, index, cpu));
	}
	return err;
}

static int array_remove(struct map *map, const void *key, u32 cpu)
{
	return -EINVAL;
}

static int array_sys_remove(struct map *map, const void *key)
{
	return -EINVAL;
}

static int array_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	const void *found = array_lookup(map, key, 0);

	if (flags & ~BPF_F_LOCK || !map_lock_flag_ok(map, flags))
		return -EINVAL;
	if (!found)
		return -ENOENT;
	if (flags & BPF_F_LOCK)
		return skep__value_load_locked(map, value, found);
	value_load(map, value, found);
	return 0;
}

static int array_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return array_update(map, key, value, flags, 0);
}

static int percpu_array_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	u32 index = array_index(key), size = map->geo.words[ARRAY_ELEM];

	if (flags)
		return -EINVAL;
	if (index >= map->def.max_entries)
		return -ENOENT;
	for (u32 cpu = 0; cpu < map->def.nr_cpus; cpu++)
		value_load_padded(map, (u8 *)value + cpu * size,
				  percpu_array_value(map, index, cpu));
	return 0;
}

static int percpu_array_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	u32 index = array_index(key), size = map->geo.words[ARRAY_ELEM];
	int err = skep__array_check_update(map, index, flags);

	if (err)
		return err;
	for (u32 cpu = 0; cpu < map->def.nr_cpus; cpu++) {
		value_store_padded(map, percpu_array_value(map, index, cpu),
				   (const u8 *)value + cpu * size);
		value_empty(map, percpu_array_value(map, index, cpu));
	}
	return 0;
}

int skep__array_next_key(struct map *map, const void *key, void *next)
{
	u32 index = key ? array_index(key) : UINT32_MAX;

	if (index == map->def.max_entries - 1)
		return -ENOENT;
	index = index < map->def.max_entries ? index + 1 : 0;
	memcpy(next, &index, sizeof(index));
	return 0;
}

static s64 array_for_each(struct map *map, u32 cpu,
			  u64 (*fn)(struct map *map, void *key, void *value, void *opaque),
			  void *opaque)
{
	bool percpu = map_is_percpu(map);
	u32 i = 0;

	while (i < map->def.max_entries) {
		u32 key = i++;
		u8 *value = percpu ? percpu_array_value(map, key, cpu) : array_value(map, key);

		if (fn(map, &key, value, opaque))
			break;
	}
	return i;
}

static void array_each_value(struct map *map, void (*fn)(struct map *map, void *value))
{
	for (u32 i = 0; i < map->def.max_entries; i++)
		fn(map, array_value(map, i));
}

static void percpu_array_each_value(struct map *map, void (*fn)(struct map *map, void *value))
{
	for (u32 i = 0; i < map->def.max_entries; i++) {
		for (u32 cpu = 0; cpu < map->def.nr_cpus; cpu++)
			fn(map, percpu_array_value(map, i, cpu));
	}
}

const struct map_ops skep__array_map_ops = {
	.check = array_check,
	.layout = array_layout,
	.lookup = array_lookup,
	.update = array_update,
	.remove = array_remove,
	.sys_lookup = array_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.sys_next_key = skep__array_next_key,
	.for_each = array_for_each,
	.each_value = array_each_value,
	.mmap_bytes = array_mmap_bytes,
};

const struct map_ops skep__percpu_array_map_ops = {
	.check = percpu_array_check,
	.layout = percpu_array_layout,
	.lookup = percpu_array_lookup,
	.lookup_percpu = percpu_array_lookup,
	.update = percpu_array_update,
	.remove = array_remove,
	.sys_lookup = percpu_array_sys_lookup,
	.sys_update = percpu_array_sys_update,
	.sys_remove = array_sys_remove,
	.sys_next_key = skep__array_next_key,
	.for_each = array_for_each,
	.each_value = percpu_array_each_value,
};
