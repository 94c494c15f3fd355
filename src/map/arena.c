/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_ARENA. The map's file is the arena: a page is there when the file has one at that
 * place, whoever caused it, and free pages are holes. Beside each page stands a byte that says so
 * without a system call; it is behind the truth only for pages that user space touched, which the
 * file is asked about before one is taken for absent.
 */
#include "map/arena.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES (1ull << 32)
#define NO_NODE (-1) /* NUMA_NO_NODE */
#define INTERRUPTIONS 100 /* by signals, of one allocation */

static int arena_check(struct map_def *def)
{
	const u32 flags = BPF_F_SEGV_ON_FAULT | BPF_F_MMAPABLE | BPF_F_NO_USER_CONV;
	u64 bytes = (u64)def->max_entries * ARENA_PAGE;

	if (def->key_size || def->value_size || !def->max_entries ||
	    !(def->flags & BPF_F_MMAPABLE) || def->flags & ~flags || def->extra % ARENA_PAGE)
		return -EINVAL;
	if (bytes > MAX_BYTES)
		return -E2BIG;
	return def->extra >> 32 == (def->extra + bytes - 1) >> 32 ? 0 : -ERANGE;
}

static u64 arena_layout(const struct map_def *def, struct map *map)
{
	u64 bytes = (u64)def->max_entries * ARENA_PAGE;

	if (map) {
		map->geo.control = bytes;
		if (def->extra) {
			map->geo.words[ARENA_USER_START] = def->extra;
			map->geo.words[ARENA_USER_BYTES] = bytes;
		}
	}
	return bytes + sizeof(struct arena_control) + def->max_entries;
}

static u64 arena_mmap_bytes(const struct map *map)
{
	return map->geo.control;
}

void skep__arena_mapped(struct map *map, u64 start, u64 end)
{
	if (arena_user_start(map) || start % ARENA_PAGE)
		return;
	map->geo.words[ARENA_USER_BYTES] = min(end - start, map->geo.control);
	map->geo.words[ARENA_USER_START] = start;
}

/* ---- pages ----------------------------------------------------------------------------------- */

static _Atomic u8 *page_state(const struct map *map, u64 page)
{
	return &arena_control(map)->pages[page];
}

static bool is_state(const struct map *map, u64 page, u8 state)
{
	return atomic_load_explicit(page_state(map, page), memory_order_acquire) == state;
}

static void set_state(const struct map *map, u64 page, u64 pages, u8 state)
{
	for (u64 i = page; i < page + pages; i++)
		atomic_store_explicit(page_state(map, i), state, memory_order_release);
}

static u64 nr_pages(const struct map *map)
{
	return arena_bytes(map) >> ARENA_PAGE_SHIFT;
}

/* Notes the pages of [page, end) that user space brought in. Under the lock. */
static void ask_file(const struct map *map, u64 page, u64 end)
{
	off_t limit = end << ARENA_PAGE_SHIFT, hole, at = page << ARENA_PAGE_SHIFT;

	while (at < limit) {
		at = lseek(map->fd, at, SEEK_DATA);
		if (at < 0 || at >= limit)
			return;
		hole = lseek(map->fd, at, SEEK_HOLE);
		if (hole <= at)
			return;
		for (u64 i = at >> ARENA_PAGE_SHIFT; i < (u64)min(hole, limit) >> ARENA_PAGE_SHIFT;
		     i++) {
			if (is_state(map, i, ARENA_FREE))
				set_state(map, i, 1, ARENA_PRESENT);
		}
		at = hole;
	}
}

static bool __attribute__((noinline)) was_touched(struct map *map, u64 page)
{
	struct arena_control *control = arena_control(map);

	if (!is_state(map, page, ARENA_FREE) || skep__lock(&control->lock))
		return false;
	ask_file(map, page, page + 1);
	skep__unlock(&control->lock);
	return is_state(map, page, ARENA_PRESENT);
}

static bool is_present(struct map *map, u64 page)
{
	return likely(is_state(map, page, ARENA_PRESENT)) || was_touched(map, page);
}

/* User space may have mapped it across a multiple of 2^32, which the kernel's mmap would not have
 * done. */
static bool is_split(const struct map *map)
{
	return (u32)arena_user_start(map) + arena_bytes(map) > MAX_BYTES;
}

void *skep__arena_reach(struct map *map, s64 distance, u32 size)
{
	u64 at = distance < 0 && is_split(map) ? distance + MAX_BYTES : (u64)distance;
	u64 last = at + size - 1;

	if (at >= arena_bytes(map) || last >= arena_bytes(map))
		return NULL;
	if (!is_present(map, at >> ARENA_PAGE_SHIFT) || !is_present(map, last >> ARENA_PAGE_SHIFT))
		return NULL;
	return map->mem + at;
}

void *skep__arena_at(struct map *map, u64 ptr, s64 off, u32 size)
{
	return skep__arena_reach(map, (s64)(u32)ptr + off - (s64)(u32)arena_user_start(map), size);
}

u64 skep__arena_user_ptr(const struct map *map, u64 ptr)
{
	u64 start = arena_user_start(map), low = (u32)ptr, high = start & ~(MAX_BYTES - 1);

	if (!low || map->def.flags & BPF_F_NO_USER_CONV)
		return low;
	if (low < (u32)start && is_split(map))
		high += MAX_BYTES;
	return high | low;
}

/* ---- allocation ------------------------------------------------------------------------------ */

static bool all_free(const struct map *map, u64 page, u64 pages)
{
	for (u64 i = page; i < page + pages; i++) {
		if (!is_state(map, i, ARENA_FREE))
			return false;
	}
	return true;
}

/* The smallest run of free pages that is large enough: its first page, or -1. */
static s64 find_free(const struct map *map, u64 pages)
{
	u64 nr = nr_pages(map), best_length = UINT64_MAX, end;
	s64 best = -1;

	for (u64 i = 0; i < nr; i = end + 1) {
		for (end = i; end < nr && is_state(map, end, ARENA_FREE); end++)
			;
		if (end - i >= pages && end - i < best_length) {
			best = i;
			best_length = end - i;
		}
	}
	return best;
}

/* Pages of zeros: allocated first, so that touching them cannot fail, then touched, since the file
 * counts as holes what nobody has. */
static bool populate(struct map *map, u64 page, u64 pages)
{
	off_t at = page << ARENA_PAGE_SHIFT, len = pages << ARENA_PAGE_SHIFT;
	int turns = 0, ret;

	do
		ret = fallocate(map->fd, 0, at, len);
	while (ret && errno == EINTR && turns++ < INTERRUPTIONS);
	if (ret)
		return false;
	for (u64 i = page; i < page + pages; i++)
		atomic_store_explicit((_Atomic u8 *)map->mem + (i << ARENA_PAGE_SHIFT), 0,
				      memory_order_relaxed);
	return true;
}

static void make_holes(struct map *map, u64 page, u64 pages)
{
	fallocate(map->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page << ARENA_PAGE_SHIFT,
		  pages << ARENA_PAGE_SHIFT);
}

/* The page that an address names for a function, or -1. */
static s64 page_of(const struct map *map, u64 addr)
{
	u32 low = (u32)addr - (u32)arena_user_start(map);

	return addr % ARENA_PAGE ? -1 : (s64)(low >> ARENA_PAGE_SHIFT);
}

static s64 choose(struct map *map, s64 page, u64 pages)
{
	ask_file(map, 0, nr_pages(map));
	if (page < 0)
		return find_free(map, pages);
	return all_free(map, page, pages) ? page : -1;
}

u64 skep__arena_alloc(struct map *map, u64 addr, u32 pages, s32 node, u64 flags)
{
	struct arena_control *control = arena_control(map);
	s64 page = addr ? page_of(map, addr) : -1;

	if (flags || !pages || pages > nr_pages(map) || (node != NO_NODE && node != 0))
		return 0;
	if (addr && (page < 0 || (u64)page > nr_pages(map) - pages))
		return 0;
	if (skep__lock(&control->lock))
		return 0;
	page = choose(map, page, pages);
	if (page >= 0 && populate(map, page, pages))
		set_state(map, page, pages, ARENA_PRESENT);
	else
		page = -1;
	skep__unlock(&control->lock);
	return page < 0 ? 0 : arena_user_start(map) + ((u64)page << ARENA_PAGE_SHIFT);
}

/* The lower half of the address counts, in the 4 GiB that the arena begins in. */
void skep__arena_free(struct map *map, u64 addr, u32 pages)
{
	struct arena_control *control = arena_control(map);
	s64 off = (s64)((u32)addr & ~(ARENA_PAGE - 1)) - (s64)(u32)arena_user_start(map);
	u64 page, left;

	if (off < 0 && is_split(map))
		off += MAX_BYTES;
	if (!pages || !addr || off < 0 || (u64)off >= arena_bytes(map))
		return;
	page = (u64)off >> ARENA_PAGE_SHIFT;
	left = nr_pages(map) - page;
	if (skep__lock(&control->lock))
		return;
	set_state(map, page, min(pages, left), ARENA_FREE);
	make_holes(map, page, min(pages, left));
	skep__unlock(&control->lock);
}

int skep__arena_reserve(struct map *map, u64 addr, u32 pages)
{
	struct arena_control *control = arena_control(map);
	s64 page = page_of(map, addr);
	int err;

	if (!pages || page < 0)
		return 0;
	if (pages > nr_pages(map) || (u64)page > nr_pages(map) - pages)
		return -EINVAL;
	if (skep__lock(&control->lock))
		return -EBUSY;
	err = choose(map, page, pages) < 0 ? -EBUSY : 0;
	if (!err)
		set_state(map, page, pages, ARENA_RESERVED);
	skep__unlock(&control->lock);
	return err;
}

/* ---- elements: there are none ---------------------------------------------------------------- */

static int arena_init(struct map *map)
{
	return 0;
}

static void *arena_lookup(struct map *map, const void *key, u32 cpu)
{
	return NULL;
}

static int arena_sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	return -EINVAL;
}

static int arena_sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return -EOPNOTSUPP;
}

static int arena_sys_remove(struct map *map, const void *key)
{
	return -EOPNOTSUPP;
}

static int arena_next_key(struct map *map, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

const struct map_ops skep__arena_map_ops = {
	.check = arena_check,
	.sparse = true,
	.layout = arena_layout,
	.init = arena_init,
	.lookup = arena_lookup,
	.sys_lookup = arena_sys_lookup,
	.sys_update = arena_sys_update,
	.sys_remove = arena_sys_remove,
	.sys_next_key = arena_next_key,
	.mmap_bytes = arena_mmap_bytes,
};
