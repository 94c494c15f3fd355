/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls over the world's socket (socket.h), one connection a call. Where it is used, nothing but
 * this library reaches the world, so it catches what a filter would have caught.
 */
#undef _FILE_OFFSET_BITS /* makes one of statfs and statfs64 */

#include <fcntl.h>
#include <linux/ioctl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/preload.h"
#include "door/raw_call.h"
#include "door/socket.h"

/* The answer; an fd that came with it is the answer. */
static long receive(int sock)
{
	struct socket_answer answer = { -EIO };
	struct iovec data = { &answer, sizeof(answer) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	long got;
	int fd;

	do
		got = raw_call(SYS_recvmsg, sock, (long)&msg, MSG_CMSG_CLOEXEC, 0, 0, 0);
	while (got == -EINTR);
	if (got != sizeof(answer))
		return -ENOSYS; /* as when a world that is reached otherwise has ended */
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
	if (!head || head->cmsg_type != SCM_RIGHTS)
		return answer.ret;
	memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

static char socket_name[64];

static void read_name(void)
{
	const char *name = getenv(DOOR_VARIABLE);

	if (name)
		strncpy(socket_name, name, sizeof(socket_name) - 1);
}

long preload_socket_call(long nr, const long args[6])
{
	/* The first call may come from another library's constructor, before one here would run;
	 * what the program does to its environment later does not matter. */
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, read_name);
	struct socket_call call = { .nr = nr, .tid = raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0) };
	struct sockaddr_un addr;
	socklen_t len = skep__socket_address(&addr, socket_name);
	long sock, high, ret;

	if (!len)
		return -ENOSYS;
	memcpy(call.args, args, sizeof(call.args));
	sock = raw_call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0, 0, 0);
	if (sock < 0)
		return sock;
	/* A new fd of the answer's takes the lowest number, as it should. */
	high = raw_call(SYS_fcntl, sock, F_DUPFD_CLOEXEC, PRELOAD_HIGH_FD, 0, 0, 0);
	if (high >= 0) {
		raw_call(SYS_close, sock, 0, 0, 0, 0, 0);
		sock = high;
	}
	do
		ret = raw_call(SYS_connect, sock, (long)&addr, len, 0, 0, 0);
	while (ret == -EINTR);
	if (!ret)
		ret = raw_call(SYS_sendto, sock, (long)&call, sizeof(call), MSG_NOSIGNAL, 0, 0);
	ret = ret == sizeof(call) ? receive(sock) : -ENOSYS;
	raw_call(SYS_close, sock, 0, 0, 0, 0, 0);
	return ret;
}

static long call_or_kernel(long nr, const long args[6])
{
	long ret = preload_way_is_socket() ? preload_socket_call(nr, args) : SOCKET_NOT_OURS;

	return ret != SOCKET_NOT_OURS
		       ? ret
		       : raw_call(nr, args[0], args[1], args[2], args[3], args[4], args[5]);
}

CAUGHT int ioctl(int fd, unsigned long request, ...)
{
	long args[6] = { fd, request };
	va_list ap;

	va_start(ap, request);
	args[2] = va_arg(ap, long);
	va_end(ap);
	if (_IOC_TYPE(request) == '$')
		return preload_result(call_or_kernel(SYS_ioctl, args));
	return preload_result(raw_call(SYS_ioctl, fd, request, args[2], 0, 0, 0));
}

CAUGHT int statfs(const char *path, struct statfs *buf)
{
	return preload_result(call_or_kernel(SYS_statfs, (long[6]){ (long)path, (long)buf }));
}

CAUGHT int statfs64(const char *path, struct statfs64 *buf)
{
	return preload_result(call_or_kernel(SYS_statfs, (long[6]){ (long)path, (long)buf }));
}
