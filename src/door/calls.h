/* SPDX-License-Identifier: BSD-2-Clause */
/* From a system call that the filter caught to the handler of sys/ that answers it. */
#ifndef SKEP_DOOR_CALLS_H
#define SKEP_DOOR_CALLS_H

#include <linux/seccomp.h>

#include "door/carry.h"
#include "door/remote.h"
#include "sys/sys.h"

/* What the system call returns, or SYS_NOT_OURS: the kernel is to answer it. */
long skep__door_call(struct skep_world *w, struct remote *r, const struct seccomp_data *data);

/* statfs of the bpf file system and of pins in it (bpffs.c). */
long skep__door_statfs(struct skep_world *w, struct remote *r, u64 upath, u64 ubuf);

/* prlimit of RLIMIT_MEMLOCK of the caller's own (limits.c). */
long skep__door_memlock(struct remote *r, u64 unew, u64 uold);

#endif
