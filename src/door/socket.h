/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls over a Unix socket, where no seccomp notification is to be had: the preload library makes
 * one connection a call, so there is no fd of its own that a program could close, inherit or wait
 * for. The keeper finds arguments in the caller's memory as it does for notifications; a new fd
 * comes with the answer.
 */
#ifndef SKEP_DOOR_SOCKET_H
#define SKEP_DOOR_SOCKET_H

#include <sys/socket.h>
#include <sys/un.h>

#include "base/types.h"

/* What the library finds the socket by: the name of an abstract one. */
#define DOOR_VARIABLE "SKEP_DOOR"

struct socket_call {
	u32 nr; /* the system call */
	u32 tid; /* the thread that calls */
	u64 args[6];
};

struct socket_answer {
	s64 ret; /* -errno; or SOCKET_NOT_OURS; with an fd it means nothing else */
};

#define SOCKET_NOT_OURS (-4096)

/* The length of the address, or 0: too long. */
socklen_t skep__socket_address(struct sockaddr_un *addr, const char *name);

struct skep_world;

/* A listening socket by a name that nobody else has, which goes into the environment; or -errno. */
int skep__socket_new(void);

/*
 * Serves the socket until the process behind the pidfd has ended; takes both fds over. ended as in
 * skep__listener_start. 0 or -errno.
 */
int skep__socket_start(struct skep_world *w, int sock, int pidfd, void (*ended)(void *opaque),
		       void *opaque);

#endif
