/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A table of tasks with open addressing, each with its value. A slot that was given up is passed
 * over by searches and used again. Who makes a value has its slot's lock until the value is there;
 * others who look for room go on to the next slot.
 */
#include "map/task_storage.h"

#include "map/lock.h"
#include "map/special.h"

#define MAX_VALUE (UINT16_MAX - 128) /* less the header of the kernel's elements */
#define GIVEN_UP (1u << TID_BITS) /* no thread has number 0 */

enum { STRIDE }; /* of geo.words: bytes from one value to the next */

static int storage_check(struct map_def *def)
{
	if (def->flags & ~(BPF_F_NO_PREALLOC | BPF_F_CLONE) || !(def->flags & BPF_F_NO_PREALLOC) ||
	    def->max_entries || def->key_size != sizeof(u32) || !def->value_size)
		return -EINVAL;
	return def->value_size > MAX_VALUE ? -E2BIG : 0;
}

struct slot {
	_Atomic u32 task; /* 0: never used */
	struct map_lock making;
};

static u64 storage_layout(const struct map_def *def, struct map *map)
{
	u64 stride = round_up((u64)def->value_size, 8);

	if (map)
		map->geo.words[STRIDE] = stride;
	return TASK_STORAGE_TASKS * (sizeof(struct slot) + stride);
}

static int storage_init(struct map *map)
{
	return 0;
}

static struct slot *slot_of(const struct map *map, u32 slot)
{
	return (struct slot *)(void *)map->mem + slot;
}

static u32 task_in(const struct map *map, u32 slot)
{
	return atomic_load_explicit(&slot_of(map, slot)->task, memory_order_acquire);
}

static void set_task(const struct map *map, u32 slot, u32 task)
{
	atomic_store_explicit(&slot_of(map, slot)->task, task, memory_order_release);
}

static void *value_of(const struct map *map, u32 slot)
{
	return map->mem + TASK_STORAGE_TASKS * sizeof(struct slot) + slot * map->geo.words[STRIDE];
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
		u32 there = task_in(map, slot);

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

/* A slot that nobody has, or that of a task that has ended: with its lock. */
static s32 claim(const struct map *map, u32 task, bool from_dead)
{
	for (u32 step = 0; step < TASK_STORAGE_TASKS; step++) {
		u32 slot = slot_at(task, step);
		struct map_lock *making = &slot_of(map, slot)->making;

		if (!is_left(task_in(map, slot), from_dead) || skep__trylock(making))
			continue;
		if (is_left(task_in(map, slot), from_dead)) {
			set_task(map, slot, GIVEN_UP); /* as long as its value is not there */
			return (s32)slot;
		}
		skep__unlock(making);
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
	set_task(map, (u32)slot, task);
	skep__unlock(&slot_of(map, (u32)slot)->making);
	return value;
}

int skep__task_storage_remove(struct map *map, u32 task)
{
	s32 slot = find(map, task);

	if (slot < 0)
		return -ENOENT;
	value_empty(map, value_of(map, (u32)slot));
	set_task(map, (u32)slot, GIVEN_UP);
	return 0;
}

static void storage_each_value(struct map *map, void (*fn)(struct map *map, void *value))
{
	for (u32 slot = 0; slot < TASK_STORAGE_TASKS; slot++) {
		if (task_in(map, slot))
			fn(map, value_of(map, slot));
	}
}

/* ---- programs and bpf(2) name tasks by objects that are not here ----------------------------- */

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
