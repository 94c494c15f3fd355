/* SPDX-License-Identifier: BSD-2-Clause */
/* Map helpers and iteration over a map that says what it was asked. */
#include "cmocka_all.h"
#include "helper_run.h"
#include "map/map.h"

static u32 asked_cpu;
static u64 asked_flags;
static u64 value_at[4] = { 10, 11, 12, 13 };

static void *fake_lookup(struct map *map, const void *key, u32 cpu)
{
	u32 i = *(const u32 *)key;

	asked_cpu = cpu;
	return i < 4 ? &value_at[i] : NULL;
}

static int fake_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	asked_flags = flags;
	asked_cpu = cpu;
	return -E2BIG;
}

static int fake_remove(struct map *map, const void *key, u32 cpu)
{
	return -ENOENT;
}

static int fake_push(struct map *map, const void *value, u64 flags)
{
	asked_flags = flags;
	return 0;
}

static s64 fake_for_each(struct map *map, u32 cpu, u64 (*fn)(struct map *, void *, void *, void *),
			 void *opaque)
{
	for (u32 i = 0; i < 4; i++) {
		if (fn(map, &i, &value_at[i], opaque))
			return i + 1;
	}
	return 4;
}

static const struct map_ops fake_ops = {
	.lookup = fake_lookup,
	.lookup_percpu = fake_lookup,
	.update = fake_update,
	.remove = fake_remove,
	.push = fake_push,
	.for_each = fake_for_each,
};
static const struct map_ops no_ops;

static void the_maps_answer_is_the_helpers(void **state)
{
	struct map map = { .ops = &fake_ops, .def.nr_cpus = 2 };
	struct run run = { .cpu = 5 };
	u32 key = 2, missing = 9;

	assert_ptr_equal(CALL(&run, map_lookup_elem, &map, &key, 0, 0, 0), &value_at[2]);
	assert_int_equal(asked_cpu, 5);
	assert_int_equal(CALL(&run, map_lookup_elem, &map, &missing, 0, 0, 0), 0);
	assert_int_equal(CALL(&run, map_update_elem, &map, &key, &key, BPF_NOEXIST, 0), -E2BIG);
	assert_int_equal(asked_flags, BPF_NOEXIST);
	assert_int_equal(CALL(&run, map_delete_elem, &map, &key, 0, 0, 0), -ENOENT);
	assert_int_equal(CALL(&run, map_push_elem, &map, &key, BPF_EXIST, 0, 0), 0);
	assert_int_equal(asked_flags, BPF_EXIST);
}

static void a_percpu_lookup_is_of_the_cpu_asked_for(void **state)
{
	struct map map = { .ops = &fake_ops, .def.nr_cpus = 2 };
	struct run run = { .cpu = 0 };
	u32 key = 1;

	assert_ptr_equal(CALL(&run, map_lookup_percpu_elem, &map, &key, 1, 0, 0), &value_at[1]);
	assert_int_equal(asked_cpu, 1);
	assert_int_equal(CALL(&run, map_lookup_percpu_elem, &map, &key, 2, 0, 0), 0);
	assert_int_equal(CALL(&run, map_lookup_percpu_elem, &map, &key, UINT32_MAX, 0, 0), 0);
}

static void operations_that_a_map_lacks_are_refused(void **state)
{
	struct map map = { .ops = &no_ops, .def.nr_cpus = 1 };
	struct run run = { 0 };
	u64 x = 0;

	assert_int_equal(CALL(&run, map_lookup_elem, &map, &x, 0, 0, 0), 0);
	assert_int_equal(CALL(&run, map_lookup_percpu_elem, &map, &x, 0, 0, 0), 0);
	assert_int_equal(CALL(&run, map_update_elem, &map, &x, &x, 0, 0), -ENOTSUPP);
	assert_int_equal(CALL(&run, map_delete_elem, &map, &x, 0, 0, 0), -ENOTSUPP);
	assert_int_equal(CALL(&run, map_push_elem, &map, &x, 0, 0, 0), -ENOTSUPP);
	assert_int_equal(CALL(&run, map_pop_elem, &map, &x, 0, 0, 0), -ENOTSUPP);
	assert_int_equal(CALL(&run, map_peek_elem, &map, &x, 0, 0, 0), -ENOTSUPP);
	assert_int_equal(CALL(&run, for_each_map_elem, &map, 0, 0, 0, 0), -EINVAL);
}

/* The "BPF function" with address 1 adds to what R2 (loop) or R4 (for each) points to. */
static u64 count_until_7(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	u64 *sum = (u64 *)(fn == 1 ? r2 : r4);

	*sum += fn == 1 ? r1 : *(u64 *)r3;
	return fn == 1 && r1 == 7;
}

static u64 stop_the_run(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	run->aborted = true;
	return 0;
}

static void loops_end_when_the_callback_says_so(void **state)
{
	struct run run = { .callback = count_until_7 };
	u64 sum = 0;

	assert_int_equal(CALL(&run, loop, 5, 1, &sum, 0, 0), 5);
	assert_int_equal(sum, 0 + 1 + 2 + 3 + 4);
	assert_int_equal(CALL(&run, loop, 100, 1, &sum, 0, 0), 8);
	assert_int_equal(CALL(&run, loop, 0, 1, &sum, 0, 0), 0);
	assert_int_equal(CALL(&run, loop, 5, 1, &sum, 1, 0), -EINVAL);
	assert_int_equal(CALL(&run, loop, (8 << 20) + 1, 1, &sum, 0, 0), -E2BIG);
}

static void every_element_is_visited_with_key_value_and_context(void **state)
{
	struct map map = { .ops = &fake_ops };
	struct run run = { .callback = count_until_7 };
	u64 sum = 0;

	assert_int_equal(CALL(&run, for_each_map_elem, &map, 2, &sum, 0, 0), 4);
	assert_int_equal(sum, 10 + 11 + 12 + 13);
	assert_int_equal(CALL(&run, for_each_map_elem, &map, 2, &sum, 1, 0), -EINVAL);
}

static void a_stopped_run_ends_its_loops(void **state)
{
	struct map map = { .ops = &fake_ops };
	struct run run = { .callback = stop_the_run };

	assert_int_equal(CALL(&run, loop, 1000, 1, 0, 0, 0), 1);
	run.aborted = false;
	assert_int_equal(CALL(&run, for_each_map_elem, &map, 1, 0, 0, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_maps_answer_is_the_helpers),
		cmocka_unit_test(a_percpu_lookup_is_of_the_cpu_asked_for),
		cmocka_unit_test(operations_that_a_map_lacks_are_refused),
		cmocka_unit_test(loops_end_when_the_callback_says_so),
		cmocka_unit_test(every_element_is_visited_with_key_value_and_context),
		cmocka_unit_test(a_stopped_run_ends_its_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
