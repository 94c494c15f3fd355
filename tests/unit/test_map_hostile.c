/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A peer that writes anything anywhere into a map's memory while it is in use: data is spoiled,
 * nothing else. Every operation comes back, in bounded time, and touches nothing outside the map
 * (guard pages and the address sanitizer watch).
 */
#include "map_help.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "map/hash.h"
#include "map/hash_table.h"

#define ROUNDS 400

struct attack {
	struct map *map;
	u64 state;
	u64 slowest; /* operation, in ms */
	_Atomic bool over;
};

/* The map's memory at another address, with pages that fault on either side. */
static void move_between_guards(struct map *map)
{
	u64 page = sysconf(_SC_PAGESIZE);
	u8 *room =
		mmap(NULL, map->mem_size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(room, MAP_FAILED);
	munmap(map->mem, map->mem_size);
	map->mem = mmap(room + page, map->mem_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			map->fd, 0);
	assert_ptr_equal(map->mem, room + page);
}

static void unmap_guards(struct map *map)
{
	u64 page = sysconf(_SC_PAGESIZE);
	u8 *room = map->mem - page;

	munmap(room, page);
	munmap(map->mem + map->mem_size, page);
}

/* Words that do harm: refs just inside and outside, ends of other chains, locks of nobody. */
static u64 nasty_word(struct attack *a)
{
	u32 max = a->map->def.max_entries;
	u64 r = random_u32(&a->state);

	switch (random_u32(&a->state) % 8) {
	case 0:
		return r % (max + 40);
	case 1:
		return r << 32 | r % (max + 40);
	case 2:
		return HASH_END | r % max;
	case 3:
		return (u64)(r % (max + 40)) << 32 | r % (max + 40);
	case 4:
		return 0;
	case 5:
		return ~0ull >> random_u32(&a->state) % 64;
	default:
		return r << 32 | random_u32(&a->state);
	}
}

static void scribble(struct attack *a, u64 bytes)
{
	u64 at = random_u32(&a->state) % (bytes / 8);
	u64 *word = (u64 *)a->map->mem + at;

	__atomic_store_n(word, nasty_word(a), __ATOMIC_RELAXED);
}

/* What is used of the memory: the rest of its last page is harmless. */
static u64 used_bytes(const struct map *map)
{
	return map->ops->layout(&map->def, NULL);
}

static u64 no_more_than(struct map *map, void *key, void *value, void *opaque)
{
	u32 *calls = opaque;

	assert_true((u8 *)key >= map->mem ||
		    map->def.key_size == 4); /* arrays: a key of the walk's own */
	assert_true((u8 *)value >= map->mem &&
		    (u8 *)value + map->def.value_size <= map->mem + map->mem_size);
	assert_true(++*calls <= map->def.max_entries + 100);
	return 0;
}

static u64 now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ull + ts.tv_nsec / 1000000;
}

static void operate(struct attack *a, u32 turns)
{
	struct map *map = a->map;
	const struct map_ops *ops = map->ops;
	u8 key[64] = { 0 }, value[4 * 64] = { 0 }, next[64];
	u8 *found;

	for (u32 i = 0; i < turns; i++) {
		u32 k = random_u32(&a->state) % (map->def.max_entries + 5), calls = 0;
		u64 began = now_ms();

		memcpy(key, &k, sizeof(k));
		switch (random_u32(&a->state) % 10) {
		case 0:
			ops->remove(map, key, k % 4);
			break;
		case 1:
		case 2:
			ops->update(map, key, value, BPF_ANY, k % 4);
			break;
		case 3:
			ops->sys_update(map, key, value, BPF_ANY);
			break;
		case 4:
			ops->sys_lookup(map, key, value, 0);
			break;
		case 5:
			ops->sys_next_key(map, key, next);
			break;
		case 6:
			if (ops->sys_lookup_and_delete)
				ops->sys_lookup_and_delete(map, key, value, 0);
			break;
		case 7:
			if (random_u32(&a->state) % 16 == 0)
				ops->for_each(map, k % 4, no_more_than, &calls);
			break;
		default:
			found = ops->lookup(map, key, k % 4);
			if (!found)
				break;
			assert_true(found >= map->mem &&
				    found + map->def.value_size <= map->mem + map->mem_size);
			found[0]++;
			found[map->def.value_size - 1]++;
		}
		a->slowest = max(a->slowest, now_ms() - began);
	}
	assert_in_range(a->slowest, 0,
			3000); /* a lock that keeps changing hands is waited for a second */
}

static const u32 types[] = { BPF_MAP_TYPE_HASH,     BPF_MAP_TYPE_PERCPU_HASH,
			     BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH,
			     BPF_MAP_TYPE_ARRAY,    BPF_MAP_TYPE_PERCPU_ARRAY };

static struct map *hostile_map(u32 type, u32 entries, u32 flags)
{
	bool array = type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY;
	struct map *map = new_map(type, array ? 4 : 8, 24, entries, flags);

	move_between_guards(map);
	return map;
}

/* A lock that says it belongs to a living thread costs 10 ms each time: keep that rare. */
static void unlock_everything(struct map *map)
{
	if (!map->ops->sys_lookup_and_delete)
		return;
	hash_control(map)->repair.owner = 0;
	for (u32 number = 0; number < skep__hash_nr_buckets(map); number++) {
		hash_bucket *bucket = hash_bucket_at(map, number);

		if (atomic_load(bucket) & HASH_LOCKED)
			atomic_store(bucket, (u32)atomic_load(bucket));
	}
}

static void scribbled_maps_stay_within_their_memory(void **state)
{
	u64 began = now_ms();
	u32 rounds = 0;

	for (u32 round = 0; round < ROUNDS && now_ms() - began < 5000; round++, rounds++) {
		u32 type = types[round % ARRAY_SIZE(types)];
		u32 flags = type == BPF_MAP_TYPE_LRU_HASH && round % 2 ? BPF_F_NO_COMMON_LRU : 0;
		struct map *map = hostile_map(type, 1 + round % 70, flags);
		struct attack a = { map, .state = round * 77 + 1 };

		operate(&a, 200);
		for (u32 i = 0; i < 20; i++) {
			for (u32 n = random_u32(&a.state) % 30; n; n--)
				scribble(&a, used_bytes(map));
			unlock_everything(map);
			operate(&a, 50);
		}
		unmap_guards(map);
		skep__map_free(map);
	}
	assert_true(rounds >= ARRAY_SIZE(types));
}

static void *attacker(void *arg)
{
	struct attack *a = arg;

	while (!a->over) {
		for (u32 i = 0; i < 64; i++)
			scribble(a, used_bytes(a->map));
		unlock_everything(a->map);
		usleep(10);
	}
	return NULL;
}

static void maps_that_are_scribbled_over_while_in_use_stay_within_their_memory(void **state)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct map *map = hostile_map(types[t], 50, 0);
		struct attack writer = { map, .state = 4711 }, user = { map, .state = 815 };
		u64 began = now_ms();
		pthread_t thread;

		pthread_create(&thread, NULL, attacker, &writer);
		for (u32 i = 0; i < 200 && now_ms() - began < 1000; i++)
			operate(&user, 100);
		writer.over = true;
		pthread_join(thread, NULL);
		print_message("%s: slowest operation %lu ms\n", skep__map_type_name(types[t]),
			      (unsigned long)user.slowest);
		unmap_guards(map);
		skep__map_free(map);
	}
}

/* Every chain a ring, every free list a ring: the walks end. */
static void rings_do_not_trap_anybody(void **state)
{
	struct map *map = hostile_map(BPF_MAP_TYPE_HASH, 64, 0);
	u8 key[8] = { 1 }, value[24] = { 0 }, elems[64 * 32];
	struct hash_control *control = hash_control(map);
	u64 began = now_ms();
	u32 calls = 0;

	for (u32 ref = 1; ref <= hash_geo(map)->nr_elems; ref++) {
		struct hash_elem *elem = hash_elem_at(map, ref);

		elem->key[0] = 1000000 + ref;
		elem->next = elem->link = 1 + ref % 3;
		elem->use = HASH_REFERENCED;
	}
	for (u32 number = 0; number < skep__hash_nr_buckets(map); number++)
		*hash_bucket_at(map, number) = 1 + number % 3;
	for (u32 i = 0; i < hash_geo(map)->nr_pools; i++)
		control->pools[i].list = 1;
	control->lost = 1;
	assert_null(map->ops->lookup(map, key, 0));
	assert_int_equal(map->ops->sys_lookup(map, key, value, 0), -ENOENT);
	map->ops->update(map, key, value, BPF_ANY, 0);
	map->ops->update(map, key, value, BPF_ANY, 0);
	map->ops->remove(map, key, 0);
	map->ops->sys_next_key(map, key, value);
	map->ops->for_each(map, 0, no_more_than, &calls);
	assert_true(skep__hash_bucket_read(map, 0, elems, 64) >
		    64); /* more than there is room for */
	assert_int_equal(skep__hash_repair(map), 0);
	assert_true(now_ms() - began < 2000);
	unmap_guards(map);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scribbled_maps_stay_within_their_memory),
		cmocka_unit_test(
			maps_that_are_scribbled_over_while_in_use_stay_within_their_memory),
		cmocka_unit_test(rings_do_not_trap_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
