/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/preload_guard.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/raw_call.h"

#define NR_USERS 63

/* Records are never given back to the system: others may be looking at them. */
struct users {
	_Atomic(struct users *) next;
	u8 pad[64 - sizeof(void *)];
	struct guard_user users[NR_USERS];
};

_Thread_local struct guard_user *preload_guard_mine;
bool preload_guard_fences = true; /* until the constructor has asked */

static struct users first __attribute__((aligned(64)));
static _Atomic u32 process; /* whose threads have records; 0: not known yet */
static guarded_place retired; /* a stack */
static _Atomic bool sweeping;
static _Atomic u32 sweeps_wanted;

static long membarrier(int cmd)
{
	return raw_call(SYS_membarrier, cmd, 0, 0, 0, 0, 0);
}

static u32 this_process(void)
{
	return raw_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

/* ---- records --------------------------------------------------------------------------------- */

static bool is_dead(u32 tid)
{
	return raw_call(SYS_tgkill, process, tid, 0, 0, 0, 0) == -ESRCH;
}

/*
 * Whose record a thread takes, the first it finds. Of a thread that ended in the middle of a use
 * before all others, since what it used is freed when its record is taken, and not before.
 */
enum former_owner { DEAD_IN_A_USE, NOBODY, DEAD, NR_FORMER_OWNERS };

static bool may_take(const struct guard_user *u, u32 owner, enum former_owner from)
{
	switch (from) {
	case DEAD_IN_A_USE:
		return owner && atomic_load(&u->uses) && is_dead(owner);
	case NOBODY:
		return !owner;
	default:
		return owner && is_dead(owner);
	}
}

/*
 * What a thread writes that takes the record, so that another who found the one before dead does
 * not take it from one with the same number.
 */
static u64 next_owner(u64 owner, u32 tid)
{
	return ((owner >> 32) + 1) << 32 | tid;
}

/* A record with the thread's own number was that of a dead one with the same number. */
static struct guard_user *claim_in(struct users *all, u32 tid, enum former_owner from)
{
	for (u32 i = 0; i < NR_USERS; i++) {
		struct guard_user *u = &all->users[i];
		u64 owner = atomic_load(&u->owner);

		if ((u32)owner != tid && !may_take(u, (u32)owner, from))
			continue;
		if (!atomic_compare_exchange_strong(&u->owner, &owner, next_owner(owner, tid)))
			continue;
		if (atomic_exchange(&u->uses, NULL)) /* it ended in the middle of a use */
			preload_guard_sweep();
		return u;
	}
	return NULL;
}

static struct guard_user *claim(u32 tid, enum former_owner from)
{
	struct guard_user *u = NULL;

	for (struct users *all = &first; all && !u; all = atomic_load(&all->next))
		u = claim_in(all, tid, from);
	return u;
}

static void add_users(void)
{
	long mem = raw_call(SYS_mmap, 0, sizeof(struct users), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct users *more = (struct users *)mem, *next = atomic_load(&first.next);

	if (mem < 0 && mem > -4096)
		return;
	do
		atomic_store(&more->next, next);
	while (!atomic_compare_exchange_weak(&first.next, &next, more));
}

/*
 * The child of a vfork has its parent's memory and another thread's number: it gets no record of
 * its own, since it would be taken for dead when it has gone and its parent goes on with the
 * record.
 */
struct guard_user *preload_guard_join(void)
{
	u32 tid = raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0), unknown = 0;
	struct guard_user *u = NULL;

	atomic_compare_exchange_strong(&process, &unknown, this_process());
	if (process != this_process())
		return NULL;
	for (u32 from = 0; from < NR_FORMER_OWNERS && !u; from++)
		u = claim(tid, from);
	if (!u) {
		add_users();
		u = claim(tid, NOBODY);
	}
	preload_guard_mine = u;
	return u;
}

/* Threads that are not in the child use nothing there. */
static void alone_in_child(void)
{
	u32 tid = raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0);

	for (struct users *all = &first; all; all = atomic_load(&all->next)) {
		for (u32 i = 0; i < NR_USERS; i++) {
			struct guard_user *u = &all->users[i];
			bool is_mine = u == preload_guard_mine;

			if (!is_mine)
				atomic_store(&u->uses, NULL);
			atomic_store(&u->owner,
				     next_owner(atomic_load(&u->owner), is_mine ? tid : 0));
		}
	}
	atomic_store(&process, this_process());
	atomic_store(&sweeping, false);
}

static void __attribute__((constructor)) begin(void)
{
#if !defined(__SANITIZE_THREAD__) /* which does not know what membarrier does */
	preload_guard_fences = membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) != 0;
#endif
	pthread_atfork(NULL, NULL, alone_in_child);
}

/* ---- things that nobody will find any more --------------------------------------------------- */

/* Do all threads see what was stored before, and are their stores before it seen? */
static bool barrier_everywhere(void)
{
	if (preload_guard_fences) /* and has done so all the time */
		return true;
	if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
		return true;
	return membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0 &&
	       membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0;
}

static bool is_used(const struct guarded *g)
{
	for (struct users *all = &first; all; all = atomic_load(&all->next)) {
		for (u32 i = 0; i < NR_USERS; i++) {
			if (atomic_load(&all->users[i].uses) == g)
				return true;
		}
	}
	return false;
}

static void push(struct guarded *g)
{
	g->next = atomic_load(&retired);
	while (!atomic_compare_exchange_weak(&retired, &g->next, g))
		;
}

static void sweep_once(void)
{
	struct guarded *list = atomic_exchange(&retired, NULL);
	bool may_look = list && barrier_everywhere();

	while (list) {
		struct guarded *g = list;

		list = g->next;
		if (!may_look || is_used(g))
			push(g);
		else
			g->free(g);
	}
}

/* Whoever comes while another sweeps, or while a signal handler interrupted the sweep, leaves it to
 * that one, who sees that there is more to do. */
void preload_guard_sweep(void)
{
	u32 wanted;

	do {
		wanted = atomic_fetch_add(&sweeps_wanted, 1) + 1;
		if (atomic_exchange(&sweeping, true))
			return;
		sweep_once();
		atomic_store(&sweeping, false);
	} while (atomic_load(&sweeps_wanted) != wanted);
}

void preload_guard_retire(struct guarded *g)
{
	push(g);
	preload_guard_sweep();
}
