/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll(2) and ppoll(2) on rings. A ring's fd is a memfd, which is always ready to the kernel; here
 * it is ready when something in it is unread, which its two positions tell, and what is waited for
 * is the eventfd that the world writes when there is news.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "door/carry.h"
#include "door/preload.h"
#include "door/preload_libc.h"
#include "door/raw_call.h"

#define MAX_POLLED PRELOAD_MAX_POLLED

/* Where the two positions are in the file: how far it was written, how far it was read. */
static const struct {
	u32 written, read;
} positions[] = {
	[PRELOAD_RING_MAP] = { 4096, 0 },
	[PRELOAD_RING_PERF] = { 1024, 1032 }, /* data_head and data_tail of the first page */
};

struct ring {
	enum preload_ring kind; /* 0: it is none */
	int bell;
};

static _Atomic u8 kinds[PRELOAD_FDS]; /* by fd: enum preload_ring, or 0 */
static _Atomic bool has_rings;

void preload_note_ring(long fd, enum preload_ring kind)
{
	if (fd < 0 || fd >= PRELOAD_FDS)
		return;
	atomic_store(&kinds[fd], kind);
	atomic_store(&has_rings, true);
}

void preload_forget_polled(unsigned int fd)
{
	if (fd < PRELOAD_FDS)
		atomic_store(&kinds[fd], 0);
}

bool preload_has_rings(void)
{
	return atomic_load_explicit(&has_rings, memory_order_relaxed);
}

bool preload_is_ring(int fd)
{
	return fd >= 0 && fd < PRELOAD_FDS && atomic_load(&kinds[fd]);
}

static u64 position(int fd, u32 at)
{
	u64 value = 0;

	raw_call(SYS_pread64, fd, (long)&value, sizeof(value), at, 0, 0);
	return value;
}

static bool has_unread(int fd, enum preload_ring kind)
{
	return position(fd, positions[kind].written) != position(fd, positions[kind].read);
}

struct waiting {
	struct pollfd fds[MAX_POLLED]; /* bells in place of rings */
	struct ring rings[MAX_POLLED];
	nfds_t nr;
};

/* An eventfd that stands for the ring, out of the way of numbers that the program may be asking
 * about. */
static long bell_of(int ring)
{
	long given = preload_bpf(DOOR_BELL, (void *)(long)ring, EPOLL_CTL_ADD), bell;

	if (given < 0)
		return given;
	bell = raw_call(SYS_fcntl, given, F_DUPFD_CLOEXEC, PRELOAD_HIGH_FD, 0, 0, 0);
	if (bell < 0)
		return given; /* RLIMIT_NOFILE is lower than that */
	raw_call(SYS_close, given, 0, 0, 0, 0, 0);
	return bell;
}

static void waiting_begin(struct waiting *w, const struct pollfd *fds, nfds_t nr)
{
	w->nr = nr;
	for (nfds_t i = 0; i < nr; i++) {
		long bell = preload_is_ring(fds[i].fd) ? bell_of(fds[i].fd) : -EINVAL;

		w->fds[i] = fds[i];
		w->rings[i] = (struct ring){ 0 };
		if (bell < 0)
			continue;
		w->fds[i] = (struct pollfd){ .fd = bell, .events = POLLIN };
		w->rings[i] = (struct ring){ kinds[fds[i].fd], bell };
	}
}

static void waiting_end(struct waiting *w, const struct pollfd *fds)
{
	for (nfds_t i = 0; i < w->nr; i++) {
		if (!w->rings[i].kind)
			continue;
		raw_call(SYS_close, w->rings[i].bell, 0, 0, 0, 0, 0);
		preload_bpf(DOOR_BELL, (void *)(long)fds[i].fd, EPOLL_CTL_DEL);
	}
}

/* Forgets old news; whoever looks afterwards sees what they were about. */
static void clear_bells(struct waiting *w)
{
	u64 count;

	for (nfds_t i = 0; i < w->nr; i++) {
		if (w->rings[i].kind)
			raw_call(SYS_read, w->rings[i].bell, (long)&count, sizeof(count), 0, 0, 0);
	}
}

/* Fills in what is ready; how many are. */
static int collect(struct waiting *w, struct pollfd *fds)
{
	int ready = 0;

	for (nfds_t i = 0; i < w->nr; i++) {
		const struct ring *r = &w->rings[i];

		fds[i].revents = w->fds[i].revents;
		if (r->kind)
			fds[i].revents = has_unread(fds[i].fd, r->kind)
						 ? fds[i].events & (POLLIN | POLLRDNORM)
						 : 0;
		ready += fds[i].revents != 0;
	}
	return ready;
}

typedef int ppoll_fn(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
		     const sigset_t *mask);

static ppoll_fn *real_ppoll(void)
{
	static _Atomic(void *) found;

	return (ppoll_fn *)preload_libcs("ppoll", &found);
}

bool preload_is_time(const struct timespec *t)
{
	return t->tv_sec >= 0 && t->tv_nsec >= 0 && t->tv_nsec < 1000000000;
}

s64 preload_ns(const struct timespec *t)
{
	const s64 age = 1000000000; /* 31 years: in ns, they can be added to a time */

	return min((s64)t->tv_sec, age) * 1000000000 + t->tv_nsec;
}

static int poll_once(struct waiting *w, s64 ns, const sigset_t *mask)
{
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	return real_ppoll()(w->fds, w->nr, ns < 0 ? NULL : &ts, mask);
}

int preload_poll_rings(struct pollfd *fds, nfds_t nr, s64 ns, const sigset_t *mask)
{
	struct waiting w;
	s64 end = (s64)now_ns(CLOCK_MONOTONIC) + ns;
	int ret;

	waiting_begin(&w, fds, nr);
	for (;;) {
		clear_bells(&w);
		ret = poll_once(&w, 0, NULL); /* what is ready besides */
		if (ret >= 0)
			ret = collect(&w, fds);
		s64 left = ns < 0 ? -1 : max(end - (s64)now_ns(CLOCK_MONOTONIC), (s64)0);
		if (ret || !left)
			break;
		ret = poll_once(&w, left, mask);
		if (ret < 0)
			break;
	}
	waiting_end(&w, fds);
	return ret;
}

static bool has_ring_among(const struct pollfd *fds, nfds_t nr)
{
	if (likely(!preload_has_rings()) || nr > MAX_POLLED)
		return false;
	for (nfds_t i = 0; i < nr; i++) {
		if (preload_is_ring(fds[i].fd))
			return true;
	}
	return false;
}

/* By other names here: libc declares the array as one that is written and not read. */
CAUGHT int caught_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
			const sigset_t *mask) __asm__("ppoll");
CAUGHT int caught_poll(struct pollfd *fds, nfds_t nr, int timeout) __asm__("poll");

/* What programs built with _FORTIFY_SOURCE call. */
CAUGHT int caught_poll_chk(struct pollfd *fds, nfds_t nr, int timeout,
			   size_t bytes) __asm__("__poll_chk");
CAUGHT int caught_ppoll_chk(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
			    const sigset_t *mask, size_t bytes) __asm__("__ppoll_chk");

int caught_ppoll(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
		 const sigset_t *mask)
{
	if (!has_ring_among(fds, nr) || (timeout && !preload_is_time(timeout)))
		return real_ppoll()(fds, nr, timeout, mask);
	return preload_poll_rings(fds, nr, timeout ? preload_ns(timeout) : -1, mask);
}

int caught_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	s64 ns = timeout < 0 ? -1 : timeout * 1000000ll;
	struct timespec ts = { ns / 1000000000, ns % 1000000000 };

	if (has_ring_among(fds, nr))
		return preload_poll_rings(fds, nr, ns, NULL);
	return real_ppoll()(fds, nr, ns < 0 ? NULL : &ts, NULL);
}

int caught_poll_chk(struct pollfd *fds, nfds_t nr, int timeout, size_t bytes)
{
	if (bytes / sizeof(*fds) < nr)
		abort(); /* the array is too small for that many */
	return caught_poll(fds, nr, timeout);
}

int caught_ppoll_chk(struct pollfd *fds, nfds_t nr, const struct timespec *timeout,
		     const sigset_t *mask, size_t bytes)
{
	if (bytes / sizeof(*fds) < nr)
		abort(); /* the array is too small for that many */
	return caught_ppoll(fds, nr, timeout, mask);
}
