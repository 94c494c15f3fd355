/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps under several threads at once: what bpf(2) reads is whole and belongs to its key, nothing
 * that stays in the map is ever missed for good, and nothing is lost in the end. Every other thread
 * has a mapping of its own, as another process would. Meant for the thread sanitizer too, which
 * sees the races of those that share a mapping.
 */
#include "map_help.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "map/hash.h"

#define THREADS 4
#define TURNS 20000

struct crowd {
	struct map *map;
	u32 keys; /* used by all threads */
	u32 number; /* of this thread */
	u64 found, missed;
	int wrong; /* the first errno that should not be: others follow from it */
};

static void found_wrong(struct crowd *c, int err)
{
	if (!c->wrong)
		c->wrong = err;
}

/* A full map is no surprise where anything may happen (allowed != 0). */
static void note(struct crowd *c, int err, int allowed)
{
	if (err && err != allowed && (!allowed || err != -E2BIG))
		found_wrong(c, err);
}

/*
 * Who holds a bucket's lock may get no CPU for longer than others wait for it (map/lock.h): then
 * nothing was changed and it is done again, but not for ever, since each lock comes free.
 */
#define PATIENCE 40
#define PATIENTLY(call)                                                                            \
	({                                                                                         \
		int result_ = (call);                                                              \
		for (u32 tries_ = 1; result_ == -EBUSY && tries_ < PATIENCE; tries_++)             \
			result_ = (call);                                                          \
		result_;                                                                           \
	})

/* Changes and reads any key; a program's CPU is the thread's number. */
static void *anything(void *arg)
{
	struct crowd *c = arg;
	const struct map_ops *ops = c->map->ops;
	u64 state = 77 * (c->number + 1);

	for (u32 i = 0; i < TURNS; i++) {
		u64 key = random_u32(&state) % c->keys;
		struct marked m = mark(key, i), all[4];

		switch (random_u32(&state) % 6) {
		case 0:
			note(c, PATIENTLY(ops->remove(c->map, &key, c->number)), -ENOENT);
			break;
		case 1:
			note(c, PATIENTLY(ops->update(c->map, &key, &m, BPF_NOEXIST, c->number)),
			     -EEXIST);
			break;
		case 2:
		case 3:
			note(c, PATIENTLY(ops->update(c->map, &key, &m, BPF_ANY, c->number)),
			     -E2BIG);
			break;
		case 4:
			ops->lookup(c->map, &key, c->number);
			break;
		default:
			if (ops->sys_lookup(c->map, &key, all, 0)) {
				c->missed++;
			} else {
				c->found++;
				if (!map_is_percpu(c->map) && !is_marked(all, key))
					found_wrong(c, -EILSEQ);
			}
		}
	}
	return NULL;
}

/* The same map as another process has it: at another address. */
static struct map *map_again(const struct map *map)
{
	struct map_def def = map->def;
	int err = 0;
	struct map *again = skep__map_open(&def, NULL, map->id, dup(map->fd), &no_services, &err);

	assert_int_equal(err, 0);
	assert_ptr_not_equal(again->mem, map->mem);
	return again;
}

static void run_crowd(struct map *map, u32 keys, void *(*fn)(void *))
{
	struct crowd crowd[THREADS];
	pthread_t threads[THREADS];

	for (u32 i = 0; i < THREADS; i++) {
		crowd[i] = (struct crowd){ .map = i % 2 ? map_again(map) : map,
					   .keys = keys,
					   .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, fn, &crowd[i]), 0);
	}
	for (u32 i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (u32 i = 0; i < THREADS; i++) {
		assert_int_equal(crowd[i].wrong, 0);
		if (crowd[i].map != map)
			skep__map_free(crowd[i].map);
	}
}

/* Empties the map and fills it to the brim: no element was lost. */
static void check_complete(struct map *map, u32 keys)
{
	struct marked m[4] = { 0 };

	for (u64 key = 0; key < keys; key++)
		map->ops->sys_remove(map, &key);
	assert_int_equal(count_keys(map), 0);
	for (u64 key = 0; key < map->def.max_entries; key++)
		assert_int_equal(map->ops->update(map, &key, m, BPF_NOEXIST, 0), 0);
	assert_int_equal(count_keys(map), map->def.max_entries);
}

static void hash_tables_stay_whole(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH,
				     BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
	static const u32 sizes[] = { 4, 64, 500 };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 s = 0; s < ARRAY_SIZE(sizes); s++) {
			struct map *map = new_map(types[t], 8, sizeof(struct marked), sizes[s], 0);

			run_crowd(map, sizes[s] + sizes[s] / 4, anything);
			check_complete(map, sizes[s] + sizes[s] / 4);
			skep__map_free(map);
		}
	}
}

static void an_lru_of_each_cpu_stays_whole(void **state)
{
	struct map *map =
		new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 64, BPF_F_NO_COMMON_LRU);

	run_crowd(map, 100, anything);
	assert_in_range(count_keys(map), 1, 64);
	skep__map_free(map);
}

/* Each thread has keys of its own, which the others' comings and goings must not hide from it. */
static void *own_keys(void *arg)
{
	struct crowd *c = arg;
	const struct map_ops *ops = c->map->ops;

	for (u32 i = 0; i < TURNS; i++) {
		u64 key = c->number + (u64)THREADS * (i % 16);
		struct marked m = mark(key, i), back;

		note(c, PATIENTLY(ops->update(c->map, &key, &m, BPF_NOEXIST, c->number)), 0);
		note(c, ops->sys_lookup(c->map, &key, &back, 0), 0);
		if (!is_marked(&back, key) || back.version != i)
			found_wrong(c, -EILSEQ);
		m = mark(key, ~0ull);
		note(c, PATIENTLY(ops->update(c->map, &key, &m, BPF_EXIST, c->number)), 0);
		note(c, PATIENTLY(ops->sys_lookup_and_delete(c->map, &key, &back, 0)), 0);
		if (back.version != ~0ull)
			found_wrong(c, -EILSEQ);
	}
	return NULL;
}

static void a_thread_finds_what_it_alone_changes(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), THREADS, 0);

	run_crowd(map, 0, own_keys);
	assert_int_equal(count_keys(map), 0);
	skep__map_free(map);
}

static void *count_up(void *arg)
{
	struct crowd *c = arg;

	for (u32 i = 0; i < TURNS; i++) {
		u32 key = i % 8;
		u64 *value = c->map->ops->lookup(c->map, &key, c->number);

		if (map_is_percpu(c->map))
			__atomic_store_n(value, *value + 1, __ATOMIC_RELAXED); /* no other writer */
		else
			__atomic_fetch_add(value, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void percpu_counters_lose_nothing(void **state)
{
	static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY };

	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct map *map = new_map(types[t], 4, 8, 8, 0);
		u64 values[4], total = 0;

		run_crowd(map, 0, count_up);
		for (u32 key = 0; key < 8; key++) {
			memset(values, 0, sizeof(values));
			assert_int_equal(map->ops->sys_lookup(map, &key, values, 0), 0);
			total += values[0] + values[1] + values[2] + values[3];
		}
		assert_int_equal(total, THREADS * TURNS);
		skep__map_free(map);
	}
}

static u64 look(struct map *map, void *key, void *value, void *opaque)
{
	++*(u32 *)opaque;
	return 0;
}

/* Walkers of every kind while one thread inserts and deletes around the keys that stay. */
static void *walk_and_churn(void *arg)
{
	struct crowd *c = arg;
	struct marked m = mark(5000 + c->number, 1);
	u8 elems[4096];

	for (u32 i = 0; i < 50; i++) {
		u32 calls = 0, in_buckets = 0;

		for (u64 key = 5000 + c->number; key < 5100; key += THREADS) {
			c->map->ops->update(c->map, &key, &m, BPF_ANY, c->number);
			if (key % 3)
				c->map->ops->remove(c->map, &key, c->number);
		}
		c->map->ops->for_each(c->map, c->number, look, &calls);
		for (u32 n = 0; n < skep__hash_nr_buckets(c->map); n++) {
			int got = PATIENTLY(
				skep__hash_bucket_read(c->map, n, elems, sizeof(elems) / 32));

			if (got < 0)
				found_wrong(c, got);
			else
				in_buckets += got;
		}
		if (in_buckets < 100)
			found_wrong(c, -ENODATA); /* the keys that stay were there all the time */
	}
	return NULL;
}

static void walks_see_what_stays(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 300, 0);

	for (u64 key = 0; key < 100; key++) {
		struct marked m = mark(key, 0);
		map->ops->update(map, &key, &m, BPF_ANY, 0);
	}
	run_crowd(map, 0, walk_and_churn);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hash_tables_stay_whole),
		cmocka_unit_test(an_lru_of_each_cpu_stays_whole),
		cmocka_unit_test(a_thread_finds_what_it_alone_changes),
		cmocka_unit_test(percpu_counters_lose_nothing),
		cmocka_unit_test(walks_see_what_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
