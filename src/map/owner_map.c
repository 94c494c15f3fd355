/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps whose elements belong to objects of the kernel: sockets, tasks, inodes, control groups. A
 * world has no such objects, so the maps are made and checked as in the kernel, and stay empty.
 */
#include <limits.h>
#include <string.h>

#include "map/array.h"
#include "map/map.h"

#define STORAGE_MAX_VALUE (UINT16_MAX - 128) /* less the header of the kernel's elements */
#define MAX_SOCKHASH_KEY 512 /* the kernel's MAX_BPF_STACK */

static int storage_check(struct map_def *def)
{
	if (def->flags & ~(BPF_F_NO_PREALLOC | BPF_F_CLONE) || !(def->flags & BPF_F_NO_PREALLOC) ||
	    def->max_entries || def->key_size != sizeof(u32) || !def->value_size)
		return -EINVAL;
	return def->value_size > STORAGE_MAX_VALUE ? -E2BIG : 0;
}

static int cgroup_storage_check(struct map_def *def)
{
	const u32 flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
			  BPF_F_WRONLY_PROG;
	u32 max_value = def->type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ? MAP_MAX_PERCPU_VALUE
									: STORAGE_MAX_VALUE;

	if ((def->key_size != sizeof(struct bpf_cgroup_storage_key) &&
	     def->key_size != sizeof(u64)) ||
	    !def->value_size)
		return -EINVAL;
	if (def->value_size > max_value)
		return -E2BIG;
	return def->flags & ~flags || !map_access_flags_ok(def->flags) || def->max_entries ? -EINVAL
											   : 0;
}

static bool holds_sockets(const struct map_def *def)
{
	return def->max_entries &&
	       (def->value_size == sizeof(u32) || def->value_size == sizeof(u64)) &&
	       !(def->flags & ~(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY));
}

static int sock_map_check(struct map_def *def)
{
	return holds_sockets(def) && def->key_size == sizeof(u32) && def->max_entries <= INT_MAX
		       ? 0
		       : -EINVAL;
}

static int sock_hash_check(struct map_def *def)
{
	if (!holds_sockets(def) || !def->key_size)
		return -EINVAL;
	if (def->key_size > MAX_SOCKHASH_KEY)
		return -E2BIG;
	return def->max_entries > 1u << 28 ? -EINVAL : 0;
}

static int sock_array_check(struct map_def *def)
{
	const u32 flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
			  BPF_F_WRONLY_PROG | BPF_F_MMAPABLE | BPF_F_PRESERVE_ELEMS |
			  BPF_F_INNER_MAP;

	if (!def->max_entries || def->key_size != sizeof(u32) || def->flags & ~flags ||
	    !map_access_flags_ok(def->flags) ||
	    def->flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP | BPF_F_PRESERVE_ELEMS))
		return -EINVAL;
	return def->value_size == sizeof(u32) || def->value_size == sizeof(u64) ? 0 : -EINVAL;
}

static int cgroup_array_check(struct map_def *def)
{
	return def->flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG) ||
			       def->value_size != sizeof(u32)
		       ? -EINVAL
		       : sock_array_check(def);
}

static u64 layout(const struct map_def *def, struct map *map)
{
	return 0;
}

static int init(struct map *map)
{
	return 0;
}

static void *lookup(struct map *map, const void *key, u32 cpu)
{
	return NULL;
}

static bool is_socket_map(u32 type)
{
	return type == BPF_MAP_TYPE_SOCKMAP || type == BPF_MAP_TYPE_SOCKHASH ||
	       type == BPF_MAP_TYPE_REUSEPORT_SOCKARRAY;
}

/* Sockets are looked up as their cookies, which take 8 bytes. */
static int sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	if (map->def.type == BPF_MAP_TYPE_CGROUP_ARRAY)
		return -ENOTSUPP;
	return is_socket_map(map->def.type) && map->def.value_size != sizeof(u64) ? -ENOSPC
										  : -ENOENT;
}

static bool is_outside(const struct map *map, const void *key)
{
	u32 index;

	if (map->def.type != BPF_MAP_TYPE_REUSEPORT_SOCKARRAY &&
	    map->def.type != BPF_MAP_TYPE_CGROUP_ARRAY)
		return false;
	memcpy(&index, key, sizeof(index));
	return index >= map->def.max_entries;
}

/* An fd in 8 bytes that cannot be one. */
static bool is_no_fd(const struct map *map, const void *value)
{
	u64 fd;

	if (map->def.value_size != sizeof(fd))
		return false;
	memcpy(&fd, value, sizeof(fd));
	return fd > INT_MAX;
}

/* No fd that a caller may give is one of the objects. */
static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	u32 type = map->def.type;

	if (flags > (type == BPF_MAP_TYPE_CGROUP_ARRAY ? BPF_ANY : BPF_EXIST))
		return -EINVAL;
	if (is_outside(map, key))
		return -E2BIG;
	if (type == BPF_MAP_TYPE_CGROUP_ARRAY)
		return -EBADF;
	return is_socket_map(type) && is_no_fd(map, value) ? -EINVAL : -EOPNOTSUPP;
}

static int sys_remove(struct map *map, const void *key)
{
	if (map->def.type == BPF_MAP_TYPE_SOCKMAP)
		return -EINVAL;
	return is_outside(map, key) ? -E2BIG : -ENOENT;
}

static int no_next_key(struct map *map, const void *key, void *next)
{
	return -ENOTSUPP;
}

static int empty_next_key(struct map *map, const void *key, void *next)
{
	return -ENOENT;
}

#define OWNER_MAP(name, check_fn, next_key_fn)                                                     \
	const struct map_ops skep__##name##_map_ops = {                                            \
		.check = check_fn,                                                                 \
		.layout = layout,                                                                  \
		.init = init,                                                                      \
		.lookup = lookup,                                                                  \
		.sys_lookup = sys_lookup,                                                          \
		.sys_update = sys_update,                                                          \
		.sys_remove = sys_remove,                                                          \
		.sys_next_key = next_key_fn,                                                       \
	}

OWNER_MAP(local_storage, storage_check, no_next_key);
OWNER_MAP(cgroup_storage, cgroup_storage_check, empty_next_key);
OWNER_MAP(sock, sock_map_check, skep__array_next_key);
OWNER_MAP(sock_hash, sock_hash_check, empty_next_key);
OWNER_MAP(sock_array, sock_array_check, skep__array_next_key);
OWNER_MAP(cgroup_array, cgroup_array_check, skep__array_next_key);
