/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arenas: which are made and which refused, that they have no elements, and where user space may
 * have them, on skep and on the kernel.
 */
#include <sys/mman.h>

#include "map_semantics.h"

#define PAGE 4096
#define AT 0x100000000000ull

static struct map_shape arena(u32 pages, u64 extra)
{
	return (struct map_shape){
		BPF_MAP_TYPE_ARENA, 0, 0, pages, BPF_F_MMAPABLE, .extra = extra
	};
}

static void flags_are_known(struct play *p)
{
	struct map_shape shape = arena(1, 0);

	for (u32 bit = 0; bit < 32; bit++) {
		if (bit == 15 || bit == 16 || bit == 2) /* want an fd or a node */
			continue;
		shape.flags = 1u << bit;
		play_create(p, &shape);
		shape.flags |= BPF_F_MMAPABLE;
		play_create(p, &shape);
	}
}

static void keys_and_values_are_refused(struct play *p)
{
	struct map_shape shape = arena(1, 0);

	shape.key_size = 4;
	play_create(p, &shape);
	shape.value_size = 4;
	play_create(p, &shape);
	shape.key_size = 0;
	play_create(p, &shape);
}

static void sizes_end_at_four_gigabytes(struct play *p)
{
	static const u32 pages[] = { 0, 1, 2, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, UINT32_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(pages); i++) {
		struct map_shape shape = arena(pages[i], 0);

		play_create(p, &shape);
		shape.extra = AT;
		play_create(p, &shape);
	}
}

static void addresses_are_of_pages_that_share_their_upper_half(struct play *p)
{
	static const u64 extras[] = { 1,
				      PAGE - 1,
				      PAGE,
				      AT + 1,
				      AT - PAGE,
				      AT,
				      AT - 2 * PAGE,
				      UINT64_MAX,
				      -(u64)PAGE,
				      1ull << 63,
				      (u64)UINT32_MAX + 1 - PAGE };

	for (u32 i = 0; i < ARRAY_SIZE(extras); i++) {
		struct map_shape shape = arena(2, extras[i]);

		play_create(p, &shape);
	}
}

static void there_are_no_elements(struct play *p)
{
	struct map_shape shape = arena(2, 0);
	int map = play_create(p, &shape);
	u32 key = 0, next;
	u64 value;

	play_lookup(p, map, NULL, &value, 0);
	play_lookup(p, map, &key, &value, 0);
	play_update(p, map, NULL, &value, 0);
	play_update(p, map, NULL, &value, BPF_NOEXIST);
	play_remove(p, map, NULL);
	play_take(p, map, NULL, &value, 0);
	play_next(p, map, NULL, &next);
	play_next(p, map, &key, &next);
	play_freeze(p, map);
}

static void user_space_reads_zeros_and_keeps_what_it_writes(struct play *p)
{
	struct map_shape shape = arena(3, 0);
	int map = play_create(p, &shape);
	u8 *mem = map < 0 ? MAP_FAILED
			  : mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
				 play_fd(p, map), 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	play_note(p, "read %u", mem[PAGE]);
	mem[PAGE] = 7;
	mem[2 * PAGE] = 9;
	play_note(p, "read %u %u %u", mem[0], mem[PAGE], mem[2 * PAGE]);
	munmap(mem, 3 * PAGE);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(flags_are_known),
		SCENE(keys_and_values_are_refused),
		SCENE(sizes_end_at_four_gigabytes),
		SCENE(addresses_are_of_pages_that_share_their_upper_half),
		SCENE(there_are_no_elements),
		SCENE(user_space_reads_zeros_and_keeps_what_it_writes),
	};

	return play_all("arena", scenes, ARRAY_SIZE(scenes));
}
