/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU slots: owned with one compare-and-swap, given up with plain stores. `owner` alone says
 * whether a run is on; `runs` tells one run from the next; `nesting` counts inner runs only, so
 * that a signal may come in between any two stores here. A dead owner's slot is idle, and is taken
 * over.
 */
#include <sched.h>

#include "map/cpu.h"
#include "map/lock.h"

static bool try_own(struct cpu_slot *slot, u32 seen)
{
	/* Sequentially consistent: what the run reads, it reads after the slot is seen to be owned.
	 */
	if (!atomic_compare_exchange_strong(&slot->owner, &seen, skep__tid()))
		return false;
	u64 runs = atomic_load_explicit(&slot->runs, memory_order_relaxed);

	/* A dead owner may have left an odd count and inner runs behind. */
	atomic_store_explicit(&slot->runs, (runs | 1) + (runs & 1) * 2, memory_order_relaxed);
	if (unlikely(seen))
		atomic_store_explicit(&slot->nesting, 0, memory_order_relaxed);
	return true;
}

/* Owns the slot if it is free, or the calling thread's own already (a run inside a run). */
static inline bool enter_if_free(struct cpu_slot *slot)
{
	u32 owner = atomic_load_explicit(&slot->owner, memory_order_relaxed);

	if (likely(!owner))
		return try_own(slot, 0);
	if (owner != skep__tid())
		return false;
	u32 nesting = atomic_load_explicit(&slot->nesting, memory_order_relaxed);
	atomic_store_explicit(&slot->nesting, nesting + 1, memory_order_relaxed);
	return true;
}

static int enter_waiting(struct cpu_slot *slot)
{
	struct lock_wait wait = { 0 };

	while (!enter_if_free(slot)) {
		u32 owner = atomic_load_explicit(&slot->owner, memory_order_relaxed);
		int turn = owner ? skep__lock_wait(&wait, owner) : LOCK_TRY_AGAIN;

		if (turn < 0)
			return turn;
		if (turn == LOCK_OWNER_DEAD && try_own(slot, owner))
			break;
	}
	return 0;
}

int skep__cpu_enter_on(const struct cpus *cpus, u32 cpu)
{
	if (cpu >= cpus->nr)
		return -EINVAL;
	int err = enter_waiting(&cpus->slots[cpu]);

	return err ? err : (int)cpu;
}

int skep__cpu_enter(const struct cpus *cpus)
{
	u32 here = (u32)sched_getcpu() % cpus->nr;

	if (likely(enter_if_free(&cpus->slots[here])))
		return here;
	for (u32 i = 1; i < cpus->nr; i++) {
		u32 cpu = (here + i) % cpus->nr;

		if (enter_if_free(&cpus->slots[cpu]))
			return cpu;
	}
	/* All are taken: some by the dead, perhaps, and waiting for one finds that out. */
	for (u32 i = 0; i < cpus->nr; i++) {
		u32 cpu = (here + i) % cpus->nr;
		u32 owner = atomic_load_explicit(&cpus->slots[cpu].owner, memory_order_relaxed);

		if (owner && skep__tid_dead(owner) && try_own(&cpus->slots[cpu], owner))
			return cpu;
	}
	return skep__cpu_enter_on(cpus, here);
}

void skep__cpu_exit(const struct cpus *cpus, u32 cpu)
{
	struct cpu_slot *slot = &cpus->slots[cpu];
	u32 nesting = atomic_load_explicit(&slot->nesting, memory_order_relaxed);
	u64 runs = atomic_load_explicit(&slot->runs, memory_order_relaxed);

	if (unlikely(nesting)) {
		atomic_store_explicit(&slot->nesting, nesting - 1, memory_order_relaxed);
		return;
	}
	atomic_store_explicit(&slot->runs, runs + 1, memory_order_relaxed);
	atomic_store_explicit(&slot->owner, 0, memory_order_release);
}

bool skep__cpu_is_mine(const struct cpus *cpus)
{
	u32 self = skep__tid();

	for (u32 cpu = 0; cpu < cpus->nr; cpu++) {
		if (atomic_load_explicit(&cpus->slots[cpu].owner, memory_order_relaxed) == self)
			return true;
	}
	return false;
}

/* Has the run that was on when `owner` and `runs` were read ended? */
static bool run_ended(struct cpu_slot *slot, u32 owner, u64 runs)
{
	u64 now = atomic_load(&slot->runs);

	if (atomic_load(&slot->owner) != owner)
		return true;
	/* Read even: between owning and counting, so the run is on until the count is even again.
	 */
	return runs & 1 ? now != runs : now >= runs + 2;
}

void skep__cpu_synchronize(const struct cpus *cpus)
{
	u32 self = skep__tid();

	atomic_thread_fence(memory_order_seq_cst);
	for (u32 cpu = 0; cpu < cpus->nr; cpu++) {
		struct cpu_slot *slot = &cpus->slots[cpu];
		u32 owner = atomic_load(&slot->owner);
		u64 runs = atomic_load(&slot->runs);
		u32 turns = 0;

		if (!owner || owner == self)
			continue;
		while (!run_ended(slot, owner, runs)) {
			if (turns++ % 64 == 63 && skep__tid_dead(owner))
				break;
			sched_yield();
		}
	}
	atomic_thread_fence(memory_order_seq_cst);
}

void skep__cpu_mark(const struct cpus *cpus, struct cpu_mark *marks)
{
	atomic_thread_fence(memory_order_seq_cst);
	for (u32 cpu = 0; cpu < cpus->nr; cpu++) {
		struct cpu_slot *slot = &cpus->slots[cpu];

		marks[cpu].owner = atomic_load(&slot->owner);
		marks[cpu].runs = (u32)atomic_load(&slot->runs);
	}
}

/* Counts are compared modulo 2^32: a mark is looked at long before they come round. */
static bool mark_passed(struct cpu_slot *slot, const struct cpu_mark *mark)
{
	u32 runs = (u32)atomic_load(&slot->runs);

	if (!mark->owner || atomic_load(&slot->owner) != mark->owner)
		return true;
	if (mark->runs & 1 ? runs != mark->runs : runs - mark->runs >= 2)
		return true;
	return mark->owner != skep__tid() && skep__tid_dead(mark->owner);
}

bool skep__cpu_passed(const struct cpus *cpus, const struct cpu_mark *marks)
{
	for (u32 cpu = 0; cpu < cpus->nr; cpu++) {
		if (!mark_passed(&cpus->slots[cpu], &marks[cpu]))
			return false;
	}
	atomic_thread_fence(memory_order_seq_cst);
	return true;
}
