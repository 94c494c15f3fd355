/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The services of a process that gives none of its own: the machine's clocks, numbers seeded once a
 * thread, the calling thread as the kernel knows it; no objects, nobody to wake.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/services.h"
#include "base/task.h"

#define NS_PER_S 1000000000ull

/* A kernel built with CONFIG_HZ=250, as distributions do; jiffies start five minutes before they
 * wrap. */
#define HZ 250
#define FIRST_JIFFY ((u32)(-300 * HZ))

static u64 clock_ns(void *opaque, clockid_t clock)
{
	return now_ns(clock);
}

static u64 jiffies(void *opaque)
{
	return FIRST_JIFFY + clock_ns(opaque, CLOCK_MONOTONIC) / (NS_PER_S / HZ);
}

/* 64 bits of state a thread, never zero once seeded. */
static _Thread_local u64 random_state;

static void forget_random_state(void)
{
	random_state = 0;
}

/* A forked child must not repeat its parent's numbers. */
static void __attribute__((constructor)) forget_random_state_after_fork(void)
{
	pthread_atfork(NULL, NULL, forget_random_state);
}

static void seed_random(void)
{
	u64 seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) != sizeof(seed))
		seed = clock_ns(NULL, CLOCK_MONOTONIC) ^ (u64)syscall(SYS_gettid) << 32;
	random_state = seed | 1;
}

/* xorshift64*: the high half of the product passes the usual statistical batteries. */
static u32 random_u32(void *opaque)
{
	if (unlikely(!random_state))
		seed_random();
	u64 x = random_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	random_state = x;
	return x * 0x2545f4914f6cdd1dull >> 32;
}

static void current_task(const struct services *svc, struct task *out)
{
	skep__task(svc->tid, out);
}

static u32 numa_node(void *opaque)
{
	unsigned int cpu, node;

	return getcpu(&cpu, &node) ? 0 : node;
}

static u64 cgroup_id(const struct services *svc, const int *level)
{
	return skep__task_cgroup(svc->tid, level);
}

static bool in_pid_ns(const struct services *svc, u32 dev, u64 ino)
{
	return skep__task_in_pid_ns(svc->tid, dev, ino);
}

static int send_signal(const struct services *svc, u32 sig, bool process)
{
	return skep__task_signal(svc->tid, sig, process);
}

static const struct perf_event *no_event(void *opaque, u32 id)
{
	return NULL;
}

static void wake_nobody(void *opaque, struct map *map, u32 index)
{
}

static void trace_to_nowhere(const struct services *svc, const char *line, size_t len)
{
}

const struct services skep__default_services = {
	.clock_ns = clock_ns,
	.jiffies = jiffies,
	.random = random_u32,
	.current_task = current_task,
	.numa_node = numa_node,
	.cgroup_id = cgroup_id,
	.in_pid_ns = in_pid_ns,
	.send_signal = send_signal,
	.event_by_id = no_event,
	.wake = wake_nobody,
	.trace = trace_to_nowhere,
};
