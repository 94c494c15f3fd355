/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks in shared memory that a dead thread cannot hold and a stopped one cannot make anybody wait
 * for: the word says who holds the lock, a waiter looks whether that thread still lives and takes
 * the lock over when it does not, and gives up after a bounded time when it does (-EBUSY, as the
 * kernel answers a program that meets a map lock it may not wait for).
 *
 * What is written under such a lock must be consistent after every single store, because the next
 * holder may come in at any of them.
 */
#ifndef SKEP_MAP_LOCK_H
#define SKEP_MAP_LOCK_H

#include "base/types.h"

#define TID_BITS 22 /* of skep__tid(), for the number itself: PID_MAX_LIMIT is 2^22 */
#define TID_MASK ((1u << TID_BITS) - 1)

struct map_lock {
	_Atomic u32 owner; /* skep__tid() of the holder; 0 free */
};

/*
 * The calling thread as shared memory knows it: the thread id in the low TID_BITS bits; above it a
 * few bits of its start time and of its pid namespace, so that a number used again is told apart
 * and a thread that cannot be seen from here is never declared dead. Never 0.
 */
static inline u32 skep__tid(void);

/* The same of any thread, by its number as the caller sees it. Reads /proc. */
u32 skep__tid_of(u32 tid);

/* Has that thread ended? False when in doubt. Reads /proc: for those who have waited in vain. */
bool skep__tid_dead(u32 tid);

/*
 * 0; or -EBUSY: the calling thread itself holds it, or a stopped one has for 10 ms, or a living one
 * for 250 ms, or others took it all the time for a second.
 */
static inline int skep__lock(struct map_lock *lock);
static inline int skep__trylock(struct map_lock *lock); /* does not wait for the living */
static inline void skep__unlock(struct map_lock *lock);

/* For locks of other shapes: one turn of waiting for `owner`. */
struct lock_wait {
	u32 turns;
	u32 owner; /* at the last look, */
	u64 since_ns; /* and at all looks since then */
	u64 began_ns;
	u32 dead; /* an owner that was found dead */
};

enum lock_turn { LOCK_TRY_AGAIN, LOCK_OWNER_DEAD };
int skep__lock_wait(struct lock_wait *wait, u32 owner); /* enum lock_turn or -EBUSY */

/* Inside. */
extern _Thread_local u32 skep__tid_known __attribute__((tls_model("initial-exec")));
u32 skep__tid_learn(void);
int skep__lock_contended(struct map_lock *lock);
int skep__trylock_contended(struct map_lock *lock);

static inline u32 skep__tid(void)
{
	return likely(skep__tid_known) ? skep__tid_known : skep__tid_learn();
}

static inline bool lock_try_word(_Atomic u32 *word, u32 seen)
{
	return atomic_compare_exchange_strong_explicit(word, &seen, skep__tid(),
						       memory_order_acquire, memory_order_relaxed);
}

static inline int skep__lock(struct map_lock *lock)
{
	return likely(lock_try_word(&lock->owner, 0)) ? 0 : skep__lock_contended(lock);
}

static inline int skep__trylock(struct map_lock *lock)
{
	return likely(lock_try_word(&lock->owner, 0)) ? 0 : skep__trylock_contended(lock);
}

static inline void skep__unlock(struct map_lock *lock)
{
	atomic_store_explicit(&lock->owner, 0, memory_order_release);
}

static inline void lock_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

#endif
