// SPDX-License-Identifier: BSD-2-Clause
/* Timers and work queues in map values. Programs that may wait wait for their callbacks. */

/* Older headers lack these structs, and newer ones have them: they are made here for all. */
#define bpf_wq headers_wq
#include <linux/bpf.h>
#undef bpf_wq
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define MONOTONIC 1
#define REALTIME 0
#define BOOTTIME 7
#define THREAD_CPUTIME 3
#define MS 1000000ull
#define SECOND (1000 * MS)
#define ABSOLUTE 1

struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq,
				    int (*callback)(void *map, int *key, void *value),
				    unsigned int flags, void *aux) __ksym;

struct value {
	struct bpf_timer timer;
	long number;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, struct value);
} timers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hashed SEC(".maps");

struct job {
	long number;
	struct bpf_wq work;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct job);
} jobs SEC(".maps");

struct counted {
	struct bpf_timer timer;
	struct bpf_spin_lock lock;
	int number;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counted);
} counters SEC(".maps");

/* What callbacks tell programs. */
static volatile long told, times;

static struct value *value_at(void *map, __u32 key)
{
	return bpf_map_lookup_elem(map, &key);
}

static int look(__u32 i, void *until)
{
	return told || bpf_ktime_get_ns() > *(__u64 *)until;
}

/* For what a callback tells, for so long at most: one loop has too few rounds for that where the
 * clock is quick to read (8 million of 30 ns are a quarter of a second). */
static long wait(__u64 ns)
{
	__u64 until = bpf_ktime_get_ns() + ns;

	for (int i = 0; i < 16 && !look(0, &until); i++)
		bpf_loop(1 << 23, look, &until, 0);
	return told;
}

static int tell(void *map, int *key, struct value *value)
{
	told = value->number * 10 + *key;
	return 0;
}

#define READY(v, map, clock, callback)                                                             \
	(bpf_timer_init(&(v)->timer, map, clock) || bpf_timer_set_callback(&(v)->timer, callback))

SEC("syscall")
RETURNS(72)
int a_timer_calls_back_with_its_element(void *ctx)
{
	struct value *v = value_at(&timers, 2);

	if (!v || READY(v, &timers, MONOTONIC, tell))
		return -1;
	v->number = 7;
	return bpf_timer_start(&v->timer, 0, 0) ? -2 : wait(SECOND);
}

SEC("syscall")
RETURNS(95)
int an_element_of_a_hash_has_a_timer(void *ctx)
{
	struct value zero = { .number = 9 }, *v;
	__u32 key = 5;

	bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY);
	v = value_at(&hashed, key);
	if (!v || READY(v, &hashed, BOOTTIME, tell))
		return -1;
	return bpf_timer_start(&v->timer, MS, 0) ? -2 : wait(SECOND);
}

static int again(void *map, int *key, struct value *value)
{
	if (++times < 3)
		bpf_timer_start(&value->timer, 1000, 0);
	else
		told = times;
	return 0;
}

SEC("syscall")
RETURNS(3)
int a_callback_starts_its_timer_again(void *ctx)
{
	struct value *v = value_at(&timers, 0);

	if (!v || READY(v, &timers, MONOTONIC, again))
		return -1;
	return bpf_timer_start(&v->timer, 0, 0) ? -2 : wait(SECOND);
}

SEC("syscall")
RETURNS(1)
int a_timer_fires_at_a_time_of_its_clock(void *ctx)
{
	struct value *v = value_at(&timers, 0);
	__u64 from = bpf_ktime_get_ns(), took;

	if (!v || READY(v, &timers, MONOTONIC, tell))
		return -1;
	v->number = 1;
	if (bpf_timer_start(&v->timer, from + 2 * MS, ABSOLUTE))
		return -2;
	if (wait(SECOND) != 10)
		return -3;
	took = bpf_ktime_get_ns() - from;
	return took >= 2 * MS;
}

SEC("syscall")
RETURNS(1)
int a_time_that_has_passed_is_now(void *ctx)
{
	struct value *v = value_at(&timers, 1);

	if (!v || READY(v, &timers, REALTIME, tell))
		return -1;
	return bpf_timer_start(&v->timer, 1, ABSOLUTE) ? -2 : wait(SECOND);
}

SEC("syscall")
RETURNS(1022)
int a_cancelled_timer_does_not_fire(void *ctx)
{
	struct value *v = value_at(&timers, 1);
	int first, second, start;
	__u64 from = bpf_ktime_get_ns();

	if (!v || READY(v, &timers, MONOTONIC, tell))
		return -1;
	v->number = 1;
	if (bpf_timer_start(&v->timer, 50 * MS, 0))
		return -2;
	first = bpf_timer_cancel(&v->timer);
	if (bpf_ktime_get_ns() - from > 40 * MS)
		return 1022; /* too busy a machine to tell */
	second = bpf_timer_cancel(&v->timer);
	start = bpf_timer_start(&v->timer, 0, 0); /* its callback is gone */
	return wait(70 * MS) ? -3 : first * 1000 + second * 100 - start;
}

SEC("syscall")
RETURNS(223816)
int a_timer_is_made_before_it_is_used_and_once(void *ctx)
{
	struct value *v = value_at(&timers, 1);
	int early, clock, late;

	if (!v)
		return -1;
	early = bpf_timer_start(&v->timer, 0, 0);
	clock = bpf_timer_init(&v->timer, &timers, THREAD_CPUTIME);
	if (early != -22 || clock != -22 || bpf_timer_set_callback(&v->timer, tell) != -22 ||
	    bpf_timer_cancel(&v->timer) != -22)
		return -2;
	if (bpf_timer_init(&v->timer, &timers, MONOTONIC))
		return -3;
	late = bpf_timer_init(&v->timer, &timers, MONOTONIC);
	if (bpf_timer_start(&v->timer, 0, 0) != -22 || bpf_timer_start(&v->timer, 0, 8) != -22)
		return -4;
	return 223800 - late;
}

static int cancel_itself(void *map, int *key, struct value *value)
{
	told = -bpf_timer_cancel(&value->timer);
	return 0;
}

SEC("syscall")
RETURNS(35)
int a_callback_does_not_wait_for_itself(void *ctx)
{
	struct value *v = value_at(&timers, 1);

	if (!v || READY(v, &timers, MONOTONIC, cancel_itself))
		return -1;
	return bpf_timer_start(&v->timer, 0, 0) ? -2 : wait(SECOND);
}

SEC("syscall")
RETURNS(0)
int a_deleted_element_has_no_timer(void *ctx)
{
	struct value zero = { .number = 9 }, *v;
	__u64 from = bpf_ktime_get_ns();
	__u32 key = 5;

	bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY);
	v = value_at(&hashed, key);
	if (!v || READY(v, &hashed, MONOTONIC, tell) || bpf_timer_start(&v->timer, 50 * MS, 0))
		return -1;
	bpf_map_delete_elem(&hashed, &key);
	if (bpf_ktime_get_ns() - from > 40 * MS)
		return 0; /* too busy a machine to tell */
	if (wait(70 * MS))
		return -2;
	bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY);
	v = value_at(&hashed, key);
	return v ? bpf_timer_init(&v->timer, &hashed, MONOTONIC) : -3;
}

static int delete_itself(void *map, int *key, struct value *value)
{
	bpf_map_delete_elem(map, key);
	told = bpf_map_lookup_elem(map, key) ? 2 : 1;
	return 0;
}

SEC("syscall")
RETURNS(1)
int a_callback_deletes_its_element(void *ctx)
{
	struct value zero = { .number = 0 }, *v;
	__u32 key = 6;

	bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY);
	v = value_at(&hashed, key);
	if (!v || READY(v, &hashed, MONOTONIC, delete_itself))
		return -1;
	return bpf_timer_start(&v->timer, 0, 0) ? -2 : wait(SECOND);
}

static int append(void *map, int *key, struct value *value)
{
	times = times * 10 + *key + 1;
	if (times >= 100)
		told = times;
	return 0;
}

SEC("syscall")
RETURNS(231)
int timers_fire_in_the_order_of_their_times(void *ctx)
{
	struct value *a = value_at(&timers, 0), *b = value_at(&timers, 1),
		     *c = value_at(&timers, 2);
	__u64 from = bpf_ktime_get_ns();

	if (!a || !b || !c || READY(a, &timers, MONOTONIC, append) ||
	    READY(b, &timers, MONOTONIC, append) || READY(c, &timers, MONOTONIC, append))
		return -1;
	if (bpf_timer_start(&a->timer, from + 300 * MS, ABSOLUTE) ||
	    bpf_timer_start(&b->timer, from + 100 * MS, ABSOLUTE) ||
	    bpf_timer_start(&c->timer, from + 200 * MS, ABSOLUTE))
		return -2;
	if (bpf_ktime_get_ns() > from + 90 * MS)
		return 231; /* too busy a machine to tell */
	return wait(SECOND);
}

SEC("tc")
RETURNS(0)
LEAVES(11)
int a_timer_fires_after_the_program_has_ended(void *ctx)
{
	struct value *v = value_at(&timers, 1);

	if (!v || READY(v, &timers, MONOTONIC, tell))
		return -1;
	v->number = 1;
	return bpf_timer_start(&v->timer, 1000, 0);
}

static int count_locked(void *map, int *key, struct counted *value)
{
	bpf_spin_lock(&value->lock);
	value->number++;
	bpf_spin_unlock(&value->lock);
	told = value->number;
	return 0;
}

SEC("tc")
RETURNS(0)
LEAVES(8)
int a_callback_takes_a_lock(void *ctx)
{
	__u32 key = 0;
	struct counted *v = bpf_map_lookup_elem(&counters, &key);

	if (!v || READY(v, &counters, MONOTONIC, count_locked))
		return -1;
	v->number = 7;
	return bpf_timer_start(&v->timer, 0, 0);
}

static int tick(void *map, int *key, struct value *value)
{
	told++;
	bpf_timer_start(&value->timer, MS, 0);
	return 0;
}

/* Without an end: test_timers.c looks what becomes of it when nobody has the map any more. */
SEC("tc")
RETURNS(0)
int a_timer_ticks(void *ctx)
{
	struct value *v = value_at(&timers, 1);

	if (!v || READY(v, &timers, MONOTONIC, tick))
		return -1;
	return bpf_timer_start(&v->timer, 0, 0);
}

/* ---- work ---- */

static int work(void *map, int *key, void *value)
{
	told = ((struct job *)value)->number + *key;
	return 0;
}

SEC("syscall")
RETURNS(0)
LEAVES(44)
int work_is_done_later(void *ctx)
{
	struct job zero = { .number = 40 }, *job;
	__u32 key = 4;

	bpf_map_update_elem(&jobs, &key, &zero, BPF_ANY);
	job = bpf_map_lookup_elem(&jobs, &key);
	if (!job || bpf_wq_init(&job->work, &jobs, 0) ||
	    bpf_wq_set_callback_impl(&job->work, work, 0, 0) || bpf_wq_start(&job->work, 0))
		return -1;
	return 0;
}

SEC("tc")
RETURNS(22)
int work_is_made_before_it_is_started(void *ctx)
{
	struct job zero = { .number = 40 }, *job;
	__u32 key = 4;
	int early;

	bpf_map_update_elem(&jobs, &key, &zero, BPF_ANY);
	job = bpf_map_lookup_elem(&jobs, &key);
	if (!job)
		return -1;
	early = bpf_wq_start(&job->work, 0);
	if (bpf_wq_init(&job->work, &jobs, 1) != -22 || bpf_wq_init(&job->work, &jobs, 0) ||
	    bpf_wq_init(&job->work, &jobs, 0) != -16)
		return -2;
	if (bpf_wq_start(&job->work, 0) != -22 ||
	    bpf_wq_set_callback_impl(&job->work, work, 1, 0) != -22)
		return -3;
	return -early;
}

char _license[] SEC("license") = "GPL";
