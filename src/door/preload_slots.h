/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What fds refer to, remembered until something closes one or puts another file in its place.
 * Nothing tells a library that; so whoever overrides what does calls forget.
 */
#ifndef SKEP_DOOR_PRELOAD_SLOTS_H
#define SKEP_DOOR_PRELOAD_SLOTS_H

#include "door/preload.h"
#include "door/preload_guard.h"
#include "map/map.h"

/* A map that an fd refers to: whole before it can be found, and never changed after. */
struct known {
	struct guarded guarded;
	struct map *map;
	bool frozen;
};

struct slot {
	guarded_place known; /* struct known */
	_Atomic bool is_none; /* asked already: nothing for this library */
	_Atomic u32 closes; /* how often the fd came to an end */
};

extern struct slot preload_slots[PRELOAD_FDS] __attribute__((visibility("hidden")));

/* Asks what the fd is, unless that is known or must not be remembered. */
void preload_slot_learn(u32 fd);

/* The fd is about to be something else, or nothing. */
void preload_slot_forget(u32 fd);

static inline const struct known *slot_known(const struct slot *s)
{
	struct guarded *g = guard_enter(&s->known);

	return g ? container_of(g, struct known, guarded) : NULL;
}

/* The map behind an fd, in use until slot_done. NULL: bpf(2) has to answer. */
static inline const struct known *slot_use(u32 fd)
{
	const struct slot *s = &preload_slots[fd % PRELOAD_FDS];
	const struct known *k;

	if (unlikely(fd >= PRELOAD_FDS))
		return NULL;
	k = slot_known(s);
	if (likely(k) || atomic_load_explicit(&s->is_none, memory_order_relaxed))
		return k;
	preload_slot_learn(fd);
	return slot_known(s);
}

static inline void slot_done(u32 fd, const struct known *k)
{
	guard_leave(&preload_slots[fd].known, &k->guarded);
}

#endif
