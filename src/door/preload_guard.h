/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Things that one thread takes away while others use them, at no cost to the users. Each thread has
 * a record in which it says by a plain store what it uses; then it looks whether that is still
 * where it was found. Who takes a thing away has the kernel run a barrier in all threads
 * (membarrier(2)), so that they need none, and frees it when no record names it; when one does,
 * that thread frees it as it leaves, since it looks at the place once more.
 *
 * Nothing here waits, so a signal handler may do all of it at any moment.
 */
#ifndef SKEP_DOOR_PRELOAD_GUARD_H
#define SKEP_DOOR_PRELOAD_GUARD_H

#include "base/types.h"

struct guarded {
	void (*free)(struct guarded *g);
	struct guarded *next; /* while it waits to be freed */
};

/* What places hold: NULL, or a thing that is whole. Each thing is in one place at most. */
typedef _Atomic(struct guarded *) guarded_place;

/* A thread's record, alone on its cache line. */
struct guard_user {
	guarded_place uses;
	_Atomic u64 owner; /* thread id, 0: free; and above it how often the record was taken */
	u8 pad[64 - sizeof(void *) - sizeof(u64)];
};
static_assert(sizeof(struct guard_user) == 64, "a cache line each");

extern _Thread_local struct guard_user *preload_guard_mine
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
extern bool preload_guard_fences
	__attribute__((visibility("hidden"))); /* there is no membarrier(2) */

/* The calling thread's record from now on, or NULL. */
struct guard_user *preload_guard_join(void);

/* What was taken out of its place, to be freed when nobody uses it. */
void preload_guard_retire(struct guarded *g);
void preload_guard_sweep(void);

static inline void guard_leave(const guarded_place *place, const struct guarded *g)
{
	atomic_store_explicit(&preload_guard_mine->uses, NULL, memory_order_release);
	atomic_signal_fence(memory_order_seq_cst);
	if (unlikely(atomic_load_explicit(place, memory_order_relaxed) != g))
		preload_guard_sweep();
}

/*
 * What is in a place, to be used until guard_leave. NULL: nothing; or the thread is in the middle
 * of a use already, which a signal interrupted.
 */
static inline struct guarded *guard_enter(const guarded_place *place)
{
	struct guard_user *me = preload_guard_mine;
	struct guarded *g;

	if (unlikely(!me) && !(me = preload_guard_join()))
		return NULL;
	if (unlikely(atomic_load_explicit(&me->uses, memory_order_relaxed)))
		return NULL;
	g = atomic_load_explicit(place, memory_order_relaxed);
	if (!g)
		return NULL;
	if (unlikely(preload_guard_fences))
		atomic_store(&me->uses, g);
	else
		atomic_store_explicit(&me->uses, g, memory_order_relaxed);
	atomic_signal_fence(memory_order_seq_cst);
	if (likely(atomic_load(place) == g))
		return g;
	guard_leave(place, g);
	return NULL;
}

#endif
