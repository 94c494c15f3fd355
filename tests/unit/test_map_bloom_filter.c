/* SPDX-License-Identifier: BSD-2-Clause */
/* Bloom filters: never a false "no", few false "yes". */
#include <pthread.h>

#include "map_torture.h"

#define NR 1000

static struct map *new_filter(u32 value_size, u64 hashes, u32 flags)
{
	return torture_map(&(struct map_def){ .type = BPF_MAP_TYPE_BLOOM_FILTER,
					      .value_size = value_size,
					      .max_entries = NR,
					      .extra = hashes,
					      .flags = flags });
}

static void what_was_put_in_is_found(void **state)
{
	for (u32 hashes = 0; hashes <= 15; hashes += 5) {
		struct map *map = new_filter(8, hashes, 0);
		u32 false_yes = 0;

		for (u64 i = 0; i < NR; i++)
			assert_int_equal(map->ops->push(map, &i, BPF_ANY), 0);
		for (u64 i = 0; i < NR; i++)
			assert_int_equal(map->ops->peek(map, &i), 0);
		for (u64 i = NR; i < 11 * NR; i++) {
			int err = map->ops->peek(map, &i);

			assert_true(!err || err == -ENOENT);
			false_yes += !err;
		}
		assert_true(false_yes < 11 * NR / 20); /* 5 % */
		skep__map_free(map);
	}
}

static void flags_and_other_operations_are_refused(void **state)
{
	struct map *map = new_filter(4, 0, BPF_F_ZERO_SEED);
	u32 value = 1;

	assert_int_equal(map->ops->push(map, &value, BPF_NOEXIST), -EINVAL);
	assert_int_equal(map->ops->push(map, &value, BPF_EXIST), -EINVAL);
	assert_int_equal(map->ops->pop(map, &value), -EOPNOTSUPP);
	assert_int_equal(map->ops->sys_remove(map, NULL), -EOPNOTSUPP);
	assert_int_equal(map->ops->sys_next_key(map, NULL, &value), -EOPNOTSUPP);
	skep__map_free(map);
}

static void values_of_any_size_and_alignment_are_hashed_whole(void **state)
{
	u8 bytes[64] = { 0 };

	for (u32 size = 1; size <= 32; size++) {
		struct map *map = new_filter(size, 3, BPF_F_ZERO_SEED);

		memset(bytes, 7, sizeof(bytes));
		assert_int_equal(map->ops->push(map, bytes + 1, BPF_ANY), 0);
		bytes[0] = 1; /* the bytes around it do not count */
		bytes[size + 1] = 1;
		assert_int_equal(map->ops->peek(map, bytes + 1), 0);
		for (u32 i = 1; i <= size; i++) {
			bytes[i] ^= 0x10;
			assert_int_equal(map->ops->peek(map, bytes + 1), -ENOENT);
			bytes[i] ^= 0x10;
		}
		skep__map_free(map);
	}
}

static void *put_odd(void *arg)
{
	struct map *map = arg;

	for (u64 i = 1; i < NR; i += 2)
		map->ops->push(map, &i, BPF_ANY);
	return NULL;
}

static void two_writers_lose_nothing(void **state)
{
	struct map *map = new_filter(8, 15, 0);
	pthread_t other;

	pthread_create(&other, NULL, put_odd, map);
	for (u64 i = 0; i < NR; i += 2)
		map->ops->push(map, &i, BPF_ANY);
	pthread_join(other, NULL);
	for (u64 i = 0; i < NR; i++)
		assert_int_equal(map->ops->peek(map, &i), 0);
	skep__map_free(map);
}

static void put_one(struct map *map, u64 seed)
{
	map->ops->push(map, &seed, BPF_ANY);
}

static void a_killed_writer_leaves_a_usable_filter(void **state)
{
	struct map *map = new_filter(8, 5, 0);

	for (u64 i = 0; i < 50; i++) {
		u64 mine = ~i;

		torture_kill(put_one, map, i << 32, 200 + i * 7);
		assert_int_equal(map->ops->push(map, &mine, BPF_ANY), 0);
		assert_int_equal(map->ops->peek(map, &mine), 0);
	}
	skep__map_free(map);
}

static void a_scribbled_filter_costs_its_data_and_nothing_else(void **state)
{
	struct map *map = new_filter(24, 7, 0);
	u8 value[24] = { 0 };
	u64 seed = 17;

	torture_fence(map);
	for (u32 i = 0; i < 10000; i++) {
		torture_scribble(map, 0, map->mem_size, 4, &seed);
		memcpy(value, &i, sizeof(i));
		assert_int_equal(map->ops->push(map, value, BPF_ANY), 0);
		assert_int_equal(map->ops->peek(map, value), 0);
	}
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_in_is_found),
		cmocka_unit_test(flags_and_other_operations_are_refused),
		cmocka_unit_test(values_of_any_size_and_alignment_are_hashed_whole),
		cmocka_unit_test(two_writers_lose_nothing),
		cmocka_unit_test(a_killed_writer_leaves_a_usable_filter),
		cmocka_unit_test(a_scribbled_filter_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
