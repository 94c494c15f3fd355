/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where array elements lie, for those who inline lookups.
 *
 *	array:        value of index i at i * elem
 *	percpu_array: value of index i on CPU c at c * stride + i * elem
 */
#ifndef SKEP_MAP_ARRAY_H
#define SKEP_MAP_ARRAY_H

#include "map/map.h"

/* Words of struct map_geo. */
enum {
	ARRAY_ELEM, /* bytes from one element to the next: value_size rounded up to 8 */
	ARRAY_STRIDE, /* percpu_array: bytes from one CPU's elements to the next one's */
};

/* The caller has checked index and cpu. (data plane) */
static inline u8 *array_value(const struct map *map, u32 index)
{
	return map->mem + index * map->geo.words[ARRAY_ELEM];
}

static inline u8 *percpu_array_value(const struct map *map, u32 index, u32 cpu)
{
	return array_value(map, index) + cpu * map->geo.words[ARRAY_STRIDE];
}

/* What array and percpu_array have in common with the other maps that an index finds elements in.
 */
int skep__array_check(const struct map_def *def, u32 flags_allowed);
int skep__array_next_key(struct map *map, const void *key, void *next);

/* 0, or what updating that index with these flags answers. */
int skep__array_check_update(const struct map *map, u32 index, u64 flags);

#endif
