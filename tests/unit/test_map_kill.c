/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process killed by SIGKILL in the middle of updates, a thousand times: every map stays usable,
 * and every element that the dead had in hand is found again.
 */
#include "map_help.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "map/hash_table.h"

#define KILLS 1000
#define ENTRIES 64
#define KEYS 96 /* more than fit: E2BIG and eviction are part of it */

enum { HASH, SMALL_LRU, PERCPU, OWN_LRU, ARRAY, NR_MAPS };

struct table {
	struct map *maps[NR_MAPS];
	_Atomic u32 *working; /* shared with the worker */
};

static void turn(struct map *map, u64 *state, bool index)
{
	u64 key = random_u32(state) % (index ? ENTRIES : KEYS);
	struct marked m[4];
	u32 index_key = key;
	const void *k = index ? (const void *)&index_key : &key;

	m[0] = m[1] = m[2] = m[3] = mark(key, random_u32(state));
	switch (random_u32(state) % 4) {
	case 0:
		map->ops->remove(map, k, random_u32(state) % 4);
		break;
	case 1:
		map->ops->sys_update(map, k, m, BPF_ANY);
		break;
	default:
		map->ops->update(map, k, m, BPF_ANY, random_u32(state) % 4);
	}
}

static void work_until_killed(struct table *t, u64 seed)
{
	u64 state = seed * 0x9e3779b97f4a7c15ull + 1;

	for (;;) {
		u32 which = random_u32(&state) % NR_MAPS;

		turn(t->maps[which], &state, which == ARRAY);
		*t->working = 1;
	}
}

static u32 locked_by(struct map *map, pid_t pid)
{
	u32 n = 0;

	for (u32 number = 0; number <= hash_geo(map)->mask; number++)
		n += (atomic_load(hash_bucket_at(map, number)) >> 32 & HASH_LOCKED >> 32) ==
		     (u32)pid;
	return n;
}

/* Returns whether it died with a bucket locked, that is, in the middle of a change. */
static bool kill_one(struct table *t, u64 *state)
{
	u32 locked = 0;
	pid_t pid;

	*t->working = 0;
	pid = fork();
	if (pid == 0)
		work_until_killed(t, random_u32(state));
	while (!*t->working)
		sched_yield();
	nanosleep(&(struct timespec){ 0, random_u32(state) % 200000 }, NULL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (u32 which = 0; which < ARRAY; which++)
		locked += locked_by(t->maps[which], pid);
	return locked > 0;
}

/* Every element that bpf(2) can see is whole; per-CPU and array values are written in place. */
static void check_values(struct map *map)
{
	struct marked m;
	u64 key;
	int err = map->ops->sys_next_key(map, NULL, &key);

	for (u32 n = 0; !err && n < 10000; n++) {
		assert_in_range(key, 0, KEYS - 1);
		if (!map->ops->sys_lookup(map, &key, &m, 0))
			assert_true(is_marked(&m, key));
		err = map->ops->sys_next_key(map, &key, &key);
	}
}

static void check_usable(struct map *map)
{
	bool lru = hash_type_is_lru(map->def.type);
	struct marked m[4] = { 0 };

	for (u64 key = 0; key < KEYS; key++) {
		int err = map->ops->sys_remove(map, &key);
		assert_true(err == 0 || err == -ENOENT);
	}
	assert_int_equal(count_keys(map), 0);
	for (u64 key = 1000; key < 1000 + map->def.max_entries; key++)
		assert_int_equal(map->ops->update(map, &key, m, BPF_NOEXIST, key % 4), 0);
	if (!lru) {
		assert_int_equal(count_keys(map), map->def.max_entries);
		assert_int_equal(map->ops->update(map, &(u64){ 1 }, m, BPF_ANY, 0), -E2BIG);
	}
	for (u64 key = 1000; key < 1000 + map->def.max_entries; key++) {
		int err = map->ops->update(map, &key, m, BPF_EXIST, 0);
		assert_true(err == 0 || (lru && err == -ENOENT));
	}
}

static void a_thousand_killed_processes_leave_every_map_usable(void **state)
{
	struct table t = {
		.maps = {
			[HASH] = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), ENTRIES, 0),
			[SMALL_LRU] = new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), 8, 0),
			[PERCPU] = new_map(BPF_MAP_TYPE_PERCPU_HASH, 8, sizeof(struct marked), ENTRIES, 0),
			[OWN_LRU] = new_map(BPF_MAP_TYPE_LRU_HASH, 8, sizeof(struct marked), ENTRIES,
					    BPF_F_NO_COMMON_LRU),
			[ARRAY] = new_map(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct marked), ENTRIES, 0),
		},
		.working = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	u64 random = 12345;
	u32 hits = 0;

	for (u32 i = 0; i < KILLS; i++) {
		hits += kill_one(&t, &random);
		if (i % 50 == 49) {
			check_values(t.maps[HASH]);
			check_values(t.maps[SMALL_LRU]);
		}
	}
	for (u32 which = 0; which < ARRAY; which++) {
		check_usable(t.maps[which]);
		assert_false(hash_has_lost(t.maps[which]) && which == HASH);
		skep__map_free(t.maps[which]);
	}
	skep__map_free(t.maps[ARRAY]);
	print_message("%u of %u died with a bucket locked\n", hits, KILLS);
	assert_true(hits >= KILLS / 50);
}

/* Dies holding the lock of every bucket and every element of the pools. */
static void die_with_everything_in_hand(struct map *map)
{
	u64 image;

	for (u32 number = 0; number <= hash_geo(map)->mask; number++)
		hash_lock(map, number, &image);
	while (skep__hash_take(map, 0) || skep__hash_take_spare(map))
		;
	_exit(0);
}

static void what_a_dead_process_had_in_hand_is_found_again(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), ENTRIES, 0);
	struct marked m = mark(1, 1);
	pid_t pid;

	for (u64 key = 0; key < 10; key++)
		assert_int_equal(map->ops->update(map, &key, &m, BPF_ANY, 0), 0);
	pid = fork();
	if (pid == 0)
		die_with_everything_in_hand(map);
	waitpid(pid, NULL, 0);
	assert_int_equal(map->ops->update(map, &(u64){ 3 }, &m, BPF_EXIST, 0), 0);
	for (u64 key = 10; key < ENTRIES; key++)
		assert_int_equal(map->ops->update(map, &key, &m, BPF_NOEXIST, 0), 0);
	assert_int_equal(map->ops->update(map, &(u64){ ENTRIES }, &m, BPF_ANY, 0), -E2BIG);
	assert_int_equal(count_keys(map), ENTRIES);
	skep__map_free(map);
}

static void a_stopped_process_makes_others_busy_and_no_more(void **state)
{
	struct map *map = new_map(BPF_MAP_TYPE_HASH, 8, sizeof(struct marked), 1, 0);
	_Atomic u32 *ready =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct marked m = mark(1, 1);
	u64 key = 1;
	u64 image;
	pid_t pid;

	assert_int_equal(map->ops->update(map, &key, &m, BPF_ANY, 0), 0);
	pid = fork();
	if (pid == 0) {
		hash_lock(map, 0, &image);
		*ready = 1;
		for (;;)
			pause();
	}
	while (!*ready)
		sched_yield();
	kill(pid, SIGSTOP);
	assert_int_equal(map->ops->update(map, &key, &m, BPF_ANY, 0), -EBUSY);
	assert_int_equal(map->ops->remove(map, &key, 0), -EBUSY);
	assert_true(is_marked(map->ops->lookup(map, &key, 0), 1)); /* readers take no lock */
	assert_int_equal(map->ops->sys_lookup(map, &key, &m, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(map->ops->update(map, &key, &m, BPF_ANY, 0), 0);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_dead_process_had_in_hand_is_found_again),
		cmocka_unit_test(a_stopped_process_makes_others_busy_and_no_more),
		cmocka_unit_test(a_thousand_killed_processes_leave_every_map_usable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
