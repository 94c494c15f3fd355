/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/listener.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/alloc.h"
#include "door/calls.h"

#define MAX_THREADS 64
#define STACK_BYTES (512 * 1024)
#define TICK_NS 5000000 /* a call that takes longer is relieved */
#define TICKS_AWAKE 200 /* without a call: then the relief sleeps until the next one */

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

struct listener {
	struct skep_world *world;
	int fd;
	void (*ended)(void *opaque);
	void *opaque;
	pthread_mutex_t lock; /* guards threads and has_relief */
	pthread_cond_t wake_relief;
	u32 threads;
	bool has_relief;
	bool recv_ends; /* by itself */
	u64 trust_ns; /* remote.h */
	u32 own_pid;
	_Atomic bool is_over, relief_sleeps;
	/*
	 * Odd while the receiver is in a call. It goes on from odd to even by whoever comes first:
	 * the receiver at the call's end, or the relief, and that one is the receiver from then on.
	 */
	_Atomic u64 calls;
};

static void *relief_main(void *arg);

/* The lock is held. Without one (too many threads, no memory) calls wait for each other. */
static void start_relief(struct listener *l)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (l->has_relief || l->threads >= MAX_THREADS || atomic_load(&l->is_over))
		return;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	l->has_relief = !pthread_create(&thread, &attr, relief_main, l);
	l->threads += l->has_relief;
	pthread_attr_destroy(&attr);
}

/* Each thread's last deed; the last thread's is the listener's end. */
static void *leave(struct listener *l)
{
	pthread_mutex_lock(&l->lock);
	l->threads--;
	start_relief(l); /* there may have been too many threads for one */
	bool is_last = l->threads == 0;
	pthread_mutex_unlock(&l->lock);
	if (!is_last)
		return NULL;
	void (*ended)(void *opaque) = l->ended;
	void *opaque = l->opaque;
	close(l->fd);
	pthread_cond_destroy(&l->wake_relief);
	pthread_mutex_destroy(&l->lock);
	skep__free(l);
	ended(opaque);
	return NULL;
}

static void call_relief(struct listener *l)
{
	pthread_mutex_lock(&l->lock);
	pthread_cond_signal(&l->wake_relief);
	pthread_mutex_unlock(&l->lock);
}

static void answer(struct listener *l, struct pidfds *pidfds, const struct seccomp_notif *notif)
{
	struct remote_near near;
	struct remote r = {
		.client = { .ops = &skep__client_remote, .tid = notif->pid },
		.pidfds = pidfds,
		.near = &near,
		.listener = l->fd,
		.trust_ns = l->trust_ns,
		.id = notif->id,
		.cmd = -1,
		.own_pid = l->own_pid,
		.world = l->world->world,
		.tid = notif->pid,
	};

	near.here.len = near.nr_usual = 0;
	near.was_filled = false;
	long ret = skep__door_call(l->world, &r, &notif->data);
	struct seccomp_notif_resp resp = { .id = notif->id };

	skep__remote_end(&r);
	if (r.is_answered)
		return;
	if (ret == SYS_NOT_OURS)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (ret < 0)
		resp.error = ret;
	else
		resp.val = ret;
	ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND,
	      &resp); /* fails when the client is gone, as it may be */
}

/* Since Linux 6.11 a wait in RECV ends when nobody is left who could call. */
static bool recv_ends_by_itself(void)
{
	struct utsname name;
	int major, minor;

	return !uname(&name) && sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
	       (major > 6 || (major == 6 && minor >= 11));
}

/* Is there a call, or (with no time to wait) may one still come? */
static bool poll_calls(const struct listener *l, int timeout_ms)
{
	struct pollfd pfd = { .fd = l->fd, .events = POLLIN };
	int n;

	do
		n = poll(&pfd, 1, timeout_ms);
	while (n < 0 && errno == EINTR);
	return n == 0 || (n > 0 && pfd.revents & POLLIN);
}

/* Waits for a call: false when nobody is left who could make one. */
static bool receive(struct listener *l, struct seccomp_notif *notif)
{
	for (;;) {
		if (!l->recv_ends && !poll_calls(l, -1))
			return false;
		memset(notif, 0, sizeof(*notif));
		if (ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, notif) == 0)
			return true;
		/* ENOENT: the client was killed meanwhile, or all have gone. */
		if (errno != EINTR && (errno != ENOENT || !poll_calls(l, 0)))
			return false;
	}
}

/* Receives until it is over, which true tells, or until another thread has taken the turn. */
static bool serve(struct listener *l)
{
	struct pidfds pidfds = { 0 };
	struct seccomp_notif notif;
	bool is_mine = true;

	while (is_mine && receive(l, &notif)) {
		u64 call = atomic_fetch_add(&l->calls, 1) + 1;

		if (atomic_load(&l->relief_sleeps))
			call_relief(l);
		answer(l, &pidfds, &notif);
		is_mine = atomic_compare_exchange_strong(&l->calls, &call, call + 1);
	}
	skep__pidfds_close(&pidfds);
	return is_mine;
}

static void *serve_and_leave(struct listener *l)
{
	if (serve(l)) {
		atomic_store(&l->is_over, true);
		call_relief(l);
	}
	return leave(l);
}

static void *receiver_main(void *arg)
{
	return serve_and_leave(arg);
}

/* One look of the relief's: sleeps for a tick, or until a call comes when there were none for long.
 */
static void sleep_a_tick(struct listener *l, bool until_called)
{
	struct timespec until;

	atomic_store(&l->relief_sleeps, until_called);
	pthread_mutex_lock(&l->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_NS;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (atomic_load(&l->is_over))
		;
	else if (!until_called)
		pthread_cond_timedwait(&l->wake_relief, &l->lock, &until);
	else if (!(atomic_load(&l->calls) & 1))
		pthread_cond_wait(&l->wake_relief, &l->lock);
	pthread_mutex_unlock(&l->lock);
	atomic_store(&l->relief_sleeps, false);
}

/* Returns true when the receiver was held up and its turn is this thread's now, false when it is
 * over. */
static bool watch(struct listener *l)
{
	u64 seen = atomic_load(&l->calls);

	for (u32 quiet = 0; !atomic_load(&l->is_over);) {
		sleep_a_tick(l, quiet >= TICKS_AWAKE);
		u64 now = atomic_load(&l->calls);

		quiet = now == seen ? quiet + 1 : 0;
		if (now == seen && now & 1 &&
		    atomic_compare_exchange_strong(&l->calls, &seen, now + 1))
			return true;
		seen = now;
	}
	return false;
}

static void *relief_main(void *arg)
{
	struct listener *l = arg;

	if (!watch(l))
		return leave(l);
	pthread_mutex_lock(&l->lock);
	l->has_relief = false;
	start_relief(l);
	pthread_mutex_unlock(&l->lock);
	return serve_and_leave(l);
}

int skep__listener_start(struct skep_world *w, int fd, void (*ended)(void *opaque), void *opaque)
{
	struct listener *l = skep__zalloc(sizeof(*l));
	pthread_condattr_t monotonic;
	pthread_t thread;
	int err = l ? 0 : ENOMEM;

	if (err)
		goto close;
	*l = (struct listener){ .world = w,
				.fd = fd,
				.ended = ended,
				.opaque = opaque,
				.threads = 1,
				.recv_ends = recv_ends_by_itself(),
				.trust_ns = skep__remote_trust_ns(),
				.own_pid = getpid() };
	/* The answer is often ready sooner than another CPU would have woken: stay on the client's.
	 */
	ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&l->wake_relief, &monotonic);
	err = pthread_create(&thread, NULL, receiver_main, l);
	if (err)
		goto free;
	pthread_detach(thread);
	pthread_mutex_lock(&l->lock);
	start_relief(l);
	pthread_mutex_unlock(&l->lock);
	return 0;
free:
	skep__free(l);
close:
	close(fd);
	return -err;
}
