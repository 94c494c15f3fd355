/* SPDX-License-Identifier: BSD-2-Clause */
/* ringbuf, user_ringbuf and stack_trace: what bpf(2) answers, on skep and on the kernel. */
#include "map_semantics.h"

static const u32 rings[] = { BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_USER_RINGBUF };

static void rings_are_made_of_the_same_shapes(struct play *p)
{
	static const u32 sizes[] = { 0, 1, 2048, 4095, 4096, 4097, 8192, 12288, 1 << 20 };

	for (u32 t = 0; t < ARRAY_SIZE(rings); t++) {
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
			play_create(p, &(struct map_shape){ rings[t], 0, 0, sizes[i] });
		for (u32 bit = 0; bit < 32; bit++)
			if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node */
				play_create(p,
					    &(struct map_shape){ rings[t], 0, 0, 4096, 1u << bit });
		play_create(p, &(struct map_shape){ rings[t], 4, 0, 4096 });
		play_create(p, &(struct map_shape){ rings[t], 0, 8, 4096 });
		play_create(p, &(struct map_shape){ rings[t], 0, 0, 4096, .extra = 1 });
	}
}

static void rings_have_no_elements(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(rings); t++) {
		int map = play_create(p, &(struct map_shape){ rings[t], 0, 0, 4096 });
		u64 room = 0;

		play_lookup(p, map, NULL, NULL, 0);
		play_update(p, map, NULL, &room, 0);
		play_update(p, map, NULL, &room, BPF_EXIST);
		play_remove(p, map, NULL);
		play_take(p, map, NULL, NULL, 0);
		play_next(p, map, NULL, &room);
	}
}

static void stack_traces_are_made_of_the_same_shapes(struct play *p)
{
	static const u32 values[] = { 0, 4, 8, 12, 16, 24, 32, 1016, 1024, 4064, 4096 };
	const u32 type = BPF_MAP_TYPE_STACK_TRACE;

	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		play_create(p, &(struct map_shape){ type, 4, values[i], 1 });
		play_create(p, &(struct map_shape){ type, 4, values[i], 1, BPF_F_STACK_BUILD_ID });
	}
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node beside them */
			play_create(p, &(struct map_shape){ type, 4, 32, 1, 1u << bit });
	play_create(p, &(struct map_shape){ type, 8, 8, 1 });
	play_create(p, &(struct map_shape){ type, 4, 8, 0 });
	play_create(p, &(struct map_shape){ type, 4, 8, 0x80000001 });
}

static void stack_traces_are_written_by_programs_alone(struct play *p)
{
	static const u32 keys[] = { 0, 1, 7, 8, UINT32_MAX };
	int map = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_STACK_TRACE, 4, 16, 5 });
	u64 value[2] = { 1, 2 };

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		u32 next;

		play_lookup(p, map, &keys[i], NULL, 0);
		play_update(p, map, &keys[i], value, 0);
		play_remove(p, map, &keys[i]);
		play_take(p, map, &keys[i], NULL, 0);
		play_next(p, map, &keys[i], &next);
	}
	play_dump(p, map);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(rings_are_made_of_the_same_shapes),
		SCENE(rings_have_no_elements),
		SCENE(stack_traces_are_made_of_the_same_shapes),
		SCENE(stack_traces_are_written_by_programs_alone),
	};

	return play_all("rings", scenes, ARRAY_SIZE(scenes));
}
