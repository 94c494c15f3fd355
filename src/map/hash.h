/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What others need of hash tables besides the vtable: buckets one by one, for the batch commands,
 * and the operations themselves, for map types that are hash tables of something else.
 */
#ifndef SKEP_MAP_HASH_H
#define SKEP_MAP_HASH_H

#include "map/map.h"

/* Bucket numbers, the positions of batch commands, are below this. */
u32 skep__hash_nr_buckets(const struct map *map);

/*
 * The elements of a bucket, as key and value (skep__map_value_bytes) one after the other. Returns
 * how many there are, which may be more than cap: then nothing was copied, and take took nothing.
 * -EBUSY when the bucket is locked by a thread that does not run. take removes what it copies.
 */
int skep__hash_bucket_read(struct map *map, u32 number, void *elems, u32 cap);
int skep__hash_bucket_take(struct map *map, u32 number, void *elems, u32 cap);

/* The vtable's functions. */
int skep__hash_check(struct map_def *def);
u64 skep__hash_layout(const struct map_def *def, struct map *map);
int skep__hash_init(struct map *map);
int skep__hash_open(struct map *map);
void *skep__hash_lookup(struct map *map, const void *key, u32 cpu);
int skep__hash_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu);
int skep__hash_remove(struct map *map, const void *key, u32 cpu);
int skep__hash_sys_lookup(struct map *map, const void *key, void *value, u64 flags);
int skep__hash_sys_update(struct map *map, const void *key, const void *value, u64 flags);
int skep__hash_sys_remove(struct map *map, const void *key);
int skep__hash_sys_take(struct map *map, const void *key, void *value, u64 flags);
int skep__hash_sys_next_key(struct map *map, const void *key, void *next);
s64 skep__hash_for_each(struct map *map, u32 cpu,
			u64 (*fn)(struct map *map, void *key, void *value, void *opaque),
			void *opaque);
void skep__hash_each_value(struct map *map, void (*fn)(struct map *map, void *value));

#endif
