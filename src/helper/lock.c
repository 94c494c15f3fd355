/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_spin_lock in map values, which processes share: a lock whose holder died is taken over, and one
 * whose holder is stopped stops the run that wants it (map/lock.h), since the program reckons with
 * having it.
 */
#include "helper/arg.h"
#include "map/lock.h"

static_assert(sizeof(struct map_lock) == 4, "as struct bpf_spin_lock");

DEFINE_HELPER(spin_lock)
{
	struct map_lock *lock = arg_ptr(r1);

	if (skep__lock(lock)) {
		run->why = "the bpf_spin_lock is held by a thread that does not go on";
		run->aborted = true;
		return 0;
	}
	run->lock = lock;
	return 0;
}

DEFINE_HELPER(spin_unlock)
{
	skep__unlock(arg_ptr(r1));
	run->lock = NULL;
	return 0;
}

/* ---- bpf_res_spin_lock ----------------------------------------------------------------------- */

/* One that the thread holds itself would never be free; for others the kernel's patience is the
 * lock's own. */
static int take(struct map_lock *lock, struct run *run)
{
	if (atomic_load_explicit(&lock->owner, memory_order_relaxed) == skep__tid())
		return -EDEADLK;
	if (run->nr_res_locks == RUN_RES_LOCKS || skep__lock(lock))
		return -ETIMEDOUT;
	run->res_locks[run->nr_res_locks++] = lock;
	return 0;
}

static void give_back(struct map_lock *lock, struct run *run)
{
	u32 at = run->nr_res_locks;

	while (at && run->res_locks[at - 1] != lock)
		at--;
	if (!at)
		return; /* not this run's */
	run->res_locks[at - 1] = run->res_locks[--run->nr_res_locks];
	skep__unlock(lock);
}

DEFINE_KFUNC(res_spin_lock)
{
	return result_int(take(arg_ptr(r1), run));
}

DEFINE_KFUNC(res_spin_unlock)
{
	give_back(arg_ptr(r1), run);
	return 0;
}

/* There are no interrupts to keep away. */
DEFINE_KFUNC(res_spin_lock_irqsave)
{
	*(u64 *)arg_ptr(r2) = 0;
	return result_int(take(arg_ptr(r1), run));
}

DEFINE_KFUNC(res_spin_unlock_irqrestore)
{
	give_back(arg_ptr(r1), run);
	return 0;
}
