/* SPDX-License-Identifier: BSD-2-Clause */
/* queue and stack: what bpf(2) answers, on skep and on the kernel. */
#include <string.h>

#include "map_semantics.h"

static const u32 types[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK };

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	static const u32 values[] = { 0, 1, 7, 8, 1000, 4194304, 4194305, 0x80000000, UINT32_MAX };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 i = 0; i < ARRAY_SIZE(values); i++)
			play_create(p, &(struct map_shape){ types[t], 0, values[i], 1 });
		play_create(p, &(struct map_shape){ types[t], 0, 8, 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, 1 });
		play_create(p, &(struct map_shape){ types[t], 0, 8, 1, .extra = 1 });
		play_create(p, &(struct map_shape){ types[t], 0, 8, 1,
						    BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG });
	}
}

static void creation_knows_the_same_flags(struct play *p)
{
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node beside them */
			play_create(p,
				    &(struct map_shape){ BPF_MAP_TYPE_QUEUE, 0, 8, 1, 1u << bit });
}

static void push_peek_and_pop(struct play *p, u32 type, u32 value_size)
{
	int map = play_create(p, &(struct map_shape){ type, 0, value_size, 3 });
	u8 value[64], next[8];

	play_lookup(p, map, NULL, NULL, 0);
	play_take(p, map, NULL, NULL, 0);
	for (u32 i = 0; i < 40; i++) {
		memset(value, i, sizeof(value));
		play_update(p, map, NULL, value, i % 5);
		play_lookup(p, map, NULL, NULL, 0);
		if (i % 7 < 3)
			play_take(p, map, NULL, NULL, 0);
	}
	for (u64 flags = 1; flags < 16; flags <<= 1) {
		play_lookup(p, map, NULL, NULL, flags);
		play_take(p, map, NULL, NULL, flags);
	}
	play_remove(p, map, NULL);
	play_next(p, map, NULL, next);
	while (!play_take(p, map, NULL, NULL, 0))
		;
}

static void a_queue_does_the_same(struct play *p)
{
	push_peek_and_pop(p, BPF_MAP_TYPE_QUEUE, 8);
	push_peek_and_pop(p, BPF_MAP_TYPE_QUEUE, 13);
}

static void a_stack_does_the_same(struct play *p)
{
	push_peek_and_pop(p, BPF_MAP_TYPE_STACK, 4);
	push_peek_and_pop(p, BPF_MAP_TYPE_STACK, 33);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(creation_knows_the_same_flags),
		SCENE(a_queue_does_the_same),
		SCENE(a_stack_does_the_same),
	};

	return play_all("queue_stack", scenes, ARRAY_SIZE(scenes));
}
