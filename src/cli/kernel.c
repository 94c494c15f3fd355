/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/kernel.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "door/raw_call.h"

#define CAUGHT __attribute__((visibility("default")))

static struct skep_world *world;

/* The library's own system calls, made on behalf of a caught one, go to the real kernel. */
static __thread bool inside;

enum outcome kernel_open(const struct skep_world_opts *opts, enum skep_mode mode)
{
	int err;

	world = skep_world_new(opts);
	if (!world)
		return complain("cannot make a world: %m");
	err = skep_world_set_mode(world, mode);
	if (err) {
		kernel_close();
		return complain("cannot run in this mode: %s", strerror(-err));
	}
	return GOOD;
}

void kernel_close(void)
{
	skep_world_free(world);
	world = NULL;
}

struct skep_world *kernel_world(void)
{
	return world;
}

static long real_call(long nr, const unsigned long *a)
{
	return raw_call(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

static long with_errno(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

/* What the world answers when a call is none of its business. */
static bool not_ours(long ret)
{
	return ret == -EBADF || ret == -EINVAL || ret == -ENOTTY || ret == -EPERM;
}

CAUGHT long syscall(long nr, ...)
{
	unsigned long a[6];
	va_list ap;
	long ret;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (inside || !world || (nr != SYS_bpf && nr != SYS_perf_event_open))
		return with_errno(real_call(nr, a));
	inside = true;
	if (nr == SYS_bpf)
		ret = skep_bpf(world, (int)a[0], (union bpf_attr *)a[1], (unsigned int)a[2]);
	else
		ret = skep_perf_event_open(world, (const struct perf_event_attr *)a[0], (int)a[1],
					   (int)a[2], (int)a[3], a[4]);
	inside = false;
	return with_errno(ret);
}

CAUGHT int ioctl(int fd, unsigned long request, ...)
{
	long ret = -EBADF;
	unsigned long arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, unsigned long);
	va_end(ap);
	if (world && !inside) {
		inside = true;
		ret = skep_ioctl(world, fd, request);
		inside = false;
	}
	if (not_ours(ret))
		ret = real_call(SYS_ioctl, (unsigned long[6]){ (unsigned long)fd, request, arg });
	return (int)with_errno(ret);
}

CAUGHT int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	long ret = -EBADF;

	if (world && !inside) {
		inside = true;
		ret = skep_epoll_ctl(world, epfd, op, fd, event);
		inside = false;
	}
	if (not_ours(ret))
		ret = real_call(SYS_epoll_ctl,
				(unsigned long[6]){ (unsigned long)epfd, (unsigned long)op,
						    (unsigned long)fd, (unsigned long)event });
	return (int)with_errno(ret);
}
