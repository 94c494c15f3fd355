/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of programs and of maps, as the programs that jump and look up through them rely on them. */
#include "map/fd_array.h"
#include "map_torture.h"

#define NR_MAPS 4

/* The world: maps by id, some of which are gone. */
struct world {
	_Atomic(struct map *) maps[NR_MAPS];
};

static const struct map_def inner_def = {
	.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2, .nr_cpus = 1
};

static struct map *new_outer(u32 type, const struct services *svc)
{
	struct map_def def = {
		.type = type, .key_size = 4, .value_size = 4, .max_entries = 3, .nr_cpus = 1
	};
	int err;
	struct map *map = skep__map_new(&def, &inner_def, 9, "outer", svc, &err);

	assert_int_equal(err, 0);
	return map;
}

static int set(struct map *map, u32 index, u32 id)
{
	return map->ops->sys_update(map, &index, &id, BPF_ANY);
}

static void *look(struct map *map, u32 index)
{
	return map->ops->lookup(map, &index, 0);
}

static void a_slot_of_programs_has_an_id_or_none(void **state)
{
	struct map *map = new_outer(BPF_MAP_TYPE_PROG_ARRAY, NULL);
	u32 index = 1;

	assert_int_equal(skep__fd_array_id(map, 1), 0);
	assert_int_equal(set(map, 1, 77), 0);
	assert_int_equal(skep__fd_array_id(map, 1), 77);
	assert_int_equal(skep__fd_array_id(map, 3), 0);
	assert_int_equal(skep__fd_array_id(map, UINT32_MAX), 0);
	assert_int_equal(set(map, 3, 77), -E2BIG);
	assert_int_equal(map->ops->sys_remove(map, &index), 0);
	assert_int_equal(map->ops->sys_remove(map, &index), -ENOENT);
	assert_int_equal(skep__fd_array_id(map, 1), 0);
	skep__map_free(map);
}

static void replacing_tells_what_was_there(void **state)
{
	struct map *map = new_outer(BPF_MAP_TYPE_PROG_ARRAY, NULL);
	u32 index = 2, old;

	assert_int_equal(skep__fd_array_exchange(map, &index, 5, &old), 0);
	assert_int_equal(old, 0);
	assert_int_equal(skep__fd_array_exchange(map, &index, 6, &old), 0);
	assert_int_equal(old, 5);
	assert_int_equal(skep__fd_array_exchange(map, &index, 0, &old), 0);
	assert_int_equal(old, 6);
	assert_int_equal(skep__fd_array_exchange(map, &index, 0, &old), -ENOENT);
	skep__map_free(map);
}

static void a_program_finds_the_inner_map(void **state)
{
	struct world world = { { NULL } };
	struct services svc = { .maps = world.maps, .nr_maps = NR_MAPS };
	struct map *outer = new_outer(BPF_MAP_TYPE_ARRAY_OF_MAPS, &svc);

	world.maps[1] = torture_map(&inner_def);
	assert_null(look(outer, 0));
	assert_int_equal(set(outer, 0, 1), 0);
	assert_ptr_equal(look(outer, 0), world.maps[1]);
	assert_null(look(outer, 3));
	skep__map_free(world.maps[1]);
	world.maps[1] = NULL; /* gone, whatever the memory says */
	assert_null(look(outer, 0));
	skep__map_free(outer);
}

/* A peer may write any id; the program was checked against one shape of map. */
static void an_id_of_another_kind_of_map_finds_nothing(void **state)
{
	struct world world = { { NULL } };
	struct services svc = { .maps = world.maps, .nr_maps = NR_MAPS };
	struct map *outer = new_outer(BPF_MAP_TYPE_ARRAY_OF_MAPS, &svc);
	struct map_def larger = inner_def, other = inner_def;

	larger.value_size = 16;
	other.max_entries = 1;
	world.maps[1] = torture_map(&larger);
	world.maps[2] = torture_map(&other);
	world.maps[3] = torture_map(&inner_def);
	for (u32 id = 0; id < 10; id++) {
		memcpy(outer->mem, &id, sizeof(id));
		assert_ptr_equal(look(outer, 0), id == 3 ? world.maps[3] : NULL);
	}
	for (u32 id = 1; id < NR_MAPS; id++)
		skep__map_free(world.maps[id]);
	skep__map_free(outer);
}

static void shapes_are_compared_as_the_kernel_does(void **state)
{
	struct map_def a = inner_def, b = inner_def;

	assert_true(skep__map_meta_equal(&a, &b));
	b.max_entries++;
	assert_false(skep__map_meta_equal(&a, &b));
	a.flags = b.flags = BPF_F_INNER_MAP;
	assert_true(skep__map_meta_equal(&a, &b));
	b.flags |= BPF_F_MMAPABLE;
	assert_false(skep__map_meta_equal(&a, &b));
	a = b = (struct map_def){ .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 4 };
	b.max_entries++;
	assert_true(skep__map_meta_equal(&a, &b));
	assert_int_equal(skep__map_inner_check(&a), 0);
	a.type = BPF_MAP_TYPE_PROG_ARRAY;
	assert_int_equal(skep__map_inner_check(&a), -ENOTSUPP);
	a.type = BPF_MAP_TYPE_HASH_OF_MAPS;
	assert_int_equal(skep__map_inner_check(&a), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slot_of_programs_has_an_id_or_none),
		cmocka_unit_test(replacing_tells_what_was_there),
		cmocka_unit_test(a_program_finds_the_inner_map),
		cmocka_unit_test(an_id_of_another_kind_of_map_finds_nothing),
		cmocka_unit_test(shapes_are_compared_as_the_kernel_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
