/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters around a world that answer bpf(2) with an errno come before the world's own. None refuses
 * ioctl(2), so below such a filter the preload library makes the call as
 * ioctl(first argument, CARRY(system call), second argument, ...): the world's filter looks at
 * ioctls of perf's letter anyway, and no kernel has one of these numbers.
 */
#ifndef SKEP_DOOR_CARRY_H
#define SKEP_DOOR_CARRY_H

#include <linux/ioctl.h>

#define CARRY_BPF _IO('$', 0xb0)
#define CARRY_PERF_EVENT_OPEN _IO('$', 0xb1)

/* A command that no kernel has: answered with the number itself by a world that the caller is in.
 */
#define DOOR_PROBE 0x536b6570

/* Another one, with an address: answered with 0, or when the byte there cannot be read, with the
 * process id of who would have to be allowed to. */
#define DOOR_READER 0x536b6572

/* With a ring's fd in place of the attr's address, and ADD or DEL of epoll_ctl in place of its
 * size: somebody waits for the ring, or no longer. ADD is answered with a new fd of the eventfd
 * that is written when there is something. */
#define DOOR_BELL 0x536b6573

/* With room for a text: what /proc/kallsyms says of the world's programs. Answered with its length. */
#define DOOR_SYMBOLS 0x536b6575

#endif
