/* SPDX-License-Identifier: BSD-2-Clause */
/* lpm_trie: what bpf(2) answers, on skep and on the kernel. */
#include <string.h>

#include "map_semantics.h"

#define TRIE BPF_MAP_TYPE_LPM_TRIE
#define MAX_KEY (4 + 256)

static int trie(struct play *p, u32 key_size, u32 value_size, u32 max_entries, u32 flags)
{
	return play_create(p,
			   &(struct map_shape){ TRIE, key_size, value_size, max_entries, flags });
}

static void creation_accepts_and_refuses_the_same_shapes(struct play *p)
{
	static const u32 keys[] = { 0, 4, 5, 8, 20, 260, 261, 512 };
	static const u32 values[] = { 0, 1, 3, 8, 4194024, 4194025, UINT32_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		trie(p, keys[i], 8, 10, BPF_F_NO_PREALLOC);
	for (u32 i = 0; i < ARRAY_SIZE(values); i++)
		trie(p, 8, values[i], 10, BPF_F_NO_PREALLOC);
	trie(p, 8, 8, 0, BPF_F_NO_PREALLOC);
	trie(p, 8, 8, UINT32_MAX, BPF_F_NO_PREALLOC);
	trie(p, 8, 8, 10, 0);
	for (u32 bit = 0; bit < 32; bit++)
		if (bit != 15 && bit != 16 && bit != 2) /* want an fd or a node beside them */
			trie(p, 8, 8, 10, BPF_F_NO_PREALLOC | 1u << bit);
	trie(p, 8, 8, 10, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG);
	play_create(p, &(struct map_shape){ TRIE, 8, 8, 10, BPF_F_NO_PREALLOC, .extra = 1 });
}

struct key4 {
	u32 len;
	u8 data[4];
};

static void flags_room_and_lengths_give_the_same_errors(struct play *p)
{
	int map = trie(p, 8, 8, 3, BPF_F_NO_PREALLOC);
	struct key4 net = { 8, { 10 } }, host = { 32, { 10, 0, 0, 1 } }, any = { 0, { 0 } };
	struct key4 long_one = { 33, { 10 } }, other = { 9, { 10, 128 } };
	u64 value = 1;

	for (u64 flags = 0; flags < 10; flags++)
		play_update(p, map, &net, &value, flags);
	play_update(p, map, &net, &value, BPF_NOEXIST);
	play_update(p, map, &host, &value, BPF_EXIST);
	play_update(p, map, &host, &value, BPF_NOEXIST);
	play_update(p, map, &long_one, &value, BPF_ANY);
	play_lookup(p, map, &long_one, NULL, 0);
	play_remove(p, map, &long_one);
	play_update(p, map, &any, &value, BPF_ANY);
	play_update(p, map, &other, &value, BPF_ANY); /* full */
	play_update(p, map, &other, &value, BPF_EXIST);
	play_update(p, map, &net, &value, BPF_ANY);
	play_remove(p, map, &other);
	play_take(p, map, &net, NULL, 0);
	for (u64 flags = 1; flags < 16; flags <<= 1)
		play_lookup(p, map, &net, NULL, flags);
	play_remove(p, map, &net);
	play_remove(p, map, &net);
	play_lookup(p, map, &host, NULL, 0);
	play_lookup(p, map, &net, NULL, 0);
}

/* The whole order as next_key gives it, bits beyond the prefixes too. */
static void walk(struct play *p, int map, u32 key_size)
{
	u8 at[MAX_KEY], next[MAX_KEY];
	u32 nr = 0;

	for (; nr < 1000 && !play_next(p, map, nr ? at : NULL, next); nr++) {
		play_bytes(p, "next is", next, key_size);
		memcpy(at, next, key_size);
	}
	play_note(p, "%u keys", nr);
}

static u32 step(u32 *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 8;
}

static void random_key(u32 *seed, u8 *key, u32 data_size)
{
	u32 len = step(seed) % (data_size * 8 + 1);

	if (step(seed) % 40 == 0)
		len += data_size * 8;
	memcpy(key, &len, 4);
	for (u32 i = 0; i < data_size; i++)
		key[4 + i] = step(seed) % 4 ? step(seed) % 3 * 0x55 : step(seed);
}

/* Whatever is done, in whatever order: the same values, errors and walks. */
static void do_anything(struct play *p, u32 data_size, u32 value_size)
{
	int map = trie(p, 4 + data_size, value_size, 40, BPF_F_NO_PREALLOC);
	u8 key[MAX_KEY], next[MAX_KEY], value[64];
	u32 seed = data_size;

	for (u32 i = 0; i < 400; i++) {
		random_key(&seed, key, data_size);
		memset(value, step(&seed), sizeof(value));
		switch (step(&seed) % 8) {
		case 0 ... 2:
			play_update(p, map, key, value, step(&seed) % 4);
			break;
		case 3:
			play_remove(p, map, key);
			break;
		case 4:
			if (!play_next(p, map, key, next))
				play_bytes(p, "next is", next, 4 + data_size);
			break;
		default:
			play_lookup(p, map, key, NULL, 0);
		}
		if (i % 100 == 99)
			walk(p, map, 4 + data_size);
	}
}

static void anything_done_to_ipv4_prefixes_ends_the_same(struct play *p)
{
	do_anything(p, 4, 8);
}

static void anything_done_to_ipv6_prefixes_ends_the_same(struct play *p)
{
	do_anything(p, 16, 12);
}

static void anything_done_to_odd_prefixes_ends_the_same(struct play *p)
{
	do_anything(p, 1, 1);
	do_anything(p, 3, 4);
	do_anything(p, 7, 3);
	do_anything(p, 11, 64);
	do_anything(p, 256, 5);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(creation_accepts_and_refuses_the_same_shapes),
		SCENE(flags_room_and_lengths_give_the_same_errors),
		SCENE(anything_done_to_ipv4_prefixes_ends_the_same),
		SCENE(anything_done_to_ipv6_prefixes_ends_the_same),
		SCENE(anything_done_to_odd_prefixes_ends_the_same),
	};

	return play_all("lpm_trie", scenes, ARRAY_SIZE(scenes));
}
