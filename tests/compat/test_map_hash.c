/* SPDX-License-Identifier: BSD-2-Clause */
/* hash, percpu_hash, lru_hash, lru_percpu_hash: what bpf(2) answers, on skep and on the kernel. */
#include <stdlib.h>
#include <string.h>

#include "map_semantics.h"

#define HASH BPF_MAP_TYPE_HASH
#define PERCPU_HASH BPF_MAP_TYPE_PERCPU_HASH
#define LRU BPF_MAP_TYPE_LRU_HASH
#define LRU_PERCPU BPF_MAP_TYPE_LRU_PERCPU_HASH

static const u32 types[] = { HASH, PERCPU_HASH, LRU, LRU_PERCPU };

static void creation_accepts_and_refuses_the_same_sizes(struct play *p)
{
	static const u32 sizes[][2] = {
		{ 0, 8 },
		{ 8, 0 },
		{ 1, 1 },
		{ 7, 9 },
		{ 512, 8 },
		{ 4, 32768 },
		{ 4, 32769 },
		{ 4, 32761 },
		{ 4, 4 },
		{ 4194304 - 48 - 4, 4 },
		{ 4194299, 4 },
		{ 4, 4194304 },
		{ 4, 1u << 31 },
		{ 4, UINT32_MAX },
		{ UINT32_MAX, UINT32_MAX },
		{ 4194304 - 53, 4 },
	};

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 i = 0; i < ARRAY_SIZE(sizes); i++)
			play_create(p,
				    &(struct map_shape){ types[t], sizes[i][0], sizes[i][1], 1 });
		while (p->nr_maps) /* they are large */
			p->side->close(p->maps[--p->nr_maps].fd);
		play_create(p, &(struct map_shape){ types[t], 4, 8, 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, (1u << 27) + 1,
						    t < 2 ? BPF_F_NO_PREALLOC : 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, UINT32_MAX,
						    t < 2 ? BPF_F_NO_PREALLOC : 0 });
		play_create(p, &(struct map_shape){ types[t], 4, 8, 1, .extra = 1 });
	}
}

static void creation_knows_the_same_flags(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 bit = 0; bit < 32; bit++) {
			if (bit == 15 || bit == 16 ||
			    bit == 2) /* want an fd or a node beside them */
				continue;
			play_create(p, &(struct map_shape){ types[t], 4, 8, 1, 1u << bit });
		}
		play_create(p, &(struct map_shape){ types[t], 4, 8, 1,
						    BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG });
		play_create(p, &(struct map_shape){ types[t], 4, 8, 1,
						    BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU });
		while (p->nr_maps)
			p->side->close(p->maps[--p->nr_maps].fd);
	}
}

static void flags_say_whether_the_key_may_exist(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 16 });

		play_get(p, map, 1);
		play_del(p, map, 1);
		play_take(p, map, &(u32){ 1 }, NULL, 0);
		play_put(p, map, 1, 10, BPF_EXIST);
		play_put(p, map, 1, 11, BPF_NOEXIST);
		play_put(p, map, 1, 12, BPF_NOEXIST);
		play_get(p, map, 1);
		play_put(p, map, 1, 13, BPF_EXIST);
		play_put(p, map, 2, 14, BPF_ANY);
		play_put(p, map, 2, 15, BPF_ANY);
		for (u64 flags = 3; flags <= 64; flags++)
			play_put(p, map, 1, 99, flags);
		play_put(p, map, 1, 99, 1ull << 32);
		play_dump(p, map);
		for (u64 flags = 1; flags < 16; flags <<= 1) {
			play_lookup(p, map, &(u32){ 1 }, NULL, flags);
			play_take(p, map, &(u32){ 1 }, NULL, flags);
		}
		play_take(p, map, &(u32){ 2 }, NULL, 0);
		play_del(p, map, 1);
		play_del(p, map, 1);
		play_dump(p, map);
	}
}

static void a_full_map_takes_no_more_but_replaces(struct play *p, u32 flags)
{
	for (u32 t = 0; t < 2; t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 5, flags });

		for (u32 key = 0; key < 7; key++)
			play_put(p, map, key, key, BPF_ANY);
		for (u32 key = 0; key < 7; key++)
			play_put(p, map, key, 100 + key, BPF_ANY);
		play_put(p, map, 6, 1, BPF_NOEXIST);
		play_put(p, map, 6, 1, BPF_EXIST);
		play_del(p, map, 3);
		play_put(p, map, 6, 200, BPF_ANY);
		play_put(p, map, 3, 201, BPF_ANY);
		play_dump(p, map);
	}
}

static void a_full_preallocated_map_takes_no_more_but_replaces(struct play *p)
{
	a_full_map_takes_no_more_but_replaces(p, 0);
}

static void a_full_map_without_preallocation_takes_no_more_but_replaces(struct play *p)
{
	a_full_map_takes_no_more_but_replaces(p, BPF_F_NO_PREALLOC);
}

static void keys_of_any_size_are_told_apart_by_every_byte(struct play *p)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 20, 31 };

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		u32 size = sizes[i];
		int map = play_create(p, &(struct map_shape){ HASH, size, 4, 256 });
		u8 key[128] = { 0 };

		for (u32 at = 0; at < size; at++) {
			key[at] = 0x80;
			play_update(p, map, key, &(u32){ at }, BPF_NOEXIST);
			key[at] = 1;
			play_update(p, map, key, &(u32){ at + 1000 }, BPF_NOEXIST);
			key[at] = 0;
		}
		play_lookup(p, map, key, NULL, 0);
		play_dump(p, map);
		p->side->close(p->maps[--p->nr_maps].fd);
	}
}

static void values_keep_their_size(struct play *p)
{
	for (u32 size = 1; size < 40; size += 3) {
		int map = play_create(p, &(struct map_shape){ HASH, 4, size, 4 });
		u8 value[40];

		for (u32 key = 0; key < 4; key++) {
			memset(value, 0x10 * (key + 1) + size % 16, sizeof(value));
			play_update(p, map, &key, value, BPF_ANY);
		}
		play_dump(p, map);
		play_take(p, map, &(u32){ 2 }, NULL, 0);
		p->side->close(p->maps[--p->nr_maps].fd);
	}
}

static void percpu_values_are_one_for_each_cpu(struct play *p)
{
	for (u32 t = 1; t < 4; t += 2) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 5, 8 });
		u8 values[8 * 256], back[8 * 256];

		assert_true(p->nr_cpus <= 256);
		for (u32 i = 0; i < sizeof(values); i++)
			values[i] = i;
		play_update(p, map, &(u32){ 1 }, values, BPF_ANY);
		memset(back, 0xaa, sizeof(back));
		assert_int_equal(play_lookup(p, map, &(u32){ 1 }, back, 0), 0);
		assert_memory_equal(back, values, 8 * p->nr_cpus);
		memset(values, 7, sizeof(values));
		play_update(p, map, &(u32){ 1 }, values, BPF_EXIST);
		assert_int_equal(play_take(p, map, &(u32){ 1 }, back, 0), 0);
		assert_memory_equal(back, values, 8 * p->nr_cpus);
		play_lookup(p, map, &(u32){ 1 }, NULL, 0);
	}
}

static void walking_visits_every_key_once(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 1000 });
		u32 next, key;

		play_next(p, map, NULL, &next);
		play_next(p, map, &(u32){ 1 }, &next);
		for (key = 0; key < 30; key++)
			play_put(p, map, key * 7, key, BPF_ANY);
		assert_int_equal(play_dump(p, map), 30);
		/* From a key that is not there it starts over. */
		assert_int_equal(play_next(p, map, NULL, &key), 0);
		assert_int_equal(play_next(p, map, &(u32){ 1 }, &next), 0);
		assert_int_equal(key, next);
	}
}

/* Recent keys stay: how many old ones do is the kernel's and skep's own business. */
static void lru_maps_forget_old_keys(struct play *p)
{
	for (u32 t = 2; t < 4; t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 1000 });
		u64 values[256] = { 0 };
		u32 recent = 0, key, n = 0;
		size_t len = p->log.len;

		for (key = 0; key < 3000; key++)
			assert_int_equal(play_put(p, map, key, key, BPF_ANY), 0);
		for (key = 2800; key < 3000; key++)
			recent += play_lookup(p, map, &key, values, 0) == 0;
		n = play_dump(p, map);
		p->log.len = len; /* which keys is not for comparison */
		play_note(p, "recent keys: %u; %s than max_entries", recent,
			  n > 1000 ? "more" : "not more");
	}
}

static void a_full_lru_map_replaces_and_respects_flags(struct play *p)
{
	for (u32 t = 2; t < 4; t++) {
		int map = play_create(p, &(struct map_shape){ types[t], 4, 8, 64 });

		for (u32 key = 0; key < 8; key++)
			play_put(p, map, key, key, BPF_NOEXIST);
		for (u32 key = 0; key < 10; key++)
			play_put(p, map, key, key + 50, BPF_EXIST);
		play_put(p, map, 3, 1, BPF_NOEXIST);
		play_dump(p, map);
	}
}

static void no_common_lru_rounds_to_cpus(struct play *p)
{
	for (u32 t = 2; t < 4; t++) {
		for (u32 n = 1; n < 6; n++) {
			int map = play_create(
				p, &(struct map_shape){ types[t], 4, 8, n, BPF_F_NO_COMMON_LRU });

			play_put(p, map, 1, 2, BPF_ANY);
			play_get(p, map, 1);
			play_del(p, map, 1);
		}
	}
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_sizes),
		SCENE(creation_knows_the_same_flags),
		SCENE(flags_say_whether_the_key_may_exist),
		SCENE(a_full_preallocated_map_takes_no_more_but_replaces),
		SCENE(a_full_map_without_preallocation_takes_no_more_but_replaces),
		SCENE(keys_of_any_size_are_told_apart_by_every_byte),
		SCENE(values_keep_their_size),
		SCENE(percpu_values_are_one_for_each_cpu),
		SCENE(walking_visits_every_key_once),
		SCENE(lru_maps_forget_old_keys),
		SCENE(a_full_lru_map_replaces_and_respects_flags),
		SCENE(no_common_lru_rounds_to_cpus),
	};

	return play_all("hash", scenes, ARRAY_SIZE(scenes));
}
