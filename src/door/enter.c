/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/enter.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "door/calls.h"
#include "door/door.h"
#include "door/filter.h"

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

int skep__enter(int (*give)(void *arg, int listener), void *arg)
{
	int fd = skep__filter_install(), err;

	if (fd < 0)
		return fd;
	err = give(arg, fd);
	close(fd);
	return err ? err : how_calls_arrive();
}
