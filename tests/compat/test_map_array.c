/* SPDX-License-Identifier: BSD-2-Clause */
/* array and percpu_array: what bpf(2) answers, on skep and on the kernel. */
#include <string.h>
#include <sys/mman.h>

#include "map_semantics.h"

#define ARRAY BPF_MAP_TYPE_ARRAY
#define PERCPU_ARRAY BPF_MAP_TYPE_PERCPU_ARRAY

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	static const u32 types[] = { ARRAY, PERCPU_ARRAY };
	static const u32 values[] = { 0,     1,     7,     8,          9,         32760,
				      32761, 32768, 32769, 0x7fffffff, 0x80000000 };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 key = 0; key < 9; key++)
			play_create(p, &(struct map_shape){ types[t], key, 8, 1 });
		for (u32 v = 0; v < ARRAY_SIZE(values); v++)
			if (values[v] != 0x7fffffff) /* depends on the memory of the machine */
				play_create(p, &(struct map_shape){ types[t], 4, values[v], 1 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, 1, .extra = 1 });
	}
}

static void creation_knows_the_same_flags(struct play *p)
{
	for (u32 bit = 0; bit < 32; bit++) {
		if (bit == 15 || bit == 16) /* want an fd beside them */
			continue;
		play_create(p, &(struct map_shape){ ARRAY, 4, 8, 1, 1u << bit });
		play_create(p, &(struct map_shape){ PERCPU_ARRAY, 4, 8, 1, 1u << bit });
	}
	play_create(p,
		    &(struct map_shape){ ARRAY, 4, 8, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG });
	play_create(p, &(struct map_shape){ ARRAY, 4, 8, 1, BPF_F_MMAPABLE | BPF_F_INNER_MAP });
}

static void elements_are_all_there_from_the_start(struct play *p, u32 type)
{
	int map = play_create(p, &(struct map_shape){ type, 4, 8, 3 });

	play_dump(p, map);
	play_put(p, map, 1, 0x1122334455667788, BPF_ANY);
	play_put(p, map, 2, 5, BPF_EXIST);
	play_put(p, map, 2, 6, BPF_NOEXIST);
	play_put(p, map, 3, 7, BPF_ANY);
	play_put(p, map, 3, 7, BPF_NOEXIST);
	play_put(p, map, 3, 7, BPF_EXIST);
	for (u64 flags = 3; flags <= 64; flags++)
		play_put(p, map, 0, 9, flags);
	play_put(p, map, 3, 9, 3);
	play_get(p, map, 3);
	play_get(p, map, UINT32_MAX);
	play_del(p, map, 0);
	play_del(p, map, 3);
	play_take(p, map, &(u32){ 0 }, NULL, 0);
	for (u64 flags = 1; flags < 16; flags <<= 1)
		play_lookup(p, map, &(u32){ 0 }, NULL, flags);
	play_dump(p, map);
}

static void array_elements_are_all_there_from_the_start(struct play *p)
{
	elements_are_all_there_from_the_start(p, ARRAY);
}

static void percpu_array_elements_are_all_there_from_the_start(struct play *p)
{
	elements_are_all_there_from_the_start(p, PERCPU_ARRAY);
}

static void walking_goes_by_index_and_starts_over_from_nowhere(struct play *p)
{
	static const u32 keys[] = { 0, 1, 2, 3, 4, 5, 100, UINT32_MAX - 1, UINT32_MAX };
	int map = play_create(p, &(struct map_shape){ ARRAY, 4, 1, 5 });
	u32 next;

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (!play_next(p, map, &keys[i], &next))
			play_note(p, "next is %u", next);
	if (!play_next(p, map, NULL, &next))
		play_note(p, "first is %u", next);
}

static void values_keep_their_size(struct play *p)
{
	for (u32 size = 1; size < 40; size += 3) {
		int map = play_create(p, &(struct map_shape){ ARRAY, 4, size, 4 });
		u8 value[40];

		for (u32 key = 0; key < 4; key++) {
			memset(value, 0x10 * (key + 1) + size % 16, sizeof(value));
			play_update(p, map, &key, value, BPF_ANY);
		}
		play_dump(p, map);
	}
}

static void percpu_values_are_one_for_each_cpu(struct play *p)
{
	int map = play_create(p, &(struct map_shape){ PERCPU_ARRAY, 4, 5, 2 });
	u8 values[8 * 256], back[8 * 256];

	assert_true(p->nr_cpus <= 256);
	for (u32 i = 0; i < sizeof(values); i++)
		values[i] = i;
	play_update(p, map, &(u32){ 1 }, values, BPF_ANY);
	memset(back, 0xaa, sizeof(back));
	assert_int_equal(play_lookup(p, map, &(u32){ 1 }, back, 0), 0);
	assert_memory_equal(back, values, 8 * p->nr_cpus);
	play_lookup(p, map, &(u32){ 0 }, NULL, 0);
}

static void a_mapped_array_is_the_array(struct play *p)
{
	int map = play_create(p, &(struct map_shape){ ARRAY, 4, 12, 1000, BPF_F_MMAPABLE });
	u8 *mem = mmap(NULL, 16 * 1000, PROT_READ | PROT_WRITE, MAP_SHARED, play_fd(p, map), 0);
	u8 value[12] = "abcdefghijk";

	assert_ptr_not_equal(mem, MAP_FAILED);
	play_update(p, map, &(u32){ 3 }, value, BPF_ANY);
	play_bytes(p, "element 3 at 48", mem + 48, 16);
	memcpy(mem + 999 * 16, "written here", 12);
	play_lookup(p, map, &(u32){ 999 }, NULL, 0);
	munmap(mem, 16 * 1000);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(creation_knows_the_same_flags),
		SCENE(array_elements_are_all_there_from_the_start),
		SCENE(percpu_array_elements_are_all_there_from_the_start),
		SCENE(walking_goes_by_index_and_starts_over_from_nowhere),
		SCENE(values_keep_their_size),
		SCENE(percpu_values_are_one_for_each_cpu),
		SCENE(a_mapped_array_is_the_array),
	};

	return play_all("array", scenes, ARRAY_SIZE(scenes));
}
