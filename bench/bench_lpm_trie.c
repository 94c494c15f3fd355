/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nanoseconds per longest-prefix lookup and per update, through the vtable: 1,000 prefixes in the
 * shapes that tables have. The kernel's trie takes 69 ns for the first on a comparable core (3.9
 * GHz).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "map/map.h"

#define PREFIXES 1000
#define KEYS 4096
#define ROUNDS 20

struct key {
	u32 len;
	u8 data[16];
};

struct shape {
	const char *name;
	u32 data_size, min_len, max_len;
	u32 fixed; /* the first so many bytes are the same for all */
};

static const struct shape shapes[] = {
	{ "IPv4, /8 to /32 anywhere", 4, 8, 32, 0 },
	{ "IPv4, /24 in 10.0.0.0/8", 4, 24, 24, 1 },
	{ "IPv4, hosts in 10.1.0.0/16", 4, 32, 32, 2 },
	{ "IPv6, /32 to /64 in one /32", 16, 32, 64, 4 },
};

static u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

static struct key random_key(const struct shape *shape)
{
	static const u8 first[4] = { 10, 1, 13, 184 };
	struct key key = { .len = shape->min_len };

	key.len += rand() % (shape->max_len - shape->min_len + 1);
	for (u32 i = 0; i < shape->data_size; i++)
		key.data[i] = i < shape->fixed ? first[i] : rand();
	return key;
}

/* Half of the keys are under some prefix for certain. */
static void make_keys(const struct shape *shape, const struct key *prefixes, struct key *keys)
{
	for (u32 i = 0; i < KEYS; i++) {
		keys[i] = i % 2 ? prefixes[rand() % PREFIXES] : random_key(shape);
		keys[i].len = shape->data_size * 8;
	}
}

static void measure(const struct shape *shape)
{
	static const struct services nobody;
	static struct key prefixes[PREFIXES], keys[KEYS];
	struct map_def def = { BPF_MAP_TYPE_LPM_TRIE, 4 + shape->data_size, 8,
			       PREFIXES + 1,          BPF_F_NO_PREALLOC,    .nr_cpus = 1 };
	u64 lookup = UINT64_MAX, update = UINT64_MAX, found = 0;
	int err;
	struct map *map = skep__map_new(&def, NULL, 1, "bench", &nobody, &err);

	if (!map)
		exit(1);
	for (u32 n = 0; n < PREFIXES;) {
		u64 value = n;

		prefixes[n] = random_key(shape);
		n += !map->ops->update(map, &prefixes[n], &value, BPF_NOEXIST, 0);
	}
	make_keys(shape, prefixes, keys);
	for (u32 round = 0; round < ROUNDS; round++) {
		u64 began = now_ns();

		for (u32 i = 0; i < KEYS; i++)
			found += map->ops->lookup(map, &keys[i], 0) != NULL;
		u64 between = now_ns();

		for (u32 i = 0; i < PREFIXES; i++) {
			map->ops->remove(map, &prefixes[i], 0);
			map->ops->update(map, &prefixes[i], &began, BPF_ANY, 0);
		}
		lookup = min(lookup, between - began);
		update = min(update, now_ns() - between);
	}
	printf("%-30s lookup %6.1f ns (%u%% found)   delete and insert %6.1f ns\n", shape->name,
	       (double)lookup / KEYS, (u32)(found * 100 / KEYS / ROUNDS),
	       (double)update / PREFIXES);
	skep__map_free(map);
}

int main(void)
{
	for (u32 i = 0; i < ARRAY_SIZE(shapes); i++)
		measure(&shapes[i]);
	return 0;
}
