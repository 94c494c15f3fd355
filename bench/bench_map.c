/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nanoseconds per map operation as a program pays them through the vtable, next to what the
 * kernel's maps cost programs on a comparable core (medians of 3.9 GHz x86-64; the machine at hand
 * differs, so trust the order of magnitude). Each figure is the fastest of several rounds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "map/map.h"

#define ROUNDS 25

static const struct services no_services;

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

struct bench {
	struct map *map;
	u32 entries, key_size, rounds_left;
	u64 *keys; /* entries of them, key_size / 8 words each, in random order */
	u64 sum; /* keeps the compiler honest */
};

/* A generator of keys without pattern; the same every time. */
static u64 next_random(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static struct bench open_bench(u32 type, u32 key_size, u32 value_size, u32 entries, u32 nr_keys)
{
	struct map_def def = { type, key_size, value_size, entries, .nr_cpus = 2 };
	struct bench b = { .entries = nr_keys, .key_size = key_size };
	u64 state = 42;
	int err;

	b.map = skep__map_new(&def, NULL, 1, "bench", &no_services, &err);
	b.keys = calloc(nr_keys, round_up(key_size, 8));
	if (!b.map || !b.keys) {
		fprintf(stderr, "no map: %s\n", strerror(-err));
		exit(1);
	}
	for (u32 i = 0; i < nr_keys * (round_up(key_size, 8) / 8); i++)
		b.keys[i] = next_random(&state);
	return b;
}

static void close_bench(struct bench *b)
{
	skep__map_free(b->map);
	free(b->keys);
}

static const void *key_of(const struct bench *b, u32 i)
{
	return (const u8 *)b->keys + (u64)i * round_up(b->key_size, 8);
}

static void fill(struct bench *b)
{
	u8 value[256] = { 1 };

	for (u32 i = 0; i < b->entries; i++)
		b->map->ops->update(b->map, key_of(b, i), value, BPF_ANY, 0);
}

/* One round over the keys; returns how many operations it was. */
typedef u32 round_fn(struct bench *b);

static void report(const char *what, struct bench *b, round_fn *round, round_fn *undo,
		   const char *kernel)
{
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		u64 before = now_ns();
		u32 ops = round(b);
		double each = (double)(now_ns() - before) / ops;

		if (each < best)
			best = each;
		if (undo)
			undo(b);
	}
	printf("  %-44s %7.2f ns   kernel %s\n", what, best, kernel);
}

static u32 hits(struct bench *b)
{
	void *(*lookup)(struct map *, const void *, u32) = b->map->ops->lookup;
	u32 turns = 1 + 200000 / b->entries;

	for (u32 t = 0; t < turns; t++) {
		for (u32 i = 0; i < b->entries; i++) {
			u64 *value = lookup(b->map, key_of(b, i), 0);

			if (value)
				++*value;
		}
	}
	return turns * b->entries;
}

static u32 array_hits(struct bench *b)
{
	void *(*lookup)(struct map *, const void *, u32) = b->map->ops->lookup;
	u32 n = 1000000;

	for (u32 i = 0; i < n; i++) {
		u32 key = i & 63;
		u64 *value = lookup(b->map, &key, 0);

		if (value)
			++*value;
	}
	return n;
}

static u32 misses(struct bench *b)
{
	for (u32 i = 0; i < b->entries; i++) {
		u64 key[32];

		memcpy(key, key_of(b, i), b->key_size);
		key[0] ^= 1ull << 31;
		b->sum += b->map->ops->lookup(b->map, key, 0) != NULL;
	}
	return b->entries;
}

static u32 inserts(struct bench *b)
{
	u64 value[32] = { 7 };

	for (u32 i = 0; i < b->entries; i++)
		b->sum += b->map->ops->update(b->map, key_of(b, i), value, BPF_ANY, 0);
	return b->entries;
}

static u32 deletes(struct bench *b)
{
	for (u32 i = 0; i < b->entries; i++)
		b->sum += b->map->ops->remove(b->map, key_of(b, i), 0);
	return b->entries;
}

static u32 sys_lookups(struct bench *b)
{
	u64 value[256];

	for (u32 i = 0; i < b->entries; i++)
		b->sum += b->map->ops->sys_lookup(b->map, key_of(b, i), value, 0);
	return b->entries;
}

/* New keys all the time: the clock has to find room for each. */
static u32 evictions(struct bench *b)
{
	static u64 state = 99;
	u64 value[32] = { 7 };

	for (u32 i = 0; i < 100000; i++) {
		u64 key[32] = { next_random(&state), state };

		b->sum += b->map->ops->update(b->map, key, value, BPF_ANY, 0);
	}
	return 100000;
}

static void bench_arrays(void)
{
	struct bench b = open_bench(BPF_MAP_TYPE_ARRAY, 4, 8, 64, 64);

	puts("array");
	report("lookup + increment", &b, array_hits, NULL, "0.94");
	close_bench(&b);
	b = open_bench(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 64, 64);
	report("percpu_array lookup + increment", &b, array_hits, NULL, "-");
	close_bench(&b);
}

static void bench_hash(u32 type, const char *name, u32 key_size)
{
	struct bench b = open_bench(type, key_size, 8, 64, 64);

	printf("%s, %u-byte key, 8-byte value\n", name, key_size);
	fill(&b);
	report("lookup + increment, 64 entries", &b, hits, NULL, "7.3");
	close_bench(&b);
	b = open_bench(type, key_size, 8, 16384, 10000);
	report("insert, 10,000 entries", &b, inserts, deletes, "39");
	inserts(&b);
	report("delete, 10,000 entries", &b, deletes, inserts, "39");
	report("replace, 10,000 entries", &b, inserts, NULL, "-");
	report("lookup + increment, 10,000 entries", &b, hits, NULL, "13.1");
	report("miss, 10,000 entries", &b, misses, NULL, "-");
	report("lookup from user space, 10,000 entries", &b, sys_lookups, NULL, "280-320");
	close_bench(&b);
}

static void bench_lru(u32 key_size)
{
	struct bench b = open_bench(BPF_MAP_TYPE_LRU_HASH, key_size, 8, 10000, 9000);

	printf("lru_hash, %u-byte key, 8-byte value\n", key_size);
	fill(&b);
	report("lookup + increment, 9,000 of 10,000", &b, hits, NULL, "12");
	report("insert with eviction", &b, evictions, NULL, "84");
	close_bench(&b);
}

/* How loaded the machine is, when it is not the usual figure. */
static void bench_atomic(void)
{
	_Atomic u64 counter = 0;
	double best = 1e9;

	for (int i = 0; i < ROUNDS; i++) {
		u64 before = now_ns();

		for (int n = 0; n < 100000; n++)
			atomic_fetch_add(&counter, 1);
		best = (now_ns() - before) / 100000.0 < best ? (now_ns() - before) / 100000.0
							     : best;
	}
	printf("an uncontended atomic %32.2f ns\n", best);
}

int main(void)
{
	bench_atomic();
	bench_arrays();
	bench_hash(BPF_MAP_TYPE_HASH, "hash", 8);
	bench_hash(BPF_MAP_TYPE_HASH, "hash", 4);
	bench_hash(BPF_MAP_TYPE_HASH, "hash", 16);
	bench_hash(BPF_MAP_TYPE_HASH, "hash", 20);
	bench_hash(BPF_MAP_TYPE_PERCPU_HASH, "percpu_hash", 8);
	bench_lru(8);
	bench_lru(16);
	return 0;
}
