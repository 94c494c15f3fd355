/* SPDX-License-Identifier: BSD-2-Clause */
/* bloom_filter: what bpf(2) answers, on skep and on the kernel; wrong guesses included. */
#include <string.h>

#include "map_semantics.h"

#define BLOOM BPF_MAP_TYPE_BLOOM_FILTER

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	static const u32 values[] = { 0, 1, 3, 8, 4194304, 4194305, UINT32_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(values); i++)
		play_create(p, &(struct map_shape){ BLOOM, 0, values[i], 1 });
	play_create(p, &(struct map_shape){ BLOOM, 4, 8, 1 });
	play_create(p, &(struct map_shape){ BLOOM, 0, 8, 0 });
	play_create(p, &(struct map_shape){ BLOOM, 4, UINT32_MAX, 0 });
	for (u64 extra = 1; extra < 1ull << 40; extra *= 2)
		play_create(p, &(struct map_shape){ BLOOM, 0, 8, 1, .extra = extra });
	play_create(p, &(struct map_shape){ BLOOM, 0, 8, 1, .extra = 15 });
}

static void creation_knows_the_same_flags(struct play *p)
{
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node beside them */
			play_create(p, &(struct map_shape){ BLOOM, 0, 8, 1, 1u << bit });
	play_create(p,
		    &(struct map_shape){ BLOOM, 0, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG });
}

static void only_adding_and_asking_is_possible(struct play *p)
{
	int map = play_create(p, &(struct map_shape){ BLOOM, 0, 4, 10 });
	u32 value = 7, next;

	for (u64 flags = 0; flags < 6; flags++)
		play_update(p, map, NULL, &value, flags);
	for (u64 flags = 1; flags < 16; flags <<= 1)
		play_lookup(p, map, NULL, NULL, flags);
	play_take(p, map, NULL, NULL, 0);
	play_remove(p, map, NULL);
	play_next(p, map, NULL, &next);
}

static int ask(struct play *p, int map, const void *value)
{
	union bpf_attr attr = { 0 };

	attr.map_fd = play_fd(p, map);
	attr.value = (uintptr_t)value;
	return p->side->bpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

/* Without a seed, the hash functions decide alone which values are mistaken for others. */
static void it_errs_on_the_same_values(struct play *p)
{
	static const u32 sizes[] = { 1, 4, 5, 8, 12, 13, 16, 24, 40 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes) * 3; i++) {
		int map =
			play_create(p, &(struct map_shape){ BLOOM, 0, sizes[i / 3], 30 + i * 10,
							    BPF_F_ZERO_SEED, .extra = i % 3 * 7 });
		u8 value[40];
		u64 yes = 0;
		u32 nr = 0;

		for (u32 n = 0; n < 300; n++) {
			memset(value, n, sizeof(value));
			memcpy(value, &n, 1 + 3 * (sizes[i / 3] > 3));
			if (n < 40)
				play_update(p, map, NULL, value, 0);
			int err = ask(p, map, value);

			assert_true(!err || err == -ENOENT);
			nr += !err;
			yes = yes * 31 + !err;
		}
		play_note(p, "%u found, as %llx", nr, (unsigned long long)yes);
	}
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(creation_knows_the_same_flags),
		SCENE(only_adding_and_asking_is_possible),
		SCENE(it_errs_on_the_same_values),
	};

	return play_all("bloom_filter", scenes, ARRAY_SIZE(scenes));
}
