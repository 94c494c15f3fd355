/* SPDX-License-Identifier: BSD-2-Clause */
/* Arrays of programs, perf events and maps: what bpf(2) answers, on skep and on the kernel. */
#include "map_semantics.h"

static const u32 types[] = { BPF_MAP_TYPE_PROG_ARRAY, BPF_MAP_TYPE_PERF_EVENT_ARRAY };

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 size = 0; size < 10; size++) {
			play_create(p, &(struct map_shape){ types[t], size, 4, 1 });
			play_create(p, &(struct map_shape){ types[t], 4, size, 1 });
		}
		for (u32 bit = 0; bit < 32; bit++)
			if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node */
				play_create(p, &(struct map_shape){ types[t], 4, 4, 1, 1u << bit });
		play_create(p, &(struct map_shape){ types[t], 4, 4, 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 4, 1, .extra = 1 });
	}
}

static void empty_arrays_give_the_same_errors(struct play *p)
{
	static const u32 keys[] = { 0, 2, 3, UINT32_MAX - 1, UINT32_MAX };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 4, 3 });

		for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
			u32 next;

			play_lookup(p, map, &keys[i], NULL, 0);
			play_remove(p, map, &keys[i]);
			play_take(p, map, &keys[i], NULL, 0);
			if (!play_next(p, map, &keys[i], &next))
				play_note(p, "next is %u", next);
		}
		play_update(p, map, &(u32){ 3 }, &(u32){ 1 }, BPF_ANY);
		play_update(p, map, &(u32){ 0 }, &(u32){ 1 }, BPF_NOEXIST);
		play_update(p, map, &(u32){ 0 }, &(u32){ 1 }, BPF_EXIST);
		play_dump(p, map);
	}
}

static const struct map_shape small = { BPF_MAP_TYPE_ARRAY, 4, 8, 5 };

static void maps_of_maps_need_a_model(struct play *p)
{
	static const struct map_shape models[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 5 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0, 4096 },
		{ BPF_MAP_TYPE_LPM_TRIE, 8, 8, 5, BPF_F_NO_PREALLOC },
		{ BPF_MAP_TYPE_QUEUE, 0, 8, 5 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 5 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 5 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 8, 5 },
		{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 5 },
		{ BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096 },
	};

	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		int inner = play_create(p, &models[i]);

		play_create(p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2,
						    .inner = 1 + inner });
	}
	int inner = play_create(p, &small);
	int outer = play_create(
		p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2, .inner = 1 + inner });

	play_create(p,
		    &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2, .inner = 1 + outer });
	play_create(p,
		    &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 8, 2, .inner = 1 + inner });
	play_create(p,
		    &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 8, 4, 2, .inner = 1 + inner });
	play_create(p,
		    &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 0, .inner = 1 + inner });
	for (u32 bit = 0; bit < 14; bit++)
		if (bit != 2)
			play_create(p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2,
							    1u << bit, .inner = 1 + inner });
}

/* Lookup without the id that it gives: the sides count differently. */
static void is_there(struct play *p, int map, u32 key)
{
	union bpf_attr attr = { 0 };
	u32 id = 0;

	attr.map_fd = play_fd(p, map);
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)&id;
	play_note(p, "slot %u: %ld", key, p->side->bpf(BPF_MAP_LOOKUP_ELEM, &attr));
}

static void put(struct play *p, int outer, u32 key, int inner, u64 flags)
{
	u32 fd = play_fd(p, inner);

	play_update(p, outer, &key, &fd, flags);
	is_there(p, outer, key);
}

static void only_maps_like_the_model_go_in(struct play *p)
{
	static const struct map_shape others[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 5 },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 6 },
		{ BPF_MAP_TYPE_ARRAY, 4, 16, 5 },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 5, BPF_F_MMAPABLE },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 5, BPF_F_INNER_MAP },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 5 },
		{ BPF_MAP_TYPE_QUEUE, 0, 8, 5 },
	};
	int model = play_create(p, &small);
	int outer = play_create(
		p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2, .inner = 1 + model });
	u32 nothing = 9999;

	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		put(p, outer, 0, play_create(p, &others[i]), BPF_ANY);
	put(p, outer, 2, model, BPF_ANY);
	put(p, outer, 1, model, BPF_NOEXIST);
	put(p, outer, 1, model, BPF_EXIST);
	put(p, outer, 1, outer, BPF_ANY);
	put(p, outer, 1, model, BPF_ANY);
	play_update(p, outer, &(u32){ 1 }, &nothing, BPF_ANY);
	play_remove(p, outer, &(u32){ 1 });
	play_remove(p, outer, &(u32){ 1 });
	is_there(p, outer, 1);
	play_remove(p, outer, &(u32){ 2 });
}

static void models_that_may_vary_in_size_are_told_by_their_flag(struct play *p)
{
	int model =
		play_create(p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY, 4, 8, 5, BPF_F_INNER_MAP });
	int outer = play_create(
		p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2, .inner = 1 + model });
	int queues = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_QUEUE, 0, 8, 5 });
	int outer2 = play_create(
		p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 2, .inner = 1 + queues });

	put(p, outer, 0,
	    play_create(p, &(struct map_shape){ BPF_MAP_TYPE_ARRAY, 4, 8, 50, BPF_F_INNER_MAP }),
	    0);
	put(p, outer, 0, play_create(p, &small), 0);
	put(p, outer2, 0, play_create(p, &(struct map_shape){ BPF_MAP_TYPE_QUEUE, 0, 8, 9 }), 0);
	put(p, outer2, 0, play_create(p, &(struct map_shape){ BPF_MAP_TYPE_STACK, 0, 8, 5 }), 0);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(empty_arrays_give_the_same_errors),
		SCENE(maps_of_maps_need_a_model),
		SCENE(only_maps_like_the_model_go_in),
		SCENE(models_that_may_vary_in_size_are_told_by_their_flag),
	};

	return play_all("fd_array", scenes, ARRAY_SIZE(scenes));
}
