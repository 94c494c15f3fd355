/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/intercept.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libbpf's calls carry no context, so the world they mean has to stand somewhere. */
static struct skep_world *world;

void intercept_set_world(struct skep_world *w)
{
	world = w;
}

/* -errno to what libc functions return. */
static long libc_result(long result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

SKEP_API long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (world && number == SYS_bpf)
		return libc_result(skep_bpf(world, a[0], (union bpf_attr *)a[1], a[2]));
	if (world && number == SYS_perf_event_open)
		return libc_result(skep_perf_event_open(world, (void *)a[0], a[1], a[2], a[3], a[4]));
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

SKEP_API int ioctl(int fd, unsigned long request, ...)
{
	static int (*real)(int, unsigned long, ...);
	void *arg;
	va_list ap;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	long result = world ? skep_ioctl(world, fd, request) : -ENOTTY;
	if (result != -ENOTTY)
		return libc_result(result);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "ioctl");
	return real(fd, request, arg);
}

SKEP_API int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
	long result = world ? skep_epoll_ctl(world, epfd, op, fd, event) : -EINVAL;

	if (result != -EINVAL && result != -EPERM)
		return libc_result(result);
	return syscall(SYS_epoll_ctl, epfd, op, fd, event);
}
