/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel functions that give arenas their pages. */
#include "helper/arg.h"
#include "map/arena.h"

static struct map *arena_of(u64 reg)
{
	struct map *map = arg_ptr(reg);

	return map->def.type == BPF_MAP_TYPE_ARENA ? map : NULL;
}

DEFINE_KFUNC(bpf_arena_alloc_pages)
{
	struct map *arena = arena_of(r1);

	return arena ? skep__arena_alloc(arena, r2, (u32)r3, (s32)r4, r5) : 0;
}

DEFINE_KFUNC(bpf_arena_free_pages)
{
	struct map *arena = arena_of(r1);

	if (arena)
		skep__arena_free(arena, r2, (u32)r3);
	return 0;
}

DEFINE_KFUNC(bpf_arena_reserve_pages)
{
	struct map *arena = arena_of(r1);

	return result_int(arena ? skep__arena_reserve(arena, r2, (u32)r3) : -EINVAL);
}
