/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/enter.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/calls.h"
#include "door/door.h"
#include "door/filter.h"
#include "door/socket.h"

/* Filters around this one may answer first: errors win over notifications. */
static int how_calls_arrive(void)
{
	static const char byte;

	if (syscall(SYS_bpf, DOOR_PROBE, NULL, 0) == DOOR_PROBE)
		return syscall(SYS_bpf, DOOR_READER, &byte, 1) ? DOOR_UNREADABLE : 0;
	return syscall(SYS_ioctl, DOOR_PROBE, CARRY_BPF, NULL, 0) == DOOR_PROBE ? DOOR_CARRIED
										: -ENOTCONN;
}

int skep__enter_space(struct space *s, const struct door_opts *opts)
{
	int err;

	if (opts->no_space)
		err = -EPERM;
	else
		err = space_is_there(s) ? skep__space_join(s) : skep__space_make(s);
	if (opts->as_root && skep__space_be_root())
		return -EACCES;
	return err && !opts->no_space ? DOOR_NO_SPACE : 0;
}

/* By any way that there is. */
static bool is_inside(void)
{
	return how_calls_arrive() >= 0 || getenv(DOOR_VARIABLE);
}

static int enter_by_socket(int (*give)(void *arg, const int *fds, u32 nr), void *arg)
{
	int fds[] = { skep__socket_new(), syscall(SYS_pidfd_open, getpid(), 0) }, err;

	if (fds[0] >= 0 && fds[1] < 0)
		close(fds[0]);
	if (fds[0] < 0 || fds[1] < 0)
		return fds[0] < 0 ? fds[0] : -errno;
	err = give(arg, fds, 2);
	close(fds[0]);
	close(fds[1]);
	return err ? err : DOOR_BY_SOCKET;
}

int skep__enter(int (*give)(void *arg, const int *fds, u32 nr), void *arg)
{
	int fd = skep__filter_install(), err;

	if (fd < 0)
		return is_inside() ? -EBUSY : enter_by_socket(give, arg);
	err = give(arg, &fd, 1);
	close(fd);
	return err ? err : how_calls_arrive();
}
