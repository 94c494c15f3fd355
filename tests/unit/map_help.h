/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of maps have in common: making one, and values that show what key they belong to.
 */
#ifndef TESTS_MAP_HELP_H
#define TESTS_MAP_HELP_H

#include "cmocka_all.h"
#include "map/map.h"

static const struct services no_services;

static inline struct map *new_map(u32 type, u32 key_size, u32 value_size, u32 entries, u32 flags)
{
	struct map_def def = { type, key_size, value_size, entries, flags, .nr_cpus = 4 };
	int err = 0;
	struct map *map = skep__map_new(&def, NULL, 1, "test", &no_services, &err);

	assert_int_equal(err, 0);
	assert_non_null(map);
	return map;
}

/* A value that tells its key and version, and whether it is whole. */
struct marked {
	u64 key, version, sum;
};

static inline struct marked mark(u64 key, u64 version)
{
	return (struct marked){ key, version, (key ^ version) * 0x9e3779b97f4a7c15ull };
}

static inline bool is_marked(const struct marked *m, u64 key)
{
	return m->key == key && m->sum == (m->key ^ m->version) * 0x9e3779b97f4a7c15ull;
}

static inline u32 random_u32(u64 *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 16;
}

/* Every key through bpf(2)'s eyes. */
static inline u32 count_keys(struct map *map)
{
	u8 key[512], next[512];
	u32 n = 0;
	int err = map->ops->sys_next_key(map, NULL, key);

	for (; !err && n <= 2 * map->def.max_entries; n++) {
		err = map->ops->sys_next_key(map, key, next);
		for (u32 i = 0; i < map->def.key_size; i++)
			key[i] = next[i];
	}
	return n;
}

#endif
