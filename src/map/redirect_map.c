/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devmap, cpumap and xskmap are arrays of words, each read and written by one atomic operation;
 * devmap_hash is a hash table of the same values. A program that looks an element up gets the word
 * itself, which BPF_F_RDONLY_PROG keeps it from writing. What the packet's fate is, the helper
 * notes (redirect_map); whoever sends packets reads the element then.
 */
#include "map/redirect_map.h"

#include <string.h>

#include "map/array.h"
#include "map/hash.h"

static_assert(sizeof(struct redirect_val) == sizeof(struct bpf_devmap_val), "the ABI's layout");
static_assert(sizeof(struct redirect_val) == sizeof(struct bpf_cpumap_val), "the ABI's layout");
static_assert(sizeof(struct redirect_val) == sizeof(u64), "one word");

#define MAX_CPUS 8192 /* NR_CPUS of distributions' x86-64 kernels */

static bool shape_ok(const struct map_def *def, u32 flags)
{
	return def->max_entries && def->key_size == sizeof(u32) && !(def->flags & ~flags) &&
	       (def->value_size == sizeof(u32) || def->value_size == sizeof(struct redirect_val));
}

static int dev_check(struct map_def *def)
{
	return shape_ok(def, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY) ? 0 : -EINVAL;
}

static int dev_hash_check(struct map_def *def)
{
	int err = def->max_entries > 1u << 31 ? -EINVAL : dev_check(def);

	return err ? err : skep__hash_check(def);
}

static int cpu_check(struct map_def *def)
{
	if (!shape_ok(def, BPF_F_NUMA_NODE))
		return -EINVAL;
	return def->max_entries > MAX_CPUS ? -E2BIG : 0;
}

static int xsk_check(struct map_def *def)
{
	if (!shape_ok(def, BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	return def->value_size == sizeof(u32) ? 0 : -EINVAL;
}

static u64 layout(const struct map_def *def, struct map *map)
{
	if (map)
		map->geo.control = 0;
	return (u64)def->max_entries * sizeof(u64);
}

static int init(struct map *map)
{
	return 0; /* no elements */
}

static u32 key_of(const void *key)
{
	u32 number;

	memcpy(&number, key, sizeof(number));
	return number;
}

static _Atomic u64 *slot(const struct map *map, u32 index)
{
	return (_Atomic u64 *)(map->mem + map->geo.control) + index;
}

/* The element's word, or NULL when there is none. */
static void *array_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 index = key_of(key);
	_Atomic u64 *word;

	if (unlikely(index >= map->def.max_entries))
		return NULL;
	word = slot(map, index);
	return (u32)atomic_load_explicit(word, memory_order_acquire) ? (void *)word : NULL;
}

static int array_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	_Atomic u64 *word = array_lookup(map, key, 0);
	u64 val;

	if (!word)
		return -ENOENT;
	val = atomic_load_explicit(word, memory_order_acquire);
	memcpy(value, &val, map->def.value_size);
	return 0;
}

static int xsk_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int check_array_update(const struct map *map, const void *key, u64 flags)
{
	if (flags > BPF_EXIST)
		return -EINVAL;
	if (key_of(key) >= map->def.max_entries)
		return -E2BIG;
	/* A socket's place may be asked to be free; elements of the others always exist. */
	return flags == BPF_NOEXIST && map->def.type != BPF_MAP_TYPE_XSKMAP ? -EEXIST : 0;
}

static int check_cpu(const struct map *map, const void *key, struct redirect_val val)
{
	if (val.target > CPUMAP_MAX_QUEUE)
		return -EOVERFLOW;
	return key_of(key) < map->def.nr_cpus ? 0 : -ENODEV;
}

static int check_hash_update(struct map *map, const void *key, struct redirect_val val, u64 flags)
{
	if (flags > BPF_EXIST || !val.target)
		return -EINVAL;
	return flags == BPF_NOEXIST && skep__hash_lookup(map, key, 0) ? -EEXIST : 0;
}

int skep__redirect_map_check_update(struct map *map, const void *key, struct redirect_val val,
				    u64 flags)
{
	int err;

	if (map->def.type == BPF_MAP_TYPE_DEVMAP_HASH)
		return check_hash_update(map, key, val, flags);
	err = check_array_update(map, key, flags);
	if (!err && map->def.type == BPF_MAP_TYPE_CPUMAP)
		err = check_cpu(map, key, val);
	/* No interface, no program either. */
	if (!err && map->def.type == BPF_MAP_TYPE_DEVMAP && !val.target && (s32)val.prog > 0)
		err = -EINVAL;
	return err;
}

static int array_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	int err = check_array_update(map, key, flags);
	u64 val = 0;

	if (err)
		return err;
	memcpy(&val, value, map->def.value_size);
	/* A program without a place to meet it would look like an element that is not there. */
	if (!(u32)val)
		val = 0;
	atomic_store_explicit(slot(map, key_of(key)), val, memory_order_release);
	return 0;
}

/* The kernel's table makes no difference between adding and replacing when it is told to replace.
 */
static int hash_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return skep__hash_sys_update(map, key, value, flags == BPF_EXIST ? BPF_ANY : flags);
}

static int array_sys_remove(struct map *map, const void *key)
{
	u32 index = key_of(key);

	if (index >= map->def.max_entries)
		return -EINVAL;
	atomic_store_explicit(slot(map, index), 0, memory_order_release);
	return 0;
}

/*
 * What bpf_redirect_map answers. A place that is not there gets the packet the verdict in the
 * lowest bits of flags; broadcasts have no one place.
 */
static u32 redirect(struct map *map, u64 key, u64 flags, u64 broadcast_flags)
{
	const u64 verdicts = XDP_ABORTED | XDP_DROP | XDP_PASS | XDP_TX;
	u32 index = (u32)key;

	if (flags & ~(verdicts | broadcast_flags))
		return XDP_ABORTED;
	if (!map->ops->lookup(map, &index, 0) && !(flags & BPF_F_BROADCAST))
		return flags & verdicts;
	return XDP_REDIRECT;
}

static u32 dev_redirect(struct map *map, u64 key, u64 flags)
{
	return redirect(map, key, flags, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
}

static u32 plain_redirect(struct map *map, u64 key, u64 flags)
{
	return redirect(map, key, flags, 0);
}

const struct map_ops skep__dev_map_ops = {
	.check = dev_check,
	.own_flags = BPF_F_RDONLY_PROG,
	.layout = layout,
	.init = init,
	.lookup = array_lookup,
	.redirect = dev_redirect,
	.sys_lookup = array_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.sys_next_key = skep__array_next_key,
};

const struct map_ops skep__dev_hash_map_ops = {
	.check = dev_hash_check,
	.own_flags = BPF_F_RDONLY_PROG,
	.layout = skep__hash_layout,
	.init = skep__hash_init,
	.open = skep__hash_open,
	.lookup = skep__hash_lookup,
	.redirect = dev_redirect,
	.sys_lookup = skep__hash_sys_lookup,
	.sys_update = hash_sys_update,
	.sys_remove = skep__hash_sys_remove,
	.sys_next_key = skep__hash_sys_next_key,
};

const struct map_ops skep__cpu_map_ops = {
	.check = cpu_check,
	.layout = layout,
	.init = init,
	.lookup = array_lookup,
	.redirect = plain_redirect,
	.sys_lookup = array_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.sys_next_key = skep__array_next_key,
};

/* Elements are AF_XDP sockets, which no world has: the map is there, and stays empty. */
const struct map_ops skep__xsk_map_ops = {
	.check = xsk_check,
	.layout = layout,
	.init = init,
	.lookup = array_lookup,
	.redirect = plain_redirect,
	.sys_lookup = xsk_sys_lookup,
	.sys_update = array_sys_update,
	.sys_remove = array_sys_remove,
	.sys_next_key = skep__array_next_key,
};
