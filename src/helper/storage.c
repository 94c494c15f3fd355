/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/storage.h"

#include <string.h>

#include "helper/arg.h"
#include "map/lock.h"
#include "map/task_storage.h"

/* Never NULL: a program has a storage map of each kind, and the run a value for it. */
DEFINE_HELPER(get_local_storage)
{
	const struct map *map = arg_map(r1);
	u32 kind = map->def.type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
	u32 size = map->def.value_size, *used = &run->storage->cgroup_size[kind];
	u8 *value = run->storage->cgroup[kind];

	if (size > *used) {
		memset(value + *used, 0, size - *used);
		*used = size;
	}
	return result_ptr(value);
}

static struct sock_storage *find(struct run_storage *storage, const struct map *map)
{
	for (u32 i = 0; i < storage->nr_socks; i++) {
		if (storage->socks[i].map == map)
			return &storage->socks[i];
	}
	return NULL;
}

/* NULL: there is no room, as when the kernel is out of memory. */
static void *create(struct run_storage *storage, const struct map *map, const void *from)
{
	u32 size = round_up(map->def.value_size, 8u);
	u8 *value = storage->sock + storage->sock_bytes;

	if (storage->nr_socks == SOCK_STORAGE_MAPS ||
	    size > SOCK_STORAGE_BYTES - storage->sock_bytes)
		return NULL;
	storage->sock_bytes += size;
	memset(value, 0, size);
	if (from)
		memcpy(value, from, map->def.value_size);
	storage->socks[storage->nr_socks].map = map;
	storage->socks[storage->nr_socks++].value = value;
	return value;
}

DEFINE_HELPER(sk_storage_get)
{
	const struct map *map = arg_map(r1);
	const void *sk = arg_ptr(r2), *from = arg_ptr(r3);
	u64 flags = r4;

	if (!sk || !run->storage || flags > BPF_SK_STORAGE_GET_F_CREATE)
		return 0;
	const struct sock_storage *found = find(run->storage, map);
	if (found)
		return result_ptr(found->value);
	return flags ? result_ptr(create(run->storage, map, from)) : 0;
}

/* The memory is not used again before the run ends: the program may still have a pointer to it. */
DEFINE_HELPER(sk_storage_delete)
{
	const struct map *map = arg_map(r1);
	struct sock_storage *found = run->storage ? find(run->storage, map) : NULL;

	if (!r2)
		return result(-EINVAL);
	if (!found)
		return result(-ENOENT);
	found->map = NULL;
	return 0;
}

/* ---- of tasks: the current one is the only one that a program can name ----------------------- */

static bool is_current(const struct run *run, u64 task)
{
	return task == result_ptr(&run->task) && run->have_task && run->task.pid;
}

/* Mostly it is the calling thread, and nobody has to be asked. */
static u32 current_key(const struct run *run)
{
	u32 own = skep__tid();

	return run->task.pid == (own & TID_MASK) ? own : skep__tid_of(run->task.pid);
}

DEFINE_HELPER(task_storage_get)
{
	struct map *map = arg_map(r1);

	if (r4 & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE || !is_current(run, r2))
		return 0;
	return result_ptr(r4 ? skep__task_storage_get(map, current_key(run), arg_ptr(r3))
			     : skep__task_storage_find(map, current_key(run)));
}

DEFINE_HELPER(task_storage_delete)
{
	if (!is_current(run, r2))
		return result(-EINVAL);
	return result(skep__task_storage_remove(arg_map(r1), current_key(run)));
}
