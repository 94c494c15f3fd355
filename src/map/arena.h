/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arenas: up to 4 GiB of sparse memory that programs and user space share under the same addresses.
 * Programs keep pointers as user space has them and look at their lower 32 bits; every access goes
 * through the range and page checks here, so what a pointer holds, and what a peer writes into the
 * map, matters to data alone.
 */
#ifndef SKEP_MAP_ARENA_H
#define SKEP_MAP_ARENA_H

#include "map/lock.h"
#include "map/map.h"

#define ARENA_PAGE_SHIFT 12
#define ARENA_PAGE (1u << ARENA_PAGE_SHIFT)

/* What a page is, in shared memory; anything else counts as ARENA_RESERVED. */
enum arena_page_state {
	ARENA_FREE, /* or user space has touched it since somebody looked: the file tells */
	ARENA_PRESENT,
	ARENA_RESERVED, /* kept from being allocated, by bpf_arena_reserve_pages */
};

/* Behind the pages. */
struct arena_control {
	struct map_lock lock; /* of everything but accesses */
	_Atomic u8 pages[]; /* enum arena_page_state */
};

/* Indices of geo.words; the range is set once, before any program has the map. */
enum { ARENA_USER_START, ARENA_USER_BYTES };

static inline u64 arena_user_start(const struct map *map)
{
	return map->geo.words[ARENA_USER_START];
}

/* Bytes of the arena that user space has mapped: those are there for programs. */
static inline u64 arena_bytes(const struct map *map)
{
	return map->geo.words[ARENA_USER_BYTES];
}

static inline struct arena_control *arena_control(const struct map *map)
{
	return (struct arena_control *)(map->mem + map->geo.control);
}

/* User space has mapped [start, end): where the arena is from now on, unless that is known. */
void skep__arena_mapped(struct map *map, u64 start, u64 end);

/*
 * Data plane. The memory behind lower 32 bits of `ptr`, plus `off`: NULL where no page is, for a
 * part of it too.
 */
void *skep__arena_at(struct map *map, u64 ptr, s64 off, u32 size);

/* The same at a distance from the arena's start, in the 4 GiB that it begins in. */
void *skep__arena_reach(struct map *map, s64 at, u32 size);

/* A pointer as user space has it, from one that only has its lower half. NULL stays NULL. */
u64 skep__arena_user_ptr(const struct map *map, u64 ptr);

/* The kernel functions of these names. They may wait. The address of the pages, or 0. */
u64 skep__arena_alloc(struct map *map, u64 addr, u32 pages, s32 node, u64 flags);
void skep__arena_free(struct map *map, u64 addr, u32 pages);
/* 0, also for addresses between pages; -EINVAL or -EBUSY */
int skep__arena_reserve(struct map *map, u64 addr, u32 pages);

#endif
