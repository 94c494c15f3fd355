/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world's possible CPUs, as slots in shared memory. A run owns one slot from skep__cpu_enter to
 * skep__cpu_exit; that makes per-CPU values exclusive for the run, as preemption control does in the
 * kernel. A slot whose owner died is taken over. The slots also tell when everything that was running
 * has ended (skep__cpu_synchronize), which is what RCU tells in the kernel.
 */
#ifndef SKEP_MAP_CPU_H
#define SKEP_MAP_CPU_H

#include "base/types.h"

/* One slot, alone on its cache line: shared memory, so trust no field but for its meaning here. */
struct cpu_slot {
	_Atomic u32 owner; /* thread id; 0 free */
	_Atomic u32 nesting; /* runs inside runs of one thread (a signal handler, a test run) */
	_Atomic u64 runs; /* grows at the outermost enter and exit: odd while a run is on */
	u8 pad[48];
};
static_assert(sizeof(struct cpu_slot) == 64, "a cache line each");

struct cpus {
	struct cpu_slot *slots; /* in shared memory */
	u32 nr;
};

/*
 * Owns a slot: the current CPU's when it is free, else any. Spins briefly, then yields; returns the
 * index, or -EBUSY after about 10 ms (every slot is owned by a live thread that does not run).
 */
int skep__cpu_enter(const struct cpus *cpus);
int skep__cpu_enter_on(const struct cpus *cpus, u32 cpu); /* that slot and no other */
void skep__cpu_exit(const struct cpus *cpus, u32 cpu);

/* Does the calling thread own a slot: is it in the middle of a run? */
bool skep__cpu_is_mine(const struct cpus *cpus);

/* Waits until every run that was on at the time of the call has ended (control plane). */
void skep__cpu_synchronize(const struct cpus *cpus);

/*
 * The same for those who may not wait: a mark of what is running now, in a slot's place of an
 * array, and whether all of that has ended. Marks may stand in shared memory.
 */
struct cpu_mark {
	u32 owner; /* 0: the slot was free */
	u32 runs;
};
void skep__cpu_mark(const struct cpus *cpus, struct cpu_mark *marks);
bool skep__cpu_passed(const struct cpus *cpus, const struct cpu_mark *marks);

#endif
