/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hash_of_maps: a hash table whose values are ids of inner maps, 0 never. bpf(2)'s callers pass fds
 * and read ids, as with the arrays of objects (fd_array.h); programs look up and get the inner map.
 */
#include "map/fd_array.h"
#include "map/hash.h"

static int check(struct map_def *def)
{
	return def->value_size == sizeof(u32) ? skep__hash_check(def) : -EINVAL;
}

static void *lookup_inner(struct map *map, const void *key, u32 cpu)
{
	const _Atomic u32 *id = skep__hash_lookup(map, key, cpu);

	return id ? skep__map_inner(map, atomic_load_explicit(id, memory_order_relaxed)) : NULL;
}

const struct map_ops skep__hash_of_maps_map_ops = {
	.check = check,
	.layout = skep__hash_layout,
	.init = skep__hash_init,
	.open = skep__hash_open,
	.lookup = lookup_inner,
	.sys_lookup = skep__hash_sys_lookup,
	.sys_update = skep__hash_sys_update,
	.sys_remove = skep__hash_sys_remove,
	.sys_next_key = skep__hash_sys_next_key,
};
