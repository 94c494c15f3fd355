/* SPDX-License-Identifier: BSD-2-Clause */
/* hash_of_maps: what bpf(2) answers, on skep and on the kernel. */
#include "map_semantics.h"

#define OUTER BPF_MAP_TYPE_HASH_OF_MAPS

static const struct map_shape model = { BPF_MAP_TYPE_ARRAY, 4, 8, 5 };

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	int inner = play_create(p, &model), outer;

	play_create(p, &(struct map_shape){ OUTER, 4, 4, 8 });
	for (u32 size = 0; size < 10; size++) {
		play_create(p, &(struct map_shape){ OUTER, size, 4, 8, .inner = inner + 1 });
		play_create(p, &(struct map_shape){ OUTER, 4, size, 8, .inner = inner + 1 });
	}
	play_create(p, &(struct map_shape){ OUTER, 4, 4, 0, .inner = inner + 1 });
	outer = play_create(p, &(struct map_shape){ OUTER, 4, 4, 8, .inner = inner + 1 });
	play_create(p, &(struct map_shape){ OUTER, 4, 4, 8, .inner = outer + 1 });
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 15 && bit != 16) /* want an fd */
			play_create(p, &(struct map_shape){ OUTER, 4, 4, 8, 1u << bit,
							    .inner = inner + 1 });
}

static int put_map(struct play *p, int outer, u32 key, int inner, u64 flags)
{
	u32 fd = inner < 0 ? (u32)-1 : (u32)play_fd(p, inner);

	return play_update(p, outer, &key, &fd, flags);
}

/* Ids differ from side to side: only whether there is one. */
static void see(struct play *p, int outer, u32 key)
{
	size_t len = p->log.len;
	u32 id = 0;
	int err = play_lookup(p, outer, &key, &id, 0);

	p->log.len = len;
	play_note(p, "lookup of %u = %d, %s", key, err, id ? "a map" : "none");
}

static void elements_are_maps_of_the_models_shape(struct play *p)
{
	static const struct map_shape others[] = {
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 6 },
		{ BPF_MAP_TYPE_ARRAY, 4, 16, 5 },
		{ BPF_MAP_TYPE_ARRAY, 4, 8, 5, BPF_F_MMAPABLE },
		{ BPF_MAP_TYPE_HASH, 4, 8, 5 },
		{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 5 },
	};
	int inner = play_create(p, &model), same = play_create(p, &model);
	int outer = play_create(p, &(struct map_shape){ OUTER, 4, 4, 2, .inner = inner + 1 });
	u32 next;

	see(p, outer, 1);
	play_del(p, outer, 1);
	put_map(p, outer, 1, -1, BPF_ANY);
	put_map(p, outer, 1, same, BPF_EXIST);
	put_map(p, outer, 1, same, BPF_NOEXIST);
	put_map(p, outer, 1, inner, BPF_NOEXIST);
	put_map(p, outer, 1, inner, BPF_EXIST);
	put_map(p, outer, 1, inner, 3);
	put_map(p, outer, 1, inner, BPF_F_LOCK);
	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		put_map(p, outer, 2, play_create(p, &others[i]), BPF_ANY);
	put_map(p, outer, 2, outer, BPF_ANY);
	put_map(p, outer, 2, inner, BPF_ANY);
	put_map(p, outer, 3, inner, BPF_ANY);
	put_map(p, outer, 3, -1, BPF_ANY);
	see(p, outer, 1);
	see(p, outer, 2);
	see(p, outer, 3);
	play_take(p, outer, &(u32){ 1 }, NULL, 0);
	play_del(p, outer, 1);
	play_del(p, outer, 1);
	see(p, outer, 1);
	play_next(p, outer, NULL, &next);
	play_note(p, "the one left is %u", next);
	play_next(p, outer, &next, &next);
	put_map(p, outer, 3, same, BPF_ANY);
	see(p, outer, 3);
}

static void an_inner_map_outlives_its_fd(struct play *p)
{
	int inner = play_create(p, &model), other = play_create(p, &model);
	int outer = play_create(p, &(struct map_shape){ OUTER, 4, 4, 2, .inner = inner + 1 });

	put_map(p, outer, 1, other, BPF_ANY);
	p->side->close(p->maps[other].fd);
	see(p, outer, 1);
	p->maps[other] = p->maps[outer]; /* so that each fd is closed once */
	p->nr_maps--;
	play_del(p, other, 1);
	see(p, other, 1);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(elements_are_maps_of_the_models_shape),
		SCENE(an_inner_map_outlives_its_fd),
	};

	return play_all("hash_of_maps", scenes, ARRAY_SIZE(scenes));
}
