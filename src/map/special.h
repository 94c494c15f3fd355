/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Values with special fields (struct bpf_spin_lock and its kin): copying a value into a map goes
 * around them, copying one out gives zeros for them, and with BPF_F_LOCK both happen under the
 * value's own lock.
 */
#ifndef SKEP_MAP_SPECIAL_H
#define SKEP_MAP_SPECIAL_H

#include "map/bytes.h"
#include "map/map.h"

void skep__value_store_around(const struct map *map, u8 *shared, const u8 *from);
void skep__value_clear_special(const struct map *map, u8 *copy);

/* What the fields of a value hold is given back, and they are empty: the value goes, or is written
 * anew. */
void skep__value_empty(struct map *map, void *value);
/* For a value that begins: its fields are zeroes afterwards. */
void skep__value_reset(struct map *map, void *value);
/* All values: the map goes. (control plane) */
void skep__map_empty_values(struct map *map);

static inline void value_empty(struct map *map, void *value)
{
	if (unlikely(map->special.owns))
		skep__value_empty(map, value);
}

/* With the lock of the value held: 0, or -EBUSY when its holder does not go on. */
int skep__value_store_locked(const struct map *map, void *shared, const void *from);
int skep__value_load_locked(const struct map *map, void *to, const void *shared);

static inline void value_store(const struct map *map, void *shared, const void *from)
{
	if (likely(!map->special.nr))
		bytes_store(shared, from, map->def.value_size);
	else
		skep__value_store_around(map, shared, from);
}

static inline void value_load(const struct map *map, void *to, const void *shared)
{
	bytes_load(to, shared, map->def.value_size);
	if (unlikely(map->special.nr))
		skep__value_clear_special(map, to);
}

/* As bpf(2) has values of per-CPU types: with their padding. */
static inline void value_store_padded(const struct map *map, void *shared, const void *from)
{
	if (likely(!map->special.nr))
		bytes_store(shared, from, round_up(map->def.value_size, 8u));
	else
		skep__value_store_around(map, shared, from);
}

static inline void value_load_padded(const struct map *map, void *to, const void *shared)
{
	bytes_load(to, shared, round_up(map->def.value_size, 8u));
	if (unlikely(map->special.nr))
		skep__value_clear_special(map, to);
}

/* May a call with these flags be about a map like this? */
static inline bool map_lock_flag_ok(const struct map *map, u64 flags)
{
	return !(flags & BPF_F_LOCK) || map->special.has_lock;
}

#endif
