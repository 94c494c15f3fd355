/* SPDX-License-Identifier: BSD-2-Clause */
/* Queues and stacks, as somebody who hands work from one program to another relies on them. */
#include <pthread.h>

#include "map_torture.h"

struct value {
	u64 a, b, c; /* b and c follow from a */
};

static struct value value_of(u64 a)
{
	return (struct value){ a, ~a, a * 3 };
}

static struct map *new_map(u32 type, u32 max_entries)
{
	return torture_map(&(struct map_def){
		.type = type, .value_size = sizeof(struct value), .max_entries = max_entries });
}

static int push(struct map *map, u64 number, u64 flags)
{
	struct value value = value_of(number);

	return map->ops->push(map, &value, flags);
}

/* The number, or a negative errno; never half a value. */
static s64 whole(int err, struct value value)
{
	struct value want = value_of(value.a);

	if (err)
		return err;
	assert_memory_equal(&value, &want, sizeof(want));
	return value.a;
}

static s64 pop(struct map *map)
{
	struct value value;
	int err = map->ops->pop(map, &value);

	return whole(err, value);
}

static s64 peek(struct map *map)
{
	struct value value;
	int err = map->ops->peek(map, &value);

	return whole(err, value);
}

static void a_queue_gives_the_oldest_first(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_QUEUE, 3);

	for (u64 round = 0; round < 20; round++) {
		assert_int_equal(pop(map), -ENOENT);
		for (u64 i = 1; i <= 3; i++)
			assert_int_equal(push(map, i, BPF_ANY), 0);
		assert_int_equal(push(map, 4, BPF_ANY), -E2BIG);
		assert_int_equal(peek(map), 1);
		for (u64 i = 1; i <= 3; i++)
			assert_int_equal(pop(map), i);
	}
	skep__map_free(map);
}

static void a_stack_gives_the_newest_first(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_STACK, 3);

	for (u64 i = 1; i <= 3; i++)
		assert_int_equal(push(map, i, BPF_ANY), 0);
	assert_int_equal(push(map, 4, BPF_ANY), -E2BIG);
	assert_int_equal(peek(map), 3);
	for (u64 i = 3; i >= 1; i--)
		assert_int_equal(pop(map), i);
	assert_int_equal(peek(map), -ENOENT);
	skep__map_free(map);
}

static void a_forced_push_drops_the_oldest(void **state)
{
	struct map *queue = new_map(BPF_MAP_TYPE_QUEUE, 2), *stack = new_map(BPF_MAP_TYPE_STACK, 2);

	for (u64 i = 1; i <= 5; i++) {
		assert_int_equal(push(queue, i, BPF_EXIST), 0);
		assert_int_equal(push(stack, i, BPF_EXIST), 0);
	}
	assert_int_equal(pop(queue), 4);
	assert_int_equal(pop(queue), 5);
	assert_int_equal(pop(queue), -ENOENT);
	assert_int_equal(pop(stack), 5);
	assert_int_equal(pop(stack), 4);
	assert_int_equal(pop(stack), -ENOENT);
	assert_int_equal(push(queue, 1, BPF_NOEXIST), -EINVAL);
	assert_int_equal(push(queue, 1, 3), -EINVAL);
	skep__map_free(queue);
	skep__map_free(stack);
}

static void nothing_to_give_is_zeroes(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_QUEUE, 1);
	struct value value = value_of(1), zero = { 0 };

	assert_int_equal(map->ops->pop(map, &value), -ENOENT);
	assert_memory_equal(&value, &zero, sizeof(zero));
	skep__map_free(map);
}

#define EACH 20000

struct line {
	struct map *map;
	_Atomic u64 sum, got;
};

static void *produce(void *arg)
{
	struct line *line = arg;

	for (u64 i = 1; i <= EACH; i++)
		while (push(line->map, i, BPF_ANY))
			;
	return NULL;
}

static void *consume(void *arg)
{
	struct line *line = arg;

	while (atomic_load(&line->got) < 2 * EACH) {
		s64 number = pop(line->map);

		if (number < 0)
			continue;
		atomic_fetch_add(&line->sum, number);
		atomic_fetch_add(&line->got, 1);
	}
	return NULL;
}

static void everything_pushed_is_popped_once(void **state)
{
	struct line line = { .map = new_map(BPF_MAP_TYPE_QUEUE, 16) };
	pthread_t threads[4];

	for (u32 i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, i % 2 ? produce : consume, &line);
	for (u32 i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(line.sum, 2ull * EACH * (EACH + 1) / 2);
	skep__map_free(line.map);
}

static void push_and_pop(struct map *map, u64 seed)
{
	u64 random = seed * 2654435761u + 1;
	struct value value = value_of(seed);

	if (torture_random(&random) % 2)
		map->ops->push(map, &value, random & 1 ? BPF_EXIST : BPF_ANY);
	else
		map->ops->pop(map, &value);
}

static void a_killed_process_leaves_a_usable_queue(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK };

	for (u32 i = 0; i < 100; i++) {
		struct map *map = new_map(types[i % 2], 5);
		u32 nr = 0;

		torture_kill(push_and_pop, map, i * 1000, 200 + i * 11);
		while (pop(map) >= 0)
			nr++;
		assert_true(nr <= 5);
		for (u64 j = 1; j <= 5; j++)
			assert_int_equal(push(map, j, BPF_ANY), 0);
		assert_int_equal(push(map, 6, BPF_ANY), -E2BIG);
		assert_int_equal(pop(map), types[i % 2] == BPF_MAP_TYPE_QUEUE ? 1 : 5);
		skep__map_free(map);
	}
}

static void a_scribbled_queue_costs_its_data_and_nothing_else(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_QUEUE, 5);
	struct value value;
	u64 seed = 5;

	torture_fence(map);
	for (u32 i = 0; i < 20000; i++) {
		torture_scribble(map, 4, 64, 1 + i % 4, &seed);
		push(map, i, i & 1 ? BPF_EXIST : BPF_ANY);
		map->ops->peek(map, &value);
		map->ops->pop(map, &value);
	}
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_gives_the_oldest_first),
		cmocka_unit_test(a_stack_gives_the_newest_first),
		cmocka_unit_test(a_forced_push_drops_the_oldest),
		cmocka_unit_test(nothing_to_give_is_zeroes),
		cmocka_unit_test(everything_pushed_is_popped_once),
		cmocka_unit_test(a_killed_process_leaves_a_usable_queue),
		cmocka_unit_test(a_scribbled_queue_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
