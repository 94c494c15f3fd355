/* SPDX-License-Identifier: BSD-2-Clause */
/* Longest prefix match, as a router or a firewall relies on it. */
#include <pthread.h>

#include "map_torture.h"

struct key {
	u32 len;
	u8 data[4];
};

struct value {
	u64 a, b; /* b is always ~a */
};

static struct map *new_trie(u32 max_entries)
{
	return torture_map(&(struct map_def){ .type = BPF_MAP_TYPE_LPM_TRIE,
					      .key_size = sizeof(struct key),
					      .value_size = sizeof(struct value),
					      .max_entries = max_entries,
					      .flags = BPF_F_NO_PREALLOC });
}

static struct key key(u8 a, u8 b, u8 c, u8 d, u32 len)
{
	return (struct key){ len, { a, b, c, d } };
}

static int add(struct map *map, struct key key, u64 number, u64 flags)
{
	struct value value = { number, ~number };

	return map->ops->update(map, &key, &value, flags, 0);
}

static int drop(struct map *map, struct key key)
{
	return map->ops->remove(map, &key, 0);
}

/* The number of the prefix that a key matches, or -1. */
static s64 match(struct map *map, struct key key)
{
	struct value *value = map->ops->lookup(map, &key, 0);

	if (!value)
		return -1;
	assert_true(value->b == ~value->a);
	return value->a;
}

static void the_longest_matching_prefix_wins(void **state)
{
	struct map *map = new_trie(10);

	assert_int_equal(match(map, key(10, 0, 0, 1, 32)), -1);
	assert_int_equal(add(map, key(0, 0, 0, 0, 0), 1, BPF_ANY), 0);
	assert_int_equal(add(map, key(10, 0, 0, 0, 8), 2, BPF_ANY), 0);
	assert_int_equal(add(map, key(10, 1, 0, 0, 16), 3, BPF_ANY), 0);
	assert_int_equal(add(map, key(10, 1, 2, 3, 32), 4, BPF_ANY), 0);
	assert_int_equal(match(map, key(9, 1, 2, 3, 32)), 1);
	assert_int_equal(match(map, key(10, 9, 2, 3, 32)), 2);
	assert_int_equal(match(map, key(10, 1, 2, 4, 32)), 3);
	assert_int_equal(match(map, key(10, 1, 2, 3, 32)), 4);
	assert_int_equal(match(map, key(10, 1, 2, 3, 31)), 3); /* a shorter question */
	assert_int_equal(match(map, key(10, 1, 2, 3, 15)), 2);
	assert_int_equal(match(map, key(10, 1, 2, 3, 33)), -1);
	assert_int_equal(drop(map, key(10, 1, 0, 0, 16)), 0);
	assert_int_equal(match(map, key(10, 1, 2, 4, 32)), 2);
	assert_int_equal(match(map, key(10, 1, 2, 3, 32)), 4);
	assert_int_equal(drop(map, key(10, 1, 0, 0, 16)), -ENOENT);
	skep__map_free(map);
}

static void flags_and_limits_answer_as_the_kernel_does(void **state)
{
	struct map *map = new_trie(2);

	assert_int_equal(add(map, key(1, 0, 0, 0, 8), 1, BPF_EXIST), -ENOENT);
	assert_int_equal(add(map, key(1, 0, 0, 0, 8), 1, BPF_NOEXIST), 0);
	assert_int_equal(add(map, key(1, 0, 0, 0, 8), 1, BPF_NOEXIST), -EEXIST);
	assert_int_equal(add(map, key(1, 0, 0, 0, 8), 2, BPF_EXIST), 0);
	assert_int_equal(add(map, key(1, 0, 0, 0, 8), 1, 3), -EINVAL);
	assert_int_equal(add(map, key(1, 0, 0, 0, 33), 1, 0), -EINVAL);
	assert_int_equal(drop(map, key(1, 0, 0, 0, 33)), -EINVAL);
	assert_int_equal(add(map, key(2, 0, 0, 0, 8), 3, BPF_ANY), 0);
	assert_int_equal(add(map, key(3, 0, 0, 0, 8), 4, BPF_ANY), -ENOSPC);
	assert_int_equal(add(map, key(2, 0, 0, 0, 8), 5, BPF_ANY), 0);
	assert_int_equal(match(map, key(2, 1, 1, 1, 32)), 5);
	assert_int_equal(match(map, key(3, 1, 1, 1, 32)), -1);
	skep__map_free(map);
}

static void prefixes_come_before_those_that_contain_them(void **state)
{
	static const struct key want[] = { { 24, { 192, 168, 0, 0 } },
					   { 24, { 192, 168, 1, 0 } },
					   { 24, { 192, 168, 128, 0 } },
					   { 16, { 192, 168, 0, 0 } } };
	struct map *map = new_trie(4);
	struct key at, next;

	assert_int_equal(map->ops->sys_next_key(map, NULL, &next), -ENOENT);
	for (int i = 3; i >= 0; i--)
		assert_int_equal(add(map, want[i], i, BPF_ANY), 0);
	for (u32 i = 0; i < ARRAY_SIZE(want); i++, at = next) {
		assert_int_equal(map->ops->sys_next_key(map, i ? &at : NULL, &next), 0);
		assert_memory_equal(&next, &want[i], sizeof(next));
	}
	assert_int_equal(map->ops->sys_next_key(map, &at, &next), -ENOENT);
	at = key(1, 2, 3, 4, 32); /* a key that is not there: from the beginning */
	assert_int_equal(map->ops->sys_next_key(map, &at, &next), 0);
	assert_memory_equal(&next, &want[0], sizeof(next));
	skep__map_free(map);
}

/* The same questions to a list of prefixes that is searched from end to end. */
#define MODEL_MAX 200

struct model {
	struct key keys[MODEL_MAX];
	u64 numbers[MODEL_MAX];
	u32 nr;
};

static u32 bits_of(struct key key)
{
	return (u32)key.data[0] << 24 | key.data[1] << 16 | key.data[2] << 8 | key.data[3];
}

static bool covers(struct key prefix, struct key key)
{
	return prefix.len <= key.len &&
	       (!prefix.len || !((bits_of(prefix) ^ bits_of(key)) >> (32 - prefix.len)));
}

static s64 model_match(const struct model *model, struct key key)
{
	s64 best = -1, best_len = -1;

	for (u32 i = 0; i < model->nr; i++)
		if (covers(model->keys[i], key) && (s64)model->keys[i].len > best_len) {
			best = model->numbers[i];
			best_len = model->keys[i].len;
		}
	return best;
}

static u32 model_find(const struct model *model, struct key key)
{
	u32 i = 0;

	while (i < model->nr && !(model->keys[i].len == key.len && covers(model->keys[i], key)))
		i++;
	return i;
}

static struct key random_key(u64 *state)
{
	u32 r = torture_random(state);
	struct key key = { torture_random(state) % 33, { 0 } };

	for (int i = 0; i < 4; i++, r >>= 8)
		key.data[i] = r & 0x80 ? (r & 3) * 0x55 : r;
	return key;
}

static void many_questions_agree_with_a_plain_list(void **state)
{
	struct map *map = new_trie(MODEL_MAX);
	struct model model = { .nr = 0 };
	u64 seed = 42;

	for (u32 i = 0; i < 200000; i++) {
		struct key k = random_key(&seed);
		u32 at = model_find(&model, k);

		if (i % 8 == 0) {
			int want = at < model.nr || model.nr < MODEL_MAX ? 0 : -ENOSPC;

			assert_int_equal(add(map, k, i, BPF_ANY), want);
			model.nr += at == model.nr && !want;
			if (!want) {
				model.keys[at] = k;
				model.numbers[at] = i;
			}
		} else if (i % 8 == 1) {
			if (model.nr && i % 16 == 1)
				k = model.keys[torture_random(&seed) % model.nr];
			at = model_find(&model, k);
			assert_int_equal(drop(map, k), at < model.nr ? 0 : -ENOENT);
			if (at < model.nr) {
				model.nr--;
				model.keys[at] = model.keys[model.nr];
				model.numbers[at] = model.numbers[model.nr];
			}
		} else {
			if (i % 3)
				k.len = 32;
			assert_int_equal(match(map, k), model_match(&model, k));
		}
	}
	skep__map_free(map);
}

/* Most in one corner of the address space, a few elsewhere; then the same in another corner. */
static void crowded_prefixes_are_found_and_so_are_those_elsewhere(void **state)
{
	struct map *map = new_trie(MODEL_MAX);
	u64 seed = 8;

	for (u32 round = 0; round < 6; round++) {
		struct model model = { .nr = 0 };
		u8 corner = torture_random(&seed);

		while (model.nr < MODEL_MAX) {
			struct key k = random_key(&seed);

			if (model.nr % 16) {
				k.data[0] = corner;
				k.data[1] = corner + round % 2;
				k.len = 16 + k.len / 2;
			}
			u32 at = model_find(&model, k);

			assert_int_equal(add(map, k, model.nr, BPF_ANY), 0);
			model.keys[at] = k;
			model.numbers[at] = model.nr;
			model.nr += at == model.nr;
		}
		for (u32 i = 0; i < 20000; i++) {
			struct key k = random_key(&seed);

			if (i % 4)
				k.data[0] = corner;
			if (i % 2)
				k.data[1] = corner + round % 2;
			if (i % 3)
				k.len = 32;
			assert_int_equal(match(map, k), model_match(&model, k));
		}
		while (model.nr--)
			assert_int_equal(drop(map, model.keys[model.nr]), 0);
	}
	skep__map_free(map);
}

/* Two prefixes are never touched; around them everything changes all the time. */
struct traffic {
	struct map *map;
	_Atomic bool stop;
};

static void *ask_all_the_time(void *arg)
{
	struct traffic *traffic = arg;
	u64 seed = 7, wrong = 0;

	while (!atomic_load(&traffic->stop)) {
		struct key inside = key(10, 77, torture_random(&seed), 1, 32);
		struct key outside = key(11, 0, 0, torture_random(&seed), 32);
		struct value value;

		wrong += traffic->map->ops->sys_lookup(traffic->map, &inside, &value, 0) != 0;
		wrong += traffic->map->ops->sys_lookup(traffic->map, &outside, &value, 0) != 0;
		wrong += value.a != 1;
	}
	return (void *)wrong;
}

static void readers_find_what_stays_while_writers_change_the_rest(void **state)
{
	struct traffic traffic = { .map = new_trie(1000) };
	pthread_t reader;
	void *wrong;
	u64 seed = 3;

	assert_int_equal(add(traffic.map, key(0, 0, 0, 0, 0), 1, BPF_ANY), 0);
	assert_int_equal(add(traffic.map, key(10, 77, 0, 0, 16), 2, BPF_ANY), 0);
	assert_int_equal(pthread_create(&reader, NULL, ask_all_the_time, &traffic), 0);
	for (u32 i = 0; i < 20000; i++) {
		struct key k =
			key(10, 77, torture_random(&seed), 1, 17 + torture_random(&seed) % 16);

		assert_int_equal(add(traffic.map, k, i, BPF_ANY), 0);
		assert_int_equal(drop(traffic.map, k), 0);
	}
	atomic_store(&traffic.stop, true);
	pthread_join(reader, &wrong);
	assert_ptr_equal(wrong, NULL);
	skep__map_free(traffic.map);
}

#define KILL_ENTRIES 64

static void change_much(struct map *map, u64 seed)
{
	u64 random = seed * 2654435761u + 1;
	struct key k = random_key(&random);
	struct value value = { seed, ~seed };

	if (torture_random(&random) % 3)
		map->ops->update(map, &k, &value, BPF_ANY, 0);
	else
		map->ops->remove(map, &k, 0);
}

/* Every key in the order is there with a whole value; returns how many. */
static u32 walk(struct map *map)
{
	struct key at, next;
	u32 nr = 0;

	for (; !map->ops->sys_next_key(map, nr ? &at : NULL, &next); at = next, nr++) {
		assert_true(match(map, next) >= 0);
		assert_true(nr <= KILL_ENTRIES);
	}
	return nr;
}

static void a_killed_writer_leaves_a_whole_trie(void **state)
{
	struct map *map = new_trie(KILL_ENTRIES);
	struct key first;

	for (u32 i = 0; i < 100; i++) {
		torture_kill(change_much, map, i * 1000, 200 + i * 13);
		u32 nr = walk(map);
		u64 seed = i + 1;

		/* There is room for exactly as many as are missing. */
		for (u32 tries = 0; nr < KILL_ENTRIES; tries++) {
			assert_true(tries < 100000);
			nr += add(map, random_key(&seed), tries, BPF_NOEXIST) == 0;
		}
		assert_int_equal(walk(map), KILL_ENTRIES);
		int err;

		do
			err = add(map, random_key(&seed), 1, BPF_NOEXIST);
		while (err == -EEXIST);
		assert_int_equal(err, -ENOSPC);
		while (!map->ops->sys_next_key(map, NULL, &first))
			assert_int_equal(drop(map, first), 0);
	}
	skep__map_free(map);
}

static void a_scribbled_trie_costs_its_data_and_nothing_else(void **state)
{
	struct map *map = new_trie(KILL_ENTRIES);
	u64 seed = 99, lock_bytes = 4;

	torture_fence(map);
	for (u32 i = 0; i < 3000; i++) {
		struct key next, k;
		struct value value;

		for (u32 j = 0; j < 40; j++)
			change_much(map, i * 40 + j);
		torture_scribble(map, lock_bytes, map->mem_size - lock_bytes, 1 + i % 40, &seed);
		torture_scribble(map, lock_bytes, 64, i % 3, &seed);
		for (u32 j = 0; j < 40; j++) {
			k = random_key(&seed);
			map->ops->sys_lookup(map, &k, &value, 0);
			map->ops->sys_next_key(map, j & 1 ? &k : NULL, &next);
		}
		if (i % 64 == 0)
			memset(map->mem, 0, map->mem_size);
	}
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_matching_prefix_wins),
		cmocka_unit_test(flags_and_limits_answer_as_the_kernel_does),
		cmocka_unit_test(prefixes_come_before_those_that_contain_them),
		cmocka_unit_test(many_questions_agree_with_a_plain_list),
		cmocka_unit_test(crowded_prefixes_are_found_and_so_are_those_elsewhere),
		cmocka_unit_test(readers_find_what_stays_while_writers_change_the_rest),
		cmocka_unit_test(a_killed_writer_leaves_a_whole_trie),
		cmocka_unit_test(a_scribbled_trie_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
