/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * epoll_ctl(2) on rings where the world cannot reach the caller's epoll set (a container's filter
 * takes pidfd_getfd away): then it gives us the eventfd that it would have put there, and we do.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/carry.h"
#include "door/preload.h"
#include "door/raw_call.h"

/* By the ring's fd: the eventfd that stands for it; 0: none. */
static _Atomic int bells[PRELOAD_FDS];

static void close_raw(int fd)
{
	raw_call(SYS_close, fd, 0, 0, 0, 0, 0);
}

void preload_forget_ring(unsigned int fd)
{
	int bell = fd < PRELOAD_FDS ? atomic_exchange(&bells[fd], 0) : 0;

	if (bell)
		close_raw(bell);
}

/* The world counts who waits: each ADD and DEL is told. The fd that stands for the ring's, or
 * -errno. */
static int bell_of(int fd, int op)
{
	long given = op == EPOLL_CTL_MOD ? 0 : preload_bpf(DOOR_BELL, (void *)(long)fd, op);
	int bell = atomic_load(&bells[fd]), none = 0;

	if (given < 0 || op != EPOLL_CTL_ADD)
		return given < 0 ? given : bell ? bell : -ENOENT;
	if (!bell) {
		bell = raw_call(SYS_fcntl, given, F_DUPFD_CLOEXEC, PRELOAD_HIGH_FD, 0, 0, 0);
		if (bell >= 0 && !atomic_compare_exchange_strong(&bells[fd], &none, bell)) {
			close_raw(bell); /* another thread was here */
			bell = none;
		}
	}
	close_raw(given);
	return bell;
}

static long ring_ctl(int set, int op, int fd, const struct epoll_event *event)
{
	struct epoll_event edge = { .events = EPOLLET };
	int bell = bell_of(fd, op);
	u64 one = 1;
	long ret;

	if (bell < 0)
		return bell;
	if (op != EPOLL_CTL_DEL) {
		edge = *event;
		edge.events |= EPOLLET;
	}
	ret = raw_call(SYS_epoll_ctl, set, op, bell, (long)&edge, 0, 0);
	if (ret && op == EPOLL_CTL_ADD)
		preload_bpf(DOOR_BELL, (void *)(long)fd, EPOLL_CTL_DEL);
	else if (!ret && op != EPOLL_CTL_DEL) /* it may have something already: look once */
		raw_call(SYS_write, bell, (long)&one, sizeof(one), 0, 0, 0);
	return ret;
}

CAUGHT int epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
	long ret = raw_call(SYS_epoll_ctl, set, op, fd, (long)event, 0, 0);

	/* The kernel's answer for a file that cannot be waited for, and the world's for a set out
	 * of reach. */
	if (ret == -EPERM && (unsigned int)fd < PRELOAD_FDS && (event || op == EPOLL_CTL_DEL)) {
		long ours = ring_ctl(set, op, fd, event);

		ret = ours == -EINVAL ? ret : ours;
	}
	return preload_result(ret);
}
