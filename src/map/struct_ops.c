/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_STRUCT_OPS: one element, a struct of the kernel's whose functions are programs. The
 * struct's type is looked at where the map is made (sys/struct_ops.c); nobody calls its functions,
 * so the element stays as it was at the start.
 */
#include <string.h>

#include "map/map.h"

static int ops_check(struct map_def *def)
{
	return def->key_size != sizeof(u32) || def->max_entries != 1 ||
			       def->flags & ~(BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD)
		       ? -EINVAL
		       : 0;
}

static u64 ops_layout(const struct map_def *def, struct map *map)
{
	return 0;
}

static int ops_init(struct map *map)
{
	return 0;
}

static void *ops_lookup(struct map *map, const void *key, u32 cpu)
{
	return NULL;
}

static u32 index_of(const void *key)
{
	u32 index;

	memcpy(&index, key, sizeof(index));
	return index;
}

static int ops_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	if (index_of(key))
		return -ENOENT;
	memset(value, 0, map->def.value_size);
	return 0;
}

static int ops_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int ops_sys_remove(struct map *map, const void *key)
{
	return map->def.flags & BPF_F_LINK ? -EOPNOTSUPP : -ENOENT;
}

static int ops_next_key(struct map *map, const void *key, void *next)
{
	if (key && index_of(key) == 0)
		return -ENOENT;
	memset(next, 0, sizeof(u32));
	return 0;
}

const struct map_ops skep__struct_ops_map_ops = {
	.check = ops_check,
	.layout = ops_layout,
	.init = ops_init,
	.lookup = ops_lookup,
	.sys_lookup = ops_sys_lookup,
	.sys_update = ops_sys_update,
	.sys_remove = ops_sys_remove,
	.sys_next_key = ops_next_key,
};
