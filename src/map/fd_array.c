/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_PROG_ARRAY, _PERF_EVENT_ARRAY and _ARRAY_OF_MAPS: arrays of ids, each read and
 * written by one atomic operation. An id from shared memory is worth nothing until the services
 * have found its object, and an inner map nothing until its shape is the one that the program was
 * checked against.
 */
#include "map/fd_array.h"

#include <string.h>

#include "map/array.h"

#define CREATE_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS)

static int check(struct map_def *def)
{
	u32 flags = CREATE_FLAGS;

	if (def->type != BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		flags &= ~BPF_F_PRESERVE_ELEMS;
	if (def->value_size != sizeof(u32) || def->key_size != sizeof(u32) || !def->max_entries ||
	    def->flags & ~flags)
		return -EINVAL;
	return 0;
}

static u64 layout(const struct map_def *def, struct map *map)
{
	if (map)
		map->geo.control = 0;
	return (u64)def->max_entries * sizeof(u32);
}

static int init(struct map *map)
{
	return 0; /* no ids */
}

static u32 index_of(const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index;
}

int skep__fd_array_check_update(const struct map *map, const void *key, u64 flags)
{
	if (flags != BPF_ANY)
		return -EINVAL;
	return index_of(key) >= map->def.max_entries ? -E2BIG : 0;
}

int skep__fd_array_exchange(struct map *map, const void *key, u32 id, u32 *old)
{
	u32 index = index_of(key);

	if (index >= map->def.max_entries)
		return -E2BIG;
	*old = atomic_exchange_explicit(fd_array_slot(map, index), id, memory_order_acq_rel);
	return id || *old ? 0 : -ENOENT;
}

static int sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	u32 id = skep__fd_array_id(map, index_of(key));

	if (!id)
		return -ENOENT;
	memcpy(value, &id, sizeof(id));
	return 0;
}

static int sys_no_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return -ENOTSUPP;
}

static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	int err = skep__fd_array_check_update(map, key, flags);
	u32 id, old;

	memcpy(&id, value, sizeof(id));
	if (!err && !id)
		err = -EINVAL;
	return err ? err : skep__fd_array_exchange(map, key, id, &old);
}

static int sys_remove(struct map *map, const void *key)
{
	u32 old;

	return skep__fd_array_exchange(map, key, 0, &old);
}

int skep__map_inner_check(const struct map_def *inner)
{
	switch (inner->type) {
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return -EINVAL;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return -ENOTSUPP;
	default:
		return 0;
	}
}

struct map *skep__map_inner(const struct map *outer, u32 id)
{
	const struct services *svc = outer->svc;
	struct map *inner;

	if (!svc || !outer->inner || id >= svc->nr_maps)
		return NULL;
	inner = atomic_load_explicit(&svc->maps[id], memory_order_acquire);
	return inner && skep__map_meta_equal(outer->inner, &inner->def) ? inner : NULL;
}

static void *lookup_inner(struct map *map, const void *key, u32 cpu)
{
	return skep__map_inner(map, skep__fd_array_id(map, index_of(key)));
}

const struct map_ops skep__prog_array_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_next_key = skep__array_next_key,
};

const struct map_ops skep__perf_event_array_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.sys_lookup = sys_no_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_next_key = skep__array_next_key,
};

const struct map_ops skep__array_of_maps_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.lookup = lookup_inner,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_next_key = skep__array_next_key,
};
