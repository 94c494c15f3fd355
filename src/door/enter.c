/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/enter.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "door/calls.h"
#include "door/filter.h"

int skep__enter(int (*give)(void *arg, int listener), void *arg)
{
	int fd = skep__filter_install(), err;

	if (fd < 0)
		return fd;
	err = give(arg, fd);
	close(fd);
	if (err)
		return err;
	/* Filters around this one may answer first: errors win over notifications. */
	return syscall(SYS_bpf, DOOR_PROBE, NULL, 0) == DOOR_PROBE ? 0 : -ENOTCONN;
}
