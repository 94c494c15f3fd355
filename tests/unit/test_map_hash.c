/* SPDX-License-Identifier: BSD-2-Clause */
/* Hash tables as programs use them, and as two processes share them; bpf(2)'s view is in compat. */
#include "map_help.h"

#include <string.h>
#include <unistd.h>

#include "map/hash.h"

static int put(struct map *map, u64 key, u64 version, u64 flags, u32 cpu)
{
	struct marked m = mark(key, version);

	return map->ops->update(map, &key, &m, flags, cpu);
}

static struct marked *get(struct map *map, u64 key, u32 cpu)
{
	return map->ops->lookup(map, &key, cpu);
}

static void a_looked_up_value_is_the_maps_memory(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 10, 0);
	struct marked m;
	u64 key = 5;

	assert_int_equal(put(map, 5, 1, BPF_ANY, 0), 0);
	get(map, 5, 0)->version = 77;
	assert_int_equal(map->ops->sys_lookup(map, &key, &m, 0), 0);
	assert_int_equal(m.version, 77);
	skep__map_free(map);
}

static void a_value_in_hand_stays_readable_when_its_key_goes(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 10, 0);
	struct marked *held;
	u64 key = 5;

	put(map, 5, 1, BPF_ANY, 0);
	held = get(map, 5, 0);
	assert_int_equal(put(map, 5, 2, BPF_ANY, 0), 0);
	assert_ptr_not_equal(get(map, 5, 0), held); /* replaced as a whole, not written over */
	assert_int_equal(held->version, 1);
	assert_int_equal(map->ops->remove(map, &key, 0), 0);
	assert_null(get(map, 5, 0));
	assert_int_equal(held->version, 1);
	skep__map_free(map);
}

static void another_handle_on_the_same_memory_sees_the_same_map(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 100, 0), *other;
	struct map_def def = map->def, larger = map->def;
	int fd = dup(map->fd), err;

	put(map, 1, 1, BPF_ANY, 0);
	larger.max_entries *= 1000;
	assert_null(skep__map_open(&larger, NULL, 1, fd, &no_services, &err));
	assert_int_equal(err, -EINVAL);
	other = skep__map_open(&def, NULL, 1, fd, &no_services, &err);
	assert_non_null(other);
	assert_true(is_marked(get(other, 1, 0), 1));
	put(other, 2, 1, BPF_ANY, 0);
	assert_true(is_marked(get(map, 2, 0), 2));
	assert_int_equal(ftruncate(fd, 0), -1); /* nobody can pull the memory away */
	skep__map_free(other);
	skep__map_free(map);
}

static void a_program_writes_its_own_cpus_value(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct map *map = new_map(types[t], 8, sizeof(struct marked), 10, 0);
		struct marked all[4];
		u64 key = 9;

		assert_int_equal(put(map, 9, 1, BPF_ANY, 2), 0);
		assert_int_equal(map->ops->sys_lookup(map, &key, all, 0), 0);
		for (u32 cpu = 0; cpu < 4; cpu++)
			assert_int_equal(all[cpu].version, cpu == 2); /* the others: zero */
		assert_int_equal(put(map, 9, 7, BPF_EXIST, 1), 0);
		assert_int_equal(get(map, 9, 1)->version, 7);
		assert_int_equal(get(map, 9, 2)->version, 1);
		assert_ptr_equal(map->ops->lookup_percpu(map, &key, 2), get(map, 9, 2));
		assert_null(map->ops->lookup_percpu(map, &key, 4));
		/* A key that comes back starts from zero on the CPUs that do not write it. */
		assert_int_equal(map->ops->remove(map, &key, 0), 0);
		assert_int_equal(put(map, 9, 3, BPF_ANY, 3), 0);
		assert_int_equal(get(map, 9, 1)->version, 0);
		assert_int_equal(get(map, 9, 2)->version, 0);
		skep__map_free(map);
	}
}

static u64 count_or_delete(struct map *map, void *key, void *value, void *opaque)
{
	u32 *seen = opaque;
	u64 k = *(u64 *)key;

	assert_true(is_marked(value, k));
	assert_in_range(k, 0, 99);
	assert_int_equal(seen[k]++, 0);
	if (k % 2)
		assert_int_equal(map->ops->remove(map, key, 0), 0);
	return 0;
}

static u64 stop_at_the_third(struct map *map, void *key, void *value, void *opaque)
{
	return ++*(u32 *)opaque == 3;
}

static void for_each_visits_every_element_and_may_delete_it(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 100, 0);
	u32 seen[100] = { 0 }, calls = 0;

	for (u64 key = 0; key < 100; key++)
		put(map, key, key, BPF_ANY, 0);
	assert_int_equal(map->ops->for_each(map, 0, count_or_delete, seen), 100);
	assert_int_equal(count_keys(map), 50);
	assert_int_equal(map->ops->for_each(map, 0, stop_at_the_third, &calls), 3);
	skep__map_free(map);
}

static void buckets_hold_every_element_once(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 4, 8, 1000, 0);
	struct {
		u32 key;
		u64 value;
	} __attribute__((packed)) elems[64];
	u8 seen[1000] = { 0 };
	u32 total = 0;

	for (u32 key = 0; key < 1000; key++) {
		u64 value = key * 3;
		assert_int_equal(map->ops->update(map, &key, &value, BPF_ANY, 0), 0);
	}
	for (u32 number = 0; number < skep__hash_nr_buckets(map); number++) {
		int n = skep__hash_bucket_read(map, number, elems, 64);

		assert_in_range(n, 0, 64);
		if (n) /* no room: only the count */
			assert_int_equal(skep__hash_bucket_take(map, number, elems, n - 1), n);
		assert_int_equal(skep__hash_bucket_take(map, number, elems, n), n);
		for (int i = 0; i < n; i++) {
			assert_int_equal(elems[i].value, elems[i].key * 3);
			assert_int_equal(seen[elems[i].key]++, 0);
		}
		total += n;
	}
	assert_int_equal(total, 1000);
	assert_int_equal(count_keys(map), 0);
	for (u32 key = 5000; key < 6000; key++) /* all are free again */
		assert_int_equal(map->ops->update(map, &key, &(u64){ 1 }, BPF_NOEXIST, 0), 0);
	skep__map_free(map);
}

static void lru_keeps_what_is_looked_up(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 200, 0);

	for (u64 key = 0; key < 200; key++)
		put(map, key, 1, BPF_ANY, 0);
	for (u64 key = 1000; key < 3000; key++) {
		for (u64 hot = 0; hot < 50; hot++)
			assert_non_null(get(map, hot, 0));
		assert_int_equal(put(map, key, 1, BPF_ANY, 0), 0);
	}
	for (u64 key = 50; key < 200; key++)
		assert_null(get(map, key, 0));
	for (u64 key = 2900; key < 3000; key++)
		assert_non_null(get(map, key, 0));
	skep__map_free(map);
}

static void a_walk_from_user_space_is_no_use_of_an_lru_element(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 100, 0);
	struct marked m;

	for (u64 key = 0; key < 100; key++)
		put(map, key, 1, BPF_ANY, 0);
	get(map, 99, 0);
	for (u64 key = 0; key < 50; key++)
		assert_int_equal(map->ops->sys_lookup(map, &key, &m, 0), 0);
	for (u64 key = 1000; key < 1060; key++)
		put(map, key, 1, BPF_ANY, 0);
	for (u64 key = 0; key < 50; key++)
		assert_int_equal(map->ops->sys_lookup(map, &key, &m, 0), -ENOENT);
	skep__map_free(map);
}

static void a_full_lru_map_always_takes_one_more(void **state)
{
	for (u32 entries = 1; entries < 20; entries++) {
		struct map *map =
			new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), entries, 0);

		for (u64 key = 0; key < 500; key++) {
			assert_int_equal(put(map, key, 1, BPF_ANY, 0), 0);
			assert_true(is_marked(get(map, key, 0), key));
			assert_in_range(count_keys(map), 1, entries);
		}
		skep__map_free(map);
	}
}

static void without_a_common_lru_each_cpu_evicts_its_own(void **state)
{
	struct map *map =
		new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 40, BPF_F_NO_COMMON_LRU);

	for (u64 key = 0; key < 10; key++)
		put(map, key, 1, BPF_ANY, 3);
	for (u64 key = 100; key < 200; key++)
		assert_int_equal(put(map, key, 1, BPF_ANY, 0), 0);
	for (u64 key = 0; key < 10; key++)
		assert_non_null(get(map, key, 0));
	assert_int_equal(count_keys(map), 20);
	for (u64 key = 190; key < 200; key++)
		assert_int_equal(put(map, key, 2, BPF_EXIST, 1), 0);
	assert_int_equal(count_keys(map), 20);
	skep__map_free(map);
}

static void a_full_map_replaces_through_every_cpu(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 50, 0);

	for (u64 key = 0; key < 50; key++)
		assert_int_equal(put(map, key, 0, BPF_ANY, key % 4), 0);
	assert_int_equal(put(map, 50, 0, BPF_ANY, 1), -E2BIG);
	for (u64 version = 1; version < 200; version++) {
		for (u64 key = 0; key < 50; key++)
			assert_int_equal(put(map, key, version, BPF_EXIST, version % 4), 0);
	}
	for (u64 key = 0; key < 50; key++)
		assert_true(is_marked(get(map, key, 0), key) && get(map, key, 0)->version == 199);
	assert_int_equal(put(map, 50, 0, BPF_ANY, 1), -E2BIG);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_looked_up_value_is_the_maps_memory),
		cmocka_unit_test(a_value_in_hand_stays_readable_when_its_key_goes),
		cmocka_unit_test(another_handle_on_the_same_memory_sees_the_same_map),
		cmocka_unit_test(a_program_writes_its_own_cpus_value),
		cmocka_unit_test(for_each_visits_every_element_and_may_delete_it),
		cmocka_unit_test(buckets_hold_every_element_once),
		cmocka_unit_test(lru_keeps_what_is_looked_up),
		cmocka_unit_test(a_walk_from_user_space_is_no_use_of_an_lru_element),
		cmocka_unit_test(a_full_lru_map_always_takes_one_more),
		cmocka_unit_test(without_a_common_lru_each_cpu_evicts_its_own),
		cmocka_unit_test(a_full_map_replaces_through_every_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
