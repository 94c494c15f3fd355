/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps of what belongs to sockets, tasks, inodes and control groups: which are made and which
 * refused, and how empty ones answer, on skep and on the kernel.
 */
#include "map_semantics.h"

static const u32 arrays[] = { BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
			      BPF_MAP_TYPE_CGROUP_ARRAY };
static const u32 cgroup_storages[] = { BPF_MAP_TYPE_CGROUP_STORAGE,
				       BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE };
static const u32 storages[] = { BPF_MAP_TYPE_SK_STORAGE, BPF_MAP_TYPE_INODE_STORAGE,
				BPF_MAP_TYPE_TASK_STORAGE, BPF_MAP_TYPE_CGRP_STORAGE };

static void flags_of(struct play *p, struct map_shape shape)
{
	for (u32 bit = 0; bit < 32; bit++) {
		if (bit == 15 || bit == 16 || bit == 2) /* want an fd or a node */
			continue;
		shape.flags = 1u << bit;
		play_create(p, &shape);
	}
	shape.flags = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	play_create(p, &shape);
	shape.flags = 0;
	shape.extra = 1;
	play_create(p, &shape);
}

static void arrays_are_made_of_the_same_shapes(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(arrays); t++) {
		for (u32 size = 0; size < 17; size++) {
			play_create(p, &(struct map_shape){ arrays[t], size, 4, 1 });
			play_create(p, &(struct map_shape){ arrays[t], 4, size, 1 });
		}
		play_create(p, &(struct map_shape){ arrays[t], 4, 4, 0 });
	}
}

static void sockets_flags_are_known(struct play *p)
{
	flags_of(p, (struct map_shape){ BPF_MAP_TYPE_SOCKMAP, 4, 4, 1 });
	flags_of(p, (struct map_shape){ BPF_MAP_TYPE_SOCKHASH, 4, 4, 1 });
}

static void other_arrays_flags_are_known(struct play *p)
{
	flags_of(p, (struct map_shape){ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4, 1 });
	flags_of(p, (struct map_shape){ BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 1 });
}

static void hashes_of_sockets_are_made_of_the_same_shapes(struct play *p)
{
	static const u32 keys[] = { 0, 1, 4, 100, 511, 512, 513 };

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		play_create(p, &(struct map_shape){ BPF_MAP_TYPE_SOCKHASH, keys[i], 4, 1 });
	for (u32 size = 0; size < 10; size++)
		play_create(p, &(struct map_shape){ BPF_MAP_TYPE_SOCKHASH, 4, size, 1 });
}

static void storage_of_control_groups_is_made_of_the_same_shapes(struct play *p)
{
	static const u32 values[] = { 0, 1, 8, 32767, 32768, 32769, 65407, 65408, 1 << 20 };

	for (u32 t = 0; t < ARRAY_SIZE(cgroup_storages); t++) {
		for (u32 key = 0; key < 20; key++)
			play_create(p, &(struct map_shape){ cgroup_storages[t], key, 8, 0 });
		for (u32 i = 0; i < ARRAY_SIZE(values); i++)
			play_create(p, &(struct map_shape){ cgroup_storages[t], 8, values[i], 0 });
		play_create(p, &(struct map_shape){ cgroup_storages[t], 8, 8, 1 });
		flags_of(p, (struct map_shape){ cgroup_storages[t], 8, 8, 0 });
	}
}

static void storage_without_types_is_refused(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(storages); t++) {
		play_create(p, &(struct map_shape){ storages[t], 4, 8, 0, BPF_F_NO_PREALLOC });
		play_create(p, &(struct map_shape){ storages[t], 4, 8, 1 });
	}
}

static void empty_maps_are_walked_and_searched_alike(struct play *p)
{
	static const u32 keys[] = { 0, 1, 2, 3, UINT32_MAX };

	for (u32 t = 0; t < ARRAY_SIZE(arrays); t++) {
		int map = play_create(p, &(struct map_shape){ arrays[t], 4, 8, 3 });

		for (u32 i = 0; i < ARRAY_SIZE(keys) && map >= 0; i++) {
			u32 next;

			if (!play_next(p, map, &keys[i], &next))
				play_note(p, "next is %u", next);
		}
	}
	int hash = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_SOCKHASH, 4, 8, 3 });
	u32 next;

	play_next(p, hash, NULL, &next);
	play_lookup(p, hash, &keys[0], NULL, 0);
}

/* What is asked about elements that are not there, with fds that are none or too large to be one.
 */
static void empty_maps_have_the_same_errnos(struct play *p)
{
	static const u32 keys[] = { 0, 2, 3, UINT32_MAX };
	static const u32 types[] = { BPF_MAP_TYPE_SOCKMAP, BPF_MAP_TYPE_SOCKHASH,
				     BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, BPF_MAP_TYPE_CGROUP_ARRAY };
	u64 none = UINT64_MAX, got;

	for (u32 t = 0; t < 2 * ARRAY_SIZE(types); t++) {
		u32 type = types[t / 2], size = t % 2 ? 8 : 4;
		int map = play_create(p, &(struct map_shape){ type, 4, size, 3 });

		for (u32 i = 0; i < ARRAY_SIZE(keys) && map >= 0; i++) {
			play_lookup(p, map, &keys[i], &got, 0);
			play_remove(p, map, &keys[i]);
			play_update(p, map, &keys[i], &none, 77);
			if (size == 8 || type == BPF_MAP_TYPE_CGROUP_ARRAY)
				play_update(p, map, &keys[i], &none, 0);
		}
	}
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(arrays_are_made_of_the_same_shapes),
		SCENE(sockets_flags_are_known),
		SCENE(other_arrays_flags_are_known),
		SCENE(hashes_of_sockets_are_made_of_the_same_shapes),
		SCENE(storage_of_control_groups_is_made_of_the_same_shapes),
		SCENE(storage_without_types_is_refused),
		SCENE(empty_maps_are_walked_and_searched_alike),
		SCENE(empty_maps_have_the_same_errnos),
	};

	return play_all("owner", scenes, ARRAY_SIZE(scenes));
}
