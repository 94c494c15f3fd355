/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory that a map takes in the kernel, as its fdinfo tells it: of Linux 6.18 on 64-bit
 * machines. Tools show it, and compare it with limits; what skep's own tables take is another
 * number.
 */
#include "map/map.h"
#include "sys/fdinfo.h"

#define PAGE 4096ull
#define PTR 8ull
#define BUCKET 16ull /* a list's head and a lock */

static u64 up8(u32 size)
{
	return round_up((u64)size, 8);
}

static u64 pow2(u64 n)
{
	return n <= 1 ? 1 : 1ull << (64 - __builtin_clzll(n - 1));
}

static u64 count_elements(struct map *map)
{
	u8 keys[2][512];
	u64 nr = 0;

	if (map->def.key_size > sizeof(keys[0]))
		return map->def.max_entries;
	while (nr < map->def.max_entries &&
	       !map->ops->sys_next_key(map, nr ? keys[nr % 2] : NULL, keys[(nr + 1) % 2]))
		nr++;
	return nr;
}

static u64 array_bytes(const struct map_def *def)
{
	u64 head = 312, values = def->max_entries * up8(def->value_size);

	if (def->flags & BPF_F_MMAPABLE)
		return round_up(head, PAGE) + round_up(values, PAGE);
	return head + values;
}

static u64 percpu_array_bytes(const struct map_def *def)
{
	return 312 + def->max_entries * (PTR + up8(def->value_size) * def->nr_cpus);
}

static bool is_percpu_hash(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

/* Elements exist from the start, with spare ones for a plain hash; or come one by one. */
static u64 hash_bytes(struct map *map)
{
	const struct map_def *def = &map->def;
	bool percpu = is_percpu_hash(def->type);
	bool lru = def->type == BPF_MAP_TYPE_LRU_HASH || def->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	u64 values = percpu ? up8(def->value_size) * def->nr_cpus : 0;
	u64 elem = 48 + up8(def->key_size) + (percpu ? PTR : up8(def->value_size));
	u64 bytes = 896 + BUCKET * pow2(def->max_entries), nr = def->max_entries;

	if (def->flags & BPF_F_NO_PREALLOC)
		return bytes + count_elements(map) * (elem + PTR + (percpu ? 2 * PTR + values : 0));
	if (def->type == BPF_MAP_TYPE_HASH)
		nr += def->nr_cpus;
	return bytes + nr * (elem + values) + (percpu || lru ? 0 : PTR * def->nr_cpus);
}

static u64 bloom_filter_bytes(const struct map_def *def)
{
	u64 hashes = def->extra & 0xf ? def->extra & 0xf : 5;
	u64 bits = def->max_entries * hashes / 5 * 7;

	if (bits > 1ull << 31)
		return 312 + (1ull << 32) / 8;
	return 312 + pow2(max(bits, 64ull)) / 8;
}

static u64 ring_bytes(const struct map_def *def)
{
	u64 pages = def->max_entries / PAGE;

	return 304 + (3 + pages) * PAGE + (3 + 2 * pages) * PTR;
}

u64 skep__map_kernel_bytes(struct map *map)
{
	const struct map_def *def = &map->def;
	u64 n = def->max_entries;

	switch (def->type) {
	case BPF_MAP_TYPE_ARRAY:
		return array_bytes(def);
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return percpu_array_bytes(def);
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return 312 + PTR * n;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return hash_bytes(map);
	case BPF_MAP_TYPE_LPM_TRIE:
		return count_elements(map) * (24 + def->key_size - 4 + def->value_size);
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
		return 312 + (n + 1) * def->value_size;
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		return ring_bytes(def);
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return bloom_filter_bytes(def);
	case BPF_MAP_TYPE_STACK_TRACE:
		return 320 + pow2(n) * PTR + n * (16 + def->value_size);
	case BPF_MAP_TYPE_DEVMAP:
		return 344 + PTR * n;
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return 344 + PTR * pow2(n) + 64 * count_elements(map);
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
		return 304 + PTR * n;
	case BPF_MAP_TYPE_SOCKMAP:
		return 376 + PTR * n;
	case BPF_MAP_TYPE_SOCKHASH:
		return 384 + BUCKET * pow2(n);
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		return 296 + PTR * n;
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return 328;
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
		return 448 + BUCKET * max(pow2(def->nr_cpus), 2ull);
	case BPF_MAP_TYPE_ARENA:
		return 0;
	default:
		return map->mem_size;
	}
}
