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
	if (syscall(SYS_bpf, DOOR_PROBE, NULL, 0) == DOOR_PROBE)
		return 0;
	return syscall(SYS_ioctl, DOOR_PROBE, CARRY_BPF, NULL, 0) == DOOR_PROBE ? DOOR_CARRIED
										: -ENOTCONN;
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
