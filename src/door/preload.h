/* SPDX-License-Identifier: BSD-2-Clause */
/* Inside libskep-preload.so: how its parts reach the world. */
#ifndef SKEP_DOOR_PRELOAD_H
#define SKEP_DOOR_PRELOAD_H

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/types.h"

#define CAUGHT __attribute__((visibility("default")))

/* What the system calls return, or -errno: the world's answer, past filters that would answer
 * before it. */
long preload_bpf(int cmd, const void *attr, u32 size);
long preload_perf_event_open(const long args[6]);

/* Over the world's socket: also SOCKET_NOT_OURS, when the kernel is to answer. */
long preload_socket_call(long nr, const long args[6]);
bool preload_way_is_socket(void);

/* Does the program close fds in ways that no override sees? */
bool preload_closes_unseen(void);

/* Of fds below it, it is remembered what they refer to. */
#define PRELOAD_FDS 1024

/* The library's own fds start here. */
#define PRELOAD_HIGH_FD 512

/* bpf(2) says EFAULT below it, as the kernel maps nothing there. */
#define PRELOAD_NO_ADDRESS 65536

/* A command on many elements: false when bpf(2) has to answer. */
union bpf_attr;
bool preload_batch(int cmd, union bpf_attr *attr, u32 size, long *ret);

/* The fd is about to be something else, or nothing (preload_epoll.c). */
void preload_forget_ring(unsigned int fd);
void preload_forget_polled(unsigned int fd); /* preload_poll.c */

/* The fd, if it is one, refers to a new ring. */
enum preload_ring { PRELOAD_RING_MAP = 1, PRELOAD_RING_PERF };
void preload_note_ring(long fd, enum preload_ring kind);

/* A file that was just opened for reading, or NULL: with the world's symbols behind, if it is the
 * kernel's list of them (preload_kallsyms.c). */
FILE *preload_with_symbols(FILE *file, const char *path, const char *mode);

bool preload_has_rings(void); /* were there any in this process? */
bool preload_is_ring(int fd);

/* As ppoll(2), with rings among at most PRELOAD_MAX_POLLED fds; ns below 0: for ever. */
#define PRELOAD_MAX_POLLED 256
struct pollfd;
int preload_poll_rings(struct pollfd *fds, unsigned long nr, s64 ns, const sigset_t *mask);
bool preload_is_time(const struct timespec *t); /* or it is the kernel's to refuse */
s64 preload_ns(const struct timespec *t);

static inline long preload_result(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

#endif
