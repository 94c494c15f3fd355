/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libbpf in this process talks to skep: the command defines syscall(), ioctl() and epoll_ctl() itself, which
 * shadows libc's for libbpf too, and sends what concerns bpf(2) to the world.
 */
#ifndef SKEP_CLI_INTERCEPT_H
#define SKEP_CLI_INTERCEPT_H

#include "skep/skep.h"

/* From now on bpf(2) means this world; NULL: the kernel again. Set before libbpf is used. */
void intercept_set_world(struct skep_world *world);

#endif
