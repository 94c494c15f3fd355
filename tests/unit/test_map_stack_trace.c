/* SPDX-License-Identifier: BSD-2-Clause */
/* Stack traces: equal chains get equal ids, and ids give back their chains. */
#include "map/stack_trace.h"
#include "map_torture.h"

#define DEPTH 8

static struct map *new_stacks(u32 max_entries, u32 flags)
{
	u32 frame = flags & BPF_F_STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) : 8;

	return torture_map(&(struct map_def){ .type = BPF_MAP_TYPE_STACK_TRACE,
					      .key_size = 4,
					      .value_size = DEPTH * frame,
					      .max_entries = max_entries,
					      .flags = flags });
}

static void an_id_gives_back_the_chain(void **state)
{
	struct map *map = new_stacks(100, 0);
	u64 ips[20], out[DEPTH];

	for (u32 i = 0; i < 20; i++)
		ips[i] = 0x1000 + i;
	s64 id = skep__stack_trace_store(map, ips, 3, 0);

	assert_true(id >= 0 && id < 128);
	assert_int_equal(skep__stack_trace_store(map, ips, 3, 0), id);
	memset(out, 0xff, sizeof(out));
	assert_int_equal(map->ops->sys_lookup(map, &id, out, 0), 0);
	assert_memory_equal(out, ips, 24);
	for (u32 i = 3; i < DEPTH; i++)
		assert_int_equal(out[i], 0);
	s64 deep = skep__stack_trace_store(map, ips, 20, 2 | BPF_F_REUSE_STACKID);

	assert_int_equal(map->ops->sys_lookup(map, &deep, out, 0), 0);
	assert_memory_equal(out, ips + 2, sizeof(out));
	assert_int_equal(skep__stack_trace_store(map, ips, 3, 3), -EFAULT);
	assert_int_equal(skep__stack_trace_store(map, ips, 3, 1 << 20), -EINVAL);
	skep__map_free(map);
}

static void build_id_maps_begin_as_addresses(void **state)
{
	struct map *map = new_stacks(4, BPF_F_STACK_BUILD_ID);
	struct bpf_stack_build_id out[DEPTH];
	u64 ips[2] = { 5, 6 };
	s64 id = skep__stack_trace_store(map, ips, 2, 0);

	assert_true(id >= 0);
	assert_int_equal(skep__stack_trace_store(map, ips, 2, 0), id);
	assert_int_equal(map->ops->sys_lookup(map, &id, out, 0), 0);
	assert_int_equal(out[1].status, BPF_STACK_BUILD_ID_IP);
	assert_int_equal(out[1].ip, 6);
	assert_int_equal(out[2].status, BPF_STACK_BUILD_ID_EMPTY);
	skep__map_free(map);
}

static u32 count(struct map *map)
{
	u32 nr = 0, at, next;
	u64 out[DEPTH];

	for (; !map->ops->sys_next_key(map, nr ? &at : NULL, &next); at = next, nr++)
		assert_int_equal(map->ops->sys_lookup(map, &next, out, 0), 0);
	return nr;
}

static void ids_that_collide_are_refused_or_reused(void **state)
{
	struct map *map = new_stacks(2, 0);
	u32 refused = 0, id = 0;
	u64 ip;

	for (ip = 1; ip <= 100; ip++)
		refused += skep__stack_trace_store(map, &ip, 1, 0) == -EEXIST;
	assert_int_equal(refused, 98);
	for (ip = 1; ip <= 100; ip++)
		assert_true(skep__stack_trace_store(map, &ip, 1, BPF_F_REUSE_STACKID) >= -ENOMEM);
	assert_int_equal(count(map), 2);
	assert_int_equal(map->ops->sys_remove(map, &id), 0);
	assert_int_equal(map->ops->sys_remove(map, &id), -ENOENT);
	id = 2;
	assert_int_equal(map->ops->sys_remove(map, &id), -E2BIG);
	assert_int_equal(count(map), 1);
	skep__map_free(map);
}

static void store_and_remove(struct map *map, u64 seed)
{
	u64 ips[3] = { seed, seed * 3, seed * 7 };
	u32 id = seed % 64;

	skep__stack_trace_store(map, ips, 3, BPF_F_REUSE_STACKID);
	if (seed % 3 == 0)
		map->ops->sys_remove(map, &id);
}

static void a_killed_writer_loses_no_room(void **state)
{
	struct map *map = new_stacks(64, 0);

	for (u32 i = 0; i < 100; i++) {
		torture_kill(store_and_remove, map, i * 1000, 200 + i * 9);
		for (u64 ip = 1; count(map) < 64; ip++) {
			assert_true(ip < 10000);
			assert_true(skep__stack_trace_store(map, &ip, 1, 0) != -ENOMEM);
		}
		for (u32 id = 0; id < 64; id += 2)
			assert_int_equal(map->ops->sys_remove(map, &id), 0);
	}
	skep__map_free(map);
}

static void a_scribbled_map_costs_its_data_and_nothing_else(void **state)
{
	struct map *map = new_stacks(64, 0);
	u64 seed = 21, out[DEPTH];

	torture_fence(map);
	for (u32 i = 0; i < 10000; i++) {
		torture_scribble(map, 4, map->mem_size - 4, 1 + i % 30, &seed);
		torture_scribble(map, 4, 20, i % 2, &seed);
		store_and_remove(map, i);
		u32 id = torture_random(&seed) % 70, next;

		map->ops->sys_lookup(map, &id, out, 0);
		map->ops->sys_next_key(map, &id, &next);
		if (i % 128 == 0)
			memset(map->mem, 0, map->mem_size);
	}
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_gives_back_the_chain),
		cmocka_unit_test(build_id_maps_begin_as_addresses),
		cmocka_unit_test(ids_that_collide_are_refused_or_reused),
		cmocka_unit_test(a_killed_writer_loses_no_room),
		cmocka_unit_test(a_scribbled_map_costs_its_data_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
