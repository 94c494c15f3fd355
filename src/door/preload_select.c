/* SPDX-License-Identifier: BSD-2-Clause */
/* select(2) and pselect(2) with rings among the fds: as poll(2) on the same ones (preload_poll.c).
 */
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>

#include "base/clock.h"
#include "door/preload.h"
#include "door/preload_libc.h"

/* What poll(2) calls what the three sets ask for, and what it answers for each. */
static const struct {
	short asks, answers;
} kinds[] = {
	{ POLLIN | POLLRDNORM, POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR },
	{ POLLOUT | POLLWRNORM, POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR },
	{ POLLPRI, POLLPRI },
};
#define NR_KINDS 3

static bool has_ring_among(int nfds, fd_set *const sets[NR_KINDS])
{
	if (likely(!preload_has_rings()) || nfds > FD_SETSIZE)
		return false;
	for (int fd = 0; fd < nfds; fd++) {
		for (int k = 0; k < NR_KINDS; k++) {
			if (sets[k] && FD_ISSET(fd, sets[k]) && preload_is_ring(fd))
				return true;
		}
	}
	return false;
}

/* How many there are; -EINVAL when that is more than can be polled here. */
static int to_poll(int nfds, fd_set *const sets[NR_KINDS], struct pollfd fds[PRELOAD_MAX_POLLED])
{
	int nr = 0;

	for (int fd = 0; fd < nfds; fd++) {
		short events = 0;

		for (int k = 0; k < NR_KINDS; k++) {
			if (sets[k] && FD_ISSET(fd, sets[k]))
				events |= kinds[k].asks;
		}
		if (!events)
			continue;
		if (nr == PRELOAD_MAX_POLLED)
			return -EINVAL;
		fds[nr++] = (struct pollfd){ .fd = fd, .events = events };
	}
	return nr;
}

/* Bits that stay set, or -EBADF. */
static int from_poll(const struct pollfd *fds, int nr, fd_set *const sets[NR_KINDS])
{
	int bits = 0;

	for (int i = 0; i < nr; i++) {
		if (fds[i].revents & POLLNVAL)
			return -EBADF;
	}
	for (int i = 0; i < nr; i++) {
		for (int k = 0; k < NR_KINDS; k++) {
			bool is_ready = fds[i].revents & kinds[k].answers;

			if (!sets[k] || !FD_ISSET(fds[i].fd, sets[k]))
				continue;
			bits += is_ready;
			if (!is_ready)
				FD_CLR(fds[i].fd, sets[k]);
		}
	}
	return bits;
}

/* ns below 0: for ever. */
static int select_rings(int nfds, fd_set *const sets[NR_KINDS], s64 ns, const sigset_t *mask)
{
	struct pollfd fds[PRELOAD_MAX_POLLED];
	int nr = to_poll(nfds, sets, fds), ret = nr;

	if (nr >= 0) {
		ret = preload_poll_rings(fds, nr, ns, mask);
		if (ret < 0)
			return ret;
		ret = from_poll(fds, nr, sets);
	}
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

typedef int select_fn(int nfds, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout);
typedef int pselect_fn(int nfds, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
		       const sigset_t *mask);

/* Here, microseconds may be more than a second. */
static s64 ns_of(const struct timeval *t)
{
	struct timespec ts = { min(t->tv_sec, (time_t)INT32_MAX) + t->tv_usec / 1000000,
			       t->tv_usec % 1000000 * 1000 };

	return preload_ns(&ts);
}

CAUGHT int select(int nfds, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout)
{
	static _Atomic(void *) found;
	fd_set *const sets[NR_KINDS] = { r, w, e };

	if (!has_ring_among(nfds, sets) ||
	    (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)))
		return ((select_fn *)preload_libcs("select", &found))(nfds, r, w, e, timeout);
	s64 ns = timeout ? ns_of(timeout) : -1, end = (s64)now_ns(CLOCK_MONOTONIC) + ns;
	int ret = select_rings(nfds, sets, ns, NULL);
	if (timeout) { /* what is left of it */
		s64 left = max(end - (s64)now_ns(CLOCK_MONOTONIC), (s64)0);

		*timeout = (struct timeval){ left / 1000000000, left % 1000000000 / 1000 };
	}
	return ret;
}

CAUGHT int pselect(int nfds, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
		   const sigset_t *mask)
{
	static _Atomic(void *) found;
	fd_set *const sets[NR_KINDS] = { r, w, e };

	if (!has_ring_among(nfds, sets) || (timeout && !preload_is_time(timeout)))
		return ((pselect_fn *)preload_libcs("pselect", &found))(nfds, r, w, e, timeout,
									mask);
	return select_rings(nfds, sets, timeout ? preload_ns(timeout) : -1, mask);
}
