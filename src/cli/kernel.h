/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world that libbpf talks to instead of the kernel. The command defines syscall(), ioctl() and
 * epoll_ctl(), so that libbpf's calls land here; they have no argument for a context, hence the one
 * static world behind these functions. Without a world (`skep run --kernel`) the calls reach the
 * kernel.
 */
#ifndef SKEP_CLI_KERNEL_H
#define SKEP_CLI_KERNEL_H

#include "skep/skep.h"

#include "cli/cli.h"

enum outcome kernel_open(const struct skep_world_opts *opts, enum skep_mode mode);
void kernel_close(void);
struct skep_world *kernel_world(void);

#endif
