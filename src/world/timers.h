/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world's timers and work queues (struct bpf_timer, struct bpf_wq of map values), and the
 * thread that runs their callbacks, one at a time. What a field of a map has is the number of a
 * timer here, which knows the field that it belongs to: a number that a peer has copied somewhere
 * else is none. Programs come here in the middle of runs, so nothing here allocates, and the lock
 * is one that the dead do not hold.
 */
#ifndef SKEP_WORLD_TIMERS_H
#define SKEP_WORLD_TIMERS_H

#include <pthread.h>

#include "base/async.h"
#include "map/lock.h"

#define TIMERS_MAX 65536u

struct map;
struct timer;
struct world;

struct timers {
	struct map_lock lock;
	struct timer *slots; /* TIMERS_MAX; NULL: no program with timers was loaded yet */
	u32 *heap; /* slots that are armed, the next to fire first */
	u32 nr_heap, used, first_free; /* slots: 1 + index */
	u32 running; /* slot whose callback runs; 0: none */
	u32 runner; /* the thread, as locks know it */
	_Atomic u64 runs; /* callbacks that have ended */
	_Atomic u32 wakes; /* grows when the thread has to look again */
	_Atomic bool stopped;
	pthread_t thread;
};

extern const struct async_ops skep__timer_ops; /* opaque is the world */

/* Before the first program that may start a timer is there. 0 or -errno. Takes the world's lock. */
int skep__timers_begin(struct world *w);
void skep__timers_end(struct world *w);

/* All timers of a map: nobody outside can reach it any more. */
void skep__timers_drop_map(struct world *w, const struct map *map);

#endif
