/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of tasks with open addressing, each with its value. A task's slot is made by the task
 * itself, so nobody else waits for it; a slot that was given up is passed over by searches and used
 * again.
 */
#include "map/task_storage.h"

#include "map/lock.h"
#include "map/special.h"

#define MAX_VALUE (UINT16_MAX - 128) /* less the header of the kernel's elements */
#define GIVEN_UP UINT32_MAX

enum { STRIDE }; /* of geo.words: bytes from one value to the next */

static int storage_check(struct map_def *def)
{
	if (def->flags & ~(BPF_F_NO_PREALLOC | BPF_F_CLONE) || !(def->flags & BPF_F_NO_PREALLOC) ||
	    def->max_entries || def->key_size != sizeof(u32) || !def->value_size)
		return -EINVAL;
	return def->value_size > MAX_VALUE ? -E2BIG : 0;
}

static u64 storage_layout(const struct map_def *def, struct map *map)
{
	u64 stride = round_up((u64)def->value_size, 8);

	if (map)
		map->geo.words[STRIDE] = stride;
	return TASK_STORAGE_TASKS * (sizeof(u32) + stride);
}

static int storage_init(struct map *map)
{
	return 0;
}

static _Atomic u32 *task_of(const struct map *map, u32 slot)
{
	return (_Atomic u32 *)(void *)map->mem + slot;
}

static void *value_of(const struct map *map, u32 slot)
{
	return map->mem + TASK_STORAGE_TASKS * sizeof(u32) + slot * map->geo.words[STRIDE];
}

static u32 slot_at(u32 task, u32 step)
{
	return (task * 0x9e3779b1u / (UINT32_MAX / TASK_STORAGE_TASKS) + step) % TASK_STORAGE_TASKS;
}

/* -1: none. */
static s32 find(const struct map *map, u32 task)
{
	for (u32 step = 0; step < TASK_STORAGE_TASKS; step++) {
		u32 slot = slot_at(task, step);
		u32 there = atomic_load_explicit(task_of(map, slot), memory_order_acquire);

		if (there == task)
			return (s32)slot;
		if (!there)
			break;
	}
	return -1;
}

void *skep__task_storage_find(struct map *map, u32 task)
{
	s32 slot = find(map, task);

	return slot < 0 ? NULL : value_of(map, (u32)slot);
}

static bool is_left(u32 there, bool from_dead)
{
	return !there || there == GIVEN_UP || (from_dead && skep__tid_dead(there));
}

/* A slot that nobody has, or that of a task that has ended. */
static s32 claim(const struct map *map, u32 task, bool from_dead)
{
	for (u32 step = 0; step < TASK_STORAGE_TASKS; step++) {
		u32 slot = slot_at(task, step);
		u32 there = atomic_load_explicit(task_of(map, slot), memory_order_relaxed);

		/* In hand until its value is there: searches pass it over. */
		if (is_left(there, from_dead) &&
		    atomic_compare_exchange_strong(task_of(map, slot), &there, GIVEN_UP))
			return (s32)slot;
	}
	return -1;
}

void *skep__task_storage_get(struct map *map, u32 task, const void *from)
{
	s32 slot = find(map, task);
	void *value;

	if (slot >= 0)
		return value_of(map, (u32)slot);
	slot = claim(map, task, false);
	if (slot < 0)
		slot = claim(map, task, true);
	if (slot < 0)
		return NULL;
	value = value_of(map, (u32)slot);
	if (map->special.nr)
		skep__value_reset(map, value);
	bytes_zero(value, map->def.value_size);
	if (from)
		value_store(map, value, from);
	atomic_store_explicit(task_of(map, (u32)slot), task, memory_order_release);
	return value;
}

int skep__task_storage_remove(struct map *map, u32 task)
{
	s32 slot = find(map, task);

	if (slot < 0)
		return -ENOENT;
	value_empty(map, value_of(map, (u32)slot));
	atomic_store_explicit(task_of(map, (u32)slot), GIVEN_UP, memory_order_release);
	return 0;
}

static void storage_each_value(struct map *map, void (*fn)(struct map *map, void *value))
{
	for (u32 slot = 0; slot < TASK_STORAGE_TASKS; slot++) {
		if (atomic_load_explicit(task_of(map, slot), memory_order_relaxed))
			fn(map, value_of(map, slot));
	}
}

/* ---- programs and bpf(2) name tasks by objects that are not here -------------------------------
 */

static void *storage_lookup(struct map *map, const void *key, u32 cpu)
{
	return NULL;
}

static int storage_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

static int storage_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return flags > BPF_EXIST ? -EINVAL : -EOPNOTSUPP;
}

static int storage_sys_remove(struct map *map, const void *key)
{
	return -ENOENT;
}

static int storage_next_key(struct map *map, const void *key, void *next)
{
	return -ENOTSUPP;
}

const struct map_ops skep__task_storage_map_ops = {
	.check = storage_check,
	.sparse = true,
	.layout = storage_layout,
	.init = storage_init,
	.lookup = storage_lookup,
	.each_value = storage_each_value,
	.sys_lookup = storage_sys_lookup,
	.sys_update = storage_sys_update,
	.sys_remove = storage_sys_remove,
	.sys_next_key = storage_next_key,
};
