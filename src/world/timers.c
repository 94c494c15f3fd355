/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/timers.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/own_memory.h"
#include "exec/exec.h"
#include "jit/jit.h"
#include "map/array.h"
#include "world/world.h"

#define NSEC 1000000000ull
#define CANCEL_PATIENCE (1 * NSEC)

struct timer {
	struct async_field *field; /* NULL: not in use, or its value went while the callback ran */
	struct map *map;
	void *value;
	struct prog_object *prog; /* one reference; NULL: no callback */
	u64 callback; /* as the mode has it */
	u64 expires; /* CLOCK_MONOTONIC */
	u32 place; /* 1 + index in the heap; 0: not armed */
	u32 next_free;
	clockid_t clock;
	enum async_kind kind;
	enum exec_mode mode;
};

static struct timers *timers_of(void *opaque)
{
	return &((struct world *)opaque)->timers;
}

/* ---- the heap: under the lock ---------------------------------------------------------------- */

static struct timer *in_heap(const struct timers *t, u32 at)
{
	return &t->slots[t->heap[at]];
}

static void put_at(struct timers *t, u32 at, u32 slot)
{
	t->heap[at] = slot;
	t->slots[slot].place = at + 1;
}

static void rise(struct timers *t, u32 at, u32 slot)
{
	while (at && in_heap(t, (at - 1) / 2)->expires > t->slots[slot].expires) {
		put_at(t, at, t->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	put_at(t, at, slot);
}

static void sink(struct timers *t, u32 at, u32 slot)
{
	u32 below;

	while ((below = 2 * at + 1) < t->nr_heap) {
		if (below + 1 < t->nr_heap &&
		    in_heap(t, below + 1)->expires < in_heap(t, below)->expires)
			below++;
		if (in_heap(t, below)->expires >= t->slots[slot].expires)
			break;
		put_at(t, at, t->heap[below]);
		at = below;
	}
	put_at(t, at, slot);
}

static bool disarm(struct timers *t, struct timer *timer)
{
	u32 at = timer->place, last;

	if (!at--)
		return false;
	timer->place = 0;
	last = t->heap[--t->nr_heap];
	if (at < t->nr_heap) {
		rise(t, at, last);
		sink(t, t->slots[last].place - 1, last);
	}
	return true;
}

static void arm(struct timers *t, struct timer *timer, u64 expires)
{
	disarm(t, timer);
	timer->expires = expires;
	rise(t, t->nr_heap++, (u32)(timer - t->slots));
}

/* ---- slots: under the lock ------------------------------------------------------------------- */

/* NULL: the field has none. */
static struct timer *timer_of(struct timers *t, struct async_field *field)
{
	u32 number = atomic_load(&field->number) - 1;

	if (!t->slots || number >= t->used || t->slots[number].field != field)
		return NULL;
	return &t->slots[number];
}

static struct timer *take_slot(struct timers *t)
{
	u32 slot = t->first_free;

	if (slot)
		t->first_free = t->slots[slot - 1].next_free;
	else if (t->used < TIMERS_MAX)
		slot = ++t->used;
	return slot ? &t->slots[slot - 1] : NULL;
}

static void give_slot(struct timers *t, struct timer *timer)
{
	timer->next_free = t->first_free;
	t->first_free = (u32)(timer - t->slots) + 1;
}

static bool is_running(const struct timers *t, const struct timer *timer)
{
	return t->running == (u32)(timer - t->slots) + 1;
}

static void drop_prog(struct timer *timer)
{
	if (timer->prog)
		object_put(&timer->prog->obj);
	timer->prog = NULL;
}

/* One whose callback is running is given back by the thread. */
static void drop(struct timers *t, struct timer *timer)
{
	disarm(t, timer);
	drop_prog(timer);
	atomic_store(&timer->field->number, 0);
	timer->field = NULL;
	if (!is_running(t, timer))
		give_slot(t, timer);
}

/* ---- what programs ask for ------------------------------------------------------------------- */

static int timer_init(void *opaque, enum async_kind kind, struct async_field *field,
		      struct map *map, void *value, clockid_t clock)
{
	struct timers *t = timers_of(opaque);
	struct timer *timer;
	int err = skep__lock(&t->lock);

	if (err)
		return err;
	timer = t->slots && !timer_of(t, field) ? take_slot(t) : NULL;
	if (timer) {
		*timer = (struct timer){
			.field = field, .map = map, .value = value, .kind = kind, .clock = clock
		};
		atomic_store(&field->number, (u32)(timer - t->slots) + 1);
	} else {
		err = timer_of(t, field) ? -EBUSY : -ENOMEM;
	}
	skep__unlock(&t->lock);
	return err;
}

static enum exec_mode mode_of(const struct run *run)
{
	return run->checker ? MODE_CHECKED : run->frames ? MODE_INTERP : MODE_JIT;
}

/* Machine code that may have to unwind needs a frame of its program to return to, which a callback
 * that comes from nowhere does not have: it is interpreted. */
static void note_callback(struct timer *timer, const struct run *run, u64 callback)
{
	timer->mode = mode_of(run);
	timer->callback = callback;
	if (timer->mode != MODE_JIT || !run->prog->jit_unwinds)
		return;
	timer->mode = MODE_INTERP;
	timer->callback = skep__jit_subprog_at(callback);
}

static int timer_set_callback(void *opaque, struct async_field *field, const struct run *run,
			      u64 callback)
{
	struct timers *t = timers_of(opaque);
	struct prog_object *prog = container_of((struct prog *)run->prog, struct prog_object, prog);
	struct timer *timer;
	int err = skep__lock(&t->lock);

	if (err)
		return err;
	timer = timer_of(t, field);
	if (timer) {
		object_get(&prog->obj);
		drop_prog(timer);
		timer->prog = prog;
		note_callback(timer, run, callback);
	}
	skep__unlock(&t->lock);
	return timer ? 0 : -EINVAL;
}

static void wake(struct timers *t)
{
	atomic_fetch_add(&t->wakes, 1);
	syscall(SYS_futex, &t->wakes, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

/* When the clock that the timer is on shows ns, or in ns. Ends of time are the same for all. */
static u64 expiry(const struct timer *timer, u64 ns, bool absolute)
{
	u64 now = now_ns(CLOCK_MONOTONIC), its_now;

	ns = min(ns, (u64)INT64_MAX);
	if (absolute) {
		its_now = timer->clock == CLOCK_MONOTONIC ? now : now_ns(timer->clock);
		ns -= min(ns, its_now);
	}
	return now + ns;
}

static int timer_start(void *opaque, struct async_field *field, u64 ns, bool absolute)
{
	struct timers *t = timers_of(opaque);
	struct timer *timer;
	bool first = false;
	int err = skep__lock(&t->lock);

	if (err)
		return err;
	timer = timer_of(t, field);
	err = timer && timer->prog ? 0 : -EINVAL;
	/* Work that waits already is done once. */
	if (!err && (timer->kind == ASYNC_TIMER || !timer->place)) {
		arm(t, timer, expiry(timer, ns, absolute));
		first = timer->place == 1;
	}
	skep__unlock(&t->lock);
	if (first)
		wake(t);
	return err;
}

/* Until the callback that is running has ended; nobody holds the lock. */
static int wait_for_end(struct timers *t, u64 runs)
{
	u64 until = now_ns(CLOCK_MONOTONIC) + CANCEL_PATIENCE;

	while (atomic_load(&t->runs) == runs) {
		if (now_ns(CLOCK_MONOTONIC) > until)
			return -EBUSY;
		sched_yield();
	}
	return 0;
}

static int timer_cancel(void *opaque, struct async_field *field)
{
	struct timers *t = timers_of(opaque);
	bool was_armed = false, runs = false;
	struct timer *timer;
	u64 seen = 0;
	int err = skep__lock(&t->lock);

	if (err)
		return err;
	timer = timer_of(t, field);
	if (!timer)
		err = -EINVAL;
	else if (is_running(t, timer) && t->runner == skep__tid())
		err = -EDEADLK; /* its own callback would have to end first */
	if (!err) {
		was_armed = disarm(t, timer);
		drop_prog(timer);
		runs = is_running(t, timer);
		seen = atomic_load(&t->runs);
	}
	skep__unlock(&t->lock);
	if (!err && runs)
		err = wait_for_end(t, seen);
	return err ? err : was_armed;
}

static void timer_drop(void *opaque, struct async_field *field)
{
	struct timers *t = timers_of(opaque);
	struct timer *timer;

	if (!atomic_load(&field->number) || skep__lock(&t->lock))
		return;
	timer = timer_of(t, field);
	if (timer)
		drop(t, timer);
	skep__unlock(&t->lock);
}

const struct async_ops skep__timer_ops = {
	.init = timer_init,
	.set_callback = timer_set_callback,
	.start = timer_start,
	.cancel = timer_cancel,
	.drop = timer_drop,
};

void skep__timers_drop_map(struct world *w, const struct map *map)
{
	struct timers *t = &w->timers;

	if (!t->slots || skep__lock(&t->lock))
		return;
	for (u32 i = 0; i < t->used; i++) {
		if (t->slots[i].field && t->slots[i].map == map)
			drop(t, &t->slots[i]);
	}
	skep__unlock(&t->lock);
}

/* ---- the thread ------------------------------------------------------------------------------ */

static void call(struct world *w, const struct timer *timer, u32 cpu)
{
	struct map *map = timer->map;
	bool is_array = map->def.type == BPF_MAP_TYPE_ARRAY;
	u32 index =
		is_array ? (u32)(((u8 *)timer->value - map->mem) / map->geo.words[ARRAY_ELEM]) : 0;
	struct async_call async = {
		.callback = timer->callback,
		.map = map,
		.key = is_array ? &index
				: (void *)((u8 *)timer->value - round_up(map->def.key_size, 8u)),
		.value = timer->value,
	};
	struct run run;

	memset(&run, 0, offsetof(struct run, records));
	run.svc = &w->services;
	run.cpu = cpu;
	skep__exec_async(&run, &timer->prog->prog, &async, timer->mode);
}

/* The next one whose time has come, out of the heap and with a reference to its program; false:
 * none. */
static bool take_expired(struct timers *t, struct timer *out)
{
	struct timer *timer = t->nr_heap ? in_heap(t, 0) : NULL;

	if (!timer || timer->expires > now_ns(CLOCK_MONOTONIC))
		return false;
	disarm(t, timer);
	t->running = (u32)(timer - t->slots) + 1;
	t->runner = skep__tid();
	object_get(&timer->prog->obj);
	*out = *timer;
	return true;
}

static void end_call(struct timers *t, const struct timer *called)
{
	struct timer *timer = &t->slots[t->running - 1];

	while (skep__lock(&t->lock)) /* it is not held for long by anybody who lives */
		sched_yield();
	t->running = 0;
	if (!timer->field)
		give_slot(t, timer);
	skep__unlock(&t->lock);
	atomic_fetch_add(&t->runs, 1);
	object_put(&called->prog->obj);
}

/*
 * One callback, if it is time for one. The CPU slot comes first: a map or program that is on its
 * way out is freed when all runs have ended that were on, and from here on this is one.
 */
static bool fire(struct world *w)
{
	struct timers *t = &w->timers;
	struct timer timer;
	bool fires = false;
	int cpu = skep__cpu_enter(&w->cpus);

	if (cpu < 0)
		return true; /* again */
	if (!skep__lock(&t->lock)) {
		fires = take_expired(t, &timer);
		skep__unlock(&t->lock);
	}
	if (fires) {
		call(w, &timer, (u32)cpu);
		end_call(t, &timer);
	}
	skep__cpu_exit(&w->cpus, (u32)cpu);
	return fires;
}

/* Nanoseconds to the next one: 0 is now. */
static u64 time_left(struct timers *t)
{
	u64 now = now_ns(CLOCK_MONOTONIC), left = UINT64_MAX;

	if (skep__lock(&t->lock))
		return NSEC / 1000;
	if (t->nr_heap)
		left = in_heap(t, 0)->expires - min(in_heap(t, 0)->expires, now);
	skep__unlock(&t->lock);
	return left;
}

static void *timer_thread(void *opaque)
{
	struct world *w = opaque;
	struct timers *t = &w->timers;

	skep__know_stack();
	while (!atomic_load(&t->stopped)) {
		u32 wakes = atomic_load(&t->wakes);
		u64 left = time_left(t);
		struct timespec ts = { (time_t)(left / NSEC), (long)(left % NSEC) };

		if (!left)
			fire(w);
		else
			syscall(SYS_futex, &t->wakes, FUTEX_WAIT_PRIVATE, wakes,
				left == UINT64_MAX ? NULL : &ts, NULL, 0);
	}
	return NULL;
}

static int start_thread(struct world *w)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all,
			&before); /* signals are for threads of those whose process it is */
	err = pthread_create(&w->timers.thread, NULL, timer_thread, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

static size_t bytes(void)
{
	return TIMERS_MAX * (sizeof(struct timer) + sizeof(u32));
}

static int begin(struct world *w)
{
	struct timers *t = &w->timers;
	void *mem = mmap(NULL, bytes(), PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	int err;

	if (mem == MAP_FAILED)
		return -ENOMEM;
	t->heap = (u32 *)((struct timer *)mem + TIMERS_MAX);
	t->slots = mem;
	err = start_thread(w);
	if (err) {
		munmap(mem, bytes());
		t->slots = NULL;
	}
	return err;
}

int skep__timers_begin(struct world *w)
{
	int err = 0;

	pthread_mutex_lock(&w->lock);
	if (!w->timers.slots)
		err = begin(w);
	pthread_mutex_unlock(&w->lock);
	return err;
}

void skep__timers_end(struct world *w)
{
	struct timers *t = &w->timers;

	if (!t->slots)
		return;
	atomic_store(&t->stopped, true);
	wake(t);
	pthread_join(t->thread, NULL);
	munmap(t->slots, bytes());
	t->slots = NULL;
}
