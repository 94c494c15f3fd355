/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RLIMIT_MEMLOCK, which older kernels count maps against: loaders raise it before they begin, and
 * give up when they may not. Nothing of a world's is counted there, so in a world it can be raised
 * by anybody as far as bpf(2) is concerned. For mlock(2) it stays what it may be.
 */
#include <sys/resource.h>

#include "door/calls.h"

/* As much of it as the system allows. */
static void set_what_is_allowed(u32 tid, const struct rlimit64 *old, struct rlimit64 *new)
{
	new->rlim_max = min(new->rlim_max, old->rlim_max);
	new->rlim_cur = min(new->rlim_cur, new->rlim_max);
	prlimit64(tid, RLIMIT_MEMLOCK, new, NULL);
}

long skep__door_memlock(struct remote *r, u64 unew, u64 uold)
{
	struct rlimit64 new, old;

	if (!unew || client_read(&r->client, &new, unew, sizeof(new)) ||
	    new.rlim_cur > new.rlim_max)
		return SYS_NOT_OURS;
	if (prlimit64(r->tid, RLIMIT_MEMLOCK, NULL, &old) || new.rlim_max <= old.rlim_max)
		return SYS_NOT_OURS;
	if (prlimit64(r->tid, RLIMIT_MEMLOCK, &new, NULL))
		set_what_is_allowed(r->tid, &old, &new);
	return uold ? client_write(&r->client, uold, &old, sizeof(old)) : 0;
}
