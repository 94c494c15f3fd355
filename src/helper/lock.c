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
