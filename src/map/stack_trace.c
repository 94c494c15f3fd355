/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_STACK_TRACE: call chains under the low bits of their hash. A bucket holds the number
 * of an element (0: none), which is complete before it gets there; elements come from a pool of
 * max_entries. Writers and bpf(2)'s lookup take the map's lock. `busy` stays set when its owner
 * dies: the next one then finds out anew which elements are free.
 */
#include "map/stack_trace.h"

#include "map/bytes.h"
#include "map/jhash.h"
#include "map/lock.h"

#define CREATE_FLAGS (BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID)
#define STORE_FLAGS                                                                                \
	(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)

struct control {
	struct map_lock lock;
	u32 busy;
	u32 nr_fresh; /* elements 1 .. nr_fresh have been used at some time */
	u32 first_free; /* linked by elem->link */
};

struct elem {
	u32 hash;
	u32 nr; /* frames */
	u32 link;
	u32 pad;
	u8 data[]; /* the map's value */
};

enum { BUCKETS, BUCKET_MASK, ELEMS, ELEM_SIZE, FRAME_SIZE }; /* words of struct map_geo */

static u32 frame_size(const struct map_def *def)
{
	return def->flags & BPF_F_STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) : sizeof(u64);
}

static int check(struct map_def *def)
{
	u32 frame = frame_size(def);

	if (def->flags & ~CREATE_FLAGS || !def->max_entries || def->key_size != 4 ||
	    !def->value_size || def->value_size % frame ||
	    def->value_size / frame > STACK_TRACE_MAX_DEPTH)
		return -EINVAL;
	return def->max_entries > 1u << 31 ? -E2BIG : 0;
}

static u64 layout(const struct map_def *def, struct map *map)
{
	u64 buckets = 64, nr = 1, elems, elem_size = sizeof(struct elem) + def->value_size;

	while (nr < def->max_entries)
		nr *= 2;
	elems = round_up(buckets + nr * sizeof(u32), 64);
	if (map) {
		map->geo.control = 0;
		map->geo.words[BUCKETS] = buckets;
		map->geo.words[BUCKET_MASK] = nr - 1;
		map->geo.words[ELEMS] = elems;
		map->geo.words[ELEM_SIZE] = elem_size;
		map->geo.words[FRAME_SIZE] = frame_size(def);
	}
	return elems + (def->max_entries + 1ull) * elem_size; /* number 0 is never used */
}

static int init(struct map *map)
{
	return 0; /* zeroes are an empty map */
}

static struct control *control_of(const struct map *map)
{
	return (struct control *)(map->mem + map->geo.control);
}

static _Atomic u32 *bucket_of(const struct map *map, u32 id)
{
	return (_Atomic u32 *)(map->mem + map->geo.words[BUCKETS]) + id;
}

/* The element of a number from shared memory, or NULL. */
static struct elem *elem_of(const struct map *map, u32 number)
{
	if (number - 1 >= map->def.max_entries)
		return NULL;
	return (struct elem *)(map->mem + map->geo.words[ELEMS] +
			       number * map->geo.words[ELEM_SIZE]);
}

static void elem_free(const struct map *map, u32 number)
{
	elem_of(map, number)->link = control_of(map)->first_free;
	control_of(map)->first_free = number;
}

static u32 elem_alloc(const struct map *map)
{
	struct control *control = control_of(map);
	u32 number = control->first_free;
	struct elem *elem = elem_of(map, number);

	if (elem) {
		control->first_free = elem->link;
		return number;
	}
	return control->nr_fresh < map->def.max_entries ? ++control->nr_fresh : 0;
}

/* Makes the free list of whatever no bucket holds; an element that two buckets hold stays in one.
 */
static void rebuild(const struct map *map)
{
	const u32 used = UINT32_MAX;
	struct control *control = control_of(map);
	u32 nr = min(control->nr_fresh, map->def.max_entries);

	for (u32 i = 1; i <= nr; i++)
		elem_of(map, i)->link = 0;
	for (u64 id = 0; id <= map->geo.words[BUCKET_MASK]; id++) {
		u32 number = atomic_load_explicit(bucket_of(map, id), memory_order_relaxed);

		if (!number)
			continue;
		if (number > nr || elem_of(map, number)->link == used)
			atomic_store_explicit(bucket_of(map, id), 0, memory_order_relaxed);
		else
			elem_of(map, number)->link = used;
	}
	control->nr_fresh = nr;
	control->first_free = 0;
	for (u32 i = 1; i <= nr; i++)
		if (elem_of(map, i)->link != used)
			elem_free(map, i);
}

static int begin(const struct map *map)
{
	int err = skep__lock(&control_of(map)->lock);

	if (err)
		return err;
	if (control_of(map)->busy)
		rebuild(map);
	control_of(map)->busy = 1;
	return 0;
}

static void end(const struct map *map)
{
	control_of(map)->busy = 0;
	skep__unlock(&control_of(map)->lock);
}

/* One frame as the map's value has it. With build ids: an address until somebody resolves it. */
static void frame_store(const struct map *map, struct elem *elem, u32 index, u64 ip)
{
	struct bpf_stack_build_id id = { .status = BPF_STACK_BUILD_ID_IP, .ip = ip };

	if (map->def.flags & BPF_F_STACK_BUILD_ID)
		bytes_store(elem->data + index * sizeof(id), &id, sizeof(id));
	else
		bytes_store(elem->data + index * sizeof(ip), &ip, sizeof(ip));
}

static bool same(const struct map *map, const struct elem *elem, const u64 *ips, u32 nr)
{
	u32 size = map->geo.words[FRAME_SIZE];

	if (elem->nr != nr)
		return false;
	for (u32 i = 0; i < nr; i++) {
		u64 ip; /* the last word of either kind of frame */

		bytes_load(&ip, elem->data + (i + 1) * size - sizeof(ip), sizeof(ip));
		if (ip != ips[i])
			return false;
	}
	return true;
}
static_assert(offsetof(struct bpf_stack_build_id, ip) + sizeof(u64) ==
		      sizeof(struct bpf_stack_build_id),
	      "the address is the last word of a frame");

static s64 store_locked(struct map *map, const u64 *ips, u32 nr, u32 hash, u64 flags)
{
	u32 id = hash & map->geo.words[BUCKET_MASK], number;
	u32 old_number = atomic_load_explicit(bucket_of(map, id), memory_order_relaxed);
	struct elem *old = elem_of(map, old_number);

	if (old && old->hash == hash && (flags & BPF_F_FAST_STACK_CMP || same(map, old, ips, nr)))
		return id;
	if (old && !(flags & BPF_F_REUSE_STACKID))
		return -EEXIST;
	number = elem_alloc(map);
	if (!number)
		return -ENOMEM;
	struct elem *elem = elem_of(map, number);

	elem->hash = hash;
	elem->nr = nr;
	for (u32 i = 0; i < nr; i++)
		frame_store(map, elem, i, ips[i]);
	atomic_store_explicit(bucket_of(map, id), number, memory_order_release);
	if (old)
		elem_free(map, old_number);
	return id;
}

s64 skep__stack_trace_store(struct map *map, const u64 *ips, u32 nr, u64 flags)
{
	u32 skip = flags & BPF_F_SKIP_FIELD_MASK;
	u32 depth = min(map->def.value_size / (u32)map->geo.words[FRAME_SIZE] + skip,
			(u32)STACK_TRACE_MAX_DEPTH);

	if (flags & ~(u64)STORE_FLAGS)
		return -EINVAL;
	if (nr <= skip || depth <= skip)
		return -EFAULT;
	ips += skip;
	nr = min(nr, depth) - skip;
	u32 hash = jhash(ips, nr * sizeof(u64), 0);
	int err = begin(map);

	if (err)
		return err;
	s64 id = store_locked(map, ips, nr, hash, flags);

	end(map);
	return id;
}

enum fate { KEEP, REMOVE };

static int extract(struct map *map, const void *key, void *value, enum fate fate)
{
	u32 id, number, size = 0;
	int err;

	memcpy(&id, key, sizeof(id));
	if (id > map->geo.words[BUCKET_MASK])
		return -ENOENT;
	err = begin(map);
	if (err)
		return err;
	number = atomic_load_explicit(bucket_of(map, id), memory_order_acquire);
	struct elem *elem = elem_of(map, number);

	if (elem) {
		size = min(elem->nr * map->geo.words[FRAME_SIZE], (u64)map->def.value_size);
		bytes_load(value, elem->data, size);
		memset((u8 *)value + size, 0, map->def.value_size - size);
	}
	if (elem && fate == REMOVE) {
		atomic_store_explicit(bucket_of(map, id), 0, memory_order_release);
		elem_free(map, number);
	}
	end(map);
	return elem ? 0 : -ENOENT;
}

static int sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return extract(map, key, value, KEEP);
}

static int sys_lookup_and_delete(struct map *map, const void *key, void *value, u64 flags)
{
	return extract(map, key, value, REMOVE);
}

static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static int sys_remove(struct map *map, const void *key)
{
	u32 id, number;
	int err;

	memcpy(&id, key, sizeof(id));
	if (id > map->geo.words[BUCKET_MASK])
		return -E2BIG;
	err = begin(map);
	if (err)
		return err;
	number = atomic_exchange_explicit(bucket_of(map, id), 0, memory_order_acq_rel);
	if (elem_of(map, number))
		elem_free(map, number);
	end(map);
	return number ? 0 : -ENOENT;
}

static int sys_next_key(struct map *map, const void *key, void *next)
{
	u64 id = 0, nr = map->geo.words[BUCKET_MASK] + 1;
	u32 last;

	if (key) {
		memcpy(&last, key, sizeof(last));
		if (last < nr && atomic_load(bucket_of(map, last)))
			id = last + 1ull;
	}
	while (id < nr && !atomic_load_explicit(bucket_of(map, id), memory_order_relaxed))
		id++;
	if (id >= nr)
		return -ENOENT;
	last = id;
	memcpy(next, &last, sizeof(last));
	return 0;
}

const struct map_ops skep__stack_trace_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_lookup_and_delete = sys_lookup_and_delete,
	.sys_next_key = sys_next_key,
};
