/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_QUEUE and _STACK: a circle of max_entries + 1 elements, of which one is always free.
 * Head (where the next element goes) and tail (the oldest one) share a word, so a push or pop takes
 * effect by one store after the copying is done: whoever dies before it has changed nothing.
 * Copying happens under the map's lock, as in the kernel.
 */
#include "map/bytes.h"
#include "map/lock.h"
#include "map/map.h"

#define VALUE_MAX (4u * 1024 * 1024) /* the kernel's KMALLOC_MAX_SIZE */
#define CREATE_FLAGS                                                                               \
	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

struct control {
	struct map_lock lock;
	u64 ends; /* tail << 32 | head */
};

enum { ELEMS, ELEM_SIZE, NR_ELEMS }; /* words of struct map_geo */

static int check(struct map_def *def)
{
	if (!def->max_entries || def->key_size || !def->value_size || def->flags & ~CREATE_FLAGS ||
	    !map_access_flags_ok(def->flags))
		return -EINVAL;
	return def->value_size > VALUE_MAX ? -E2BIG : 0;
}

static u64 layout(const struct map_def *def, struct map *map)
{
	u64 elems = round_up(sizeof(struct control), 64),
	    elem_size = round_up((u64)def->value_size, 8);
	u64 nr = def->max_entries + 1ull;

	if (map) {
		map->geo.control = 0;
		map->geo.words[ELEMS] = elems;
		map->geo.words[ELEM_SIZE] = elem_size;
		map->geo.words[NR_ELEMS] = nr;
	}
	return elems + nr * elem_size;
}

static int init(struct map *map)
{
	return 0; /* zeroes are an empty queue */
}

/* Both ends, as the lock's owner works on them; always indices of elements. */
struct ends {
	u32 head, tail;
};

static struct control *control_of(const struct map *map)
{
	return (struct control *)(map->mem + map->geo.control);
}

static struct ends ends_load(const struct map *map)
{
	u64 word = control_of(map)->ends, nr = map->geo.words[NR_ELEMS];
	struct ends ends = { .head = word, .tail = word >> 32 };

	if (ends.head >= nr)
		ends.head = 0;
	if (ends.tail >= nr)
		ends.tail = 0;
	return ends;
}

static void ends_store(const struct map *map, struct ends ends)
{
	u64 word = (u64)ends.tail << 32 | ends.head;

	__atomic_store_n(&control_of(map)->ends, word, __ATOMIC_RELEASE);
}

static void *elem(const struct map *map, u32 index)
{
	return map->mem + map->geo.words[ELEMS] + index * map->geo.words[ELEM_SIZE];
}

static u32 after(const struct map *map, u32 index)
{
	return index + 1ull == map->geo.words[NR_ELEMS] ? 0 : index + 1;
}

static u32 before(const struct map *map, u32 index)
{
	return index ? index - 1 : map->geo.words[NR_ELEMS] - 1;
}

static int push(struct map *map, const void *value, u64 flags)
{
	int err;

	if (flags & BPF_NOEXIST || flags > BPF_EXIST)
		return -EINVAL;
	err = skep__lock(&control_of(map)->lock);
	if (err)
		return err;
	struct ends ends = ends_load(map);
	u32 next = after(map, ends.head);
	bool full = next == ends.tail;

	if (full && flags != BPF_EXIST) {
		err = -E2BIG;
	} else {
		bytes_store(elem(map, ends.head), value, map->def.value_size);
		if (full)
			ends.tail = after(map, ends.tail); /* the oldest makes room */
		ends.head = next;
		ends_store(map, ends);
	}
	skep__unlock(&control_of(map)->lock);
	return err;
}

enum end { OLDEST, NEWEST };
enum fate { KEEP, REMOVE };

/* As the kernel, fills *value with zeroes when there is nothing to give. */
static int get(struct map *map, void *value, enum end end, enum fate fate)
{
	int err = skep__lock(&control_of(map)->lock);

	if (err) {
		memset(value, 0, map->def.value_size);
		return err;
	}
	struct ends ends = ends_load(map);

	if (ends.head == ends.tail) {
		memset(value, 0, map->def.value_size);
		err = -ENOENT;
	} else {
		u32 index = end == OLDEST ? ends.tail : before(map, ends.head);

		bytes_load(value, elem(map, index), map->def.value_size);
		if (fate == REMOVE && end == OLDEST)
			ends.tail = after(map, ends.tail);
		else if (fate == REMOVE)
			ends.head = index;
		ends_store(map, ends);
	}
	skep__unlock(&control_of(map)->lock);
	return err;
}

static int queue_pop(struct map *map, void *value)
{
	return get(map, value, OLDEST, REMOVE);
}

static int queue_peek(struct map *map, void *value)
{
	return get(map, value, OLDEST, KEEP);
}

static int stack_pop(struct map *map, void *value)
{
	return get(map, value, NEWEST, REMOVE);
}

static int stack_peek(struct map *map, void *value)
{
	return get(map, value, NEWEST, KEEP);
}

/* bpf(2): an update pushes, a lookup peeks, lookup-and-delete pops; the rest asks for keys. */
static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return push(map, value, flags);
}

static int sys_remove(struct map *map, const void *key)
{
	return -EINVAL;
}

static int sys_next_key(struct map *map, const void *key, void *next)
{
	return -EINVAL;
}

static int sys_queue_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return queue_peek(map, value);
}

static int sys_queue_pop(struct map *map, const void *key, void *value, u64 flags)
{
	return flags ? -EINVAL : queue_pop(map, value);
}

static int sys_stack_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return stack_peek(map, value);
}

static int sys_stack_pop(struct map *map, const void *key, void *value, u64 flags)
{
	return flags ? -EINVAL : stack_pop(map, value);
}

const struct map_ops skep__queue_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.push = push,
	.pop = queue_pop,
	.peek = queue_peek,
	.sys_lookup = sys_queue_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_lookup_and_delete = sys_queue_pop,
	.sys_next_key = sys_next_key,
};

const struct map_ops skep__stack_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.push = push,
	.pop = stack_pop,
	.peek = stack_peek,
	.sys_lookup = sys_stack_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_lookup_and_delete = sys_stack_pop,
	.sys_next_key = sys_next_key,
};
