/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps whose elements stand for objects: prog_array, perf_event_array, array_of_maps, hash_of_maps.
 * The shared memory holds the object's id, 0 for none; bpf(2)'s callers pass fds, which the sys
 * layer turns into ids before it calls sys_update, and read ids back.
 */
#ifndef SKEP_MAP_FD_ARRAY_H
#define SKEP_MAP_FD_ARRAY_H

#include "map/map.h"

static inline _Atomic u32 *fd_array_slot(const struct map *map, u32 index)
{
	return (_Atomic u32 *)(map->mem + map->geo.control) + index;
}

/* The id at an index; 0 when there is none or the index is out of range. (data plane) */
static inline u32 skep__fd_array_id(const struct map *map, u32 index)
{
	if (unlikely(index >= map->def.max_entries))
		return 0;
	return atomic_load_explicit(fd_array_slot(map, index), memory_order_acquire);
}

/*
 * May a map of this shape stand where one of that shape is expected? The kernel's map_meta_equal of
 * the type: type, key and value size and flags; max_entries too for arrays without BPF_F_INNER_MAP.
 */
static inline bool skep__map_meta_equal(const struct map_def *meta, const struct map_def *def)
{
	if (meta->type != def->type || meta->key_size != def->key_size ||
	    meta->value_size != def->value_size || meta->flags != def->flags)
		return false;
	if (def->type == BPF_MAP_TYPE_ARRAY ? def->flags & BPF_F_INNER_MAP
					    : def->type != BPF_MAP_TYPE_XSKMAP)
		return true;
	return meta->max_entries == def->max_entries;
}

/*
 * For the sys layer, which owns the references that elements hold: the errors of an update that
 * come before the fd is looked at; and the update or (id 0) removal itself, which tells the id that
 * it replaced.
 */
int skep__fd_array_check_update(const struct map *map, const void *key, u64 flags);
int skep__fd_array_exchange(struct map *map, const void *key, u32 id, u32 *old);

/*
 * The map that an element of a map of maps stands for, if there is one and it has the expected
 * shape; else NULL. Asked of the services each time: they know when it is gone, a cache would not.
 * (data plane)
 */
struct map *skep__map_inner(const struct map *outer, u32 id);

/* May maps of this type be inner maps at all? -ENOTSUPP when not, -EINVAL for maps of maps. */
int skep__map_inner_check(const struct map_def *inner);

#endif
