/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process that keeps a named world, and what it is asked over its socket: one request a
 * connection, a word (and fds), answered by a struct, or in the case of ASK_SPACE likewise. It ends
 * when nobody is in the world and nothing is left in it.
 */
#ifndef SKEP_DOOR_DAEMON_H
#define SKEP_DOOR_DAEMON_H

#include "door/door.h"
#include "door/place.h"

enum request {
	ASK_ENTER = 1, /* with a listener, or with a socket and a pidfd */
	ASK_STATUS,
	ASK_DOWN,
	ASK_SPACE, /* answered with the fds of the world's surroundings, if there are any */
	ASK_KEEP_SPACE, /* with those fds */
};

struct daemon_args {
	const struct skep_world_opts *opts;
	struct place place;
};

/* For skep__keeper_start: args is a struct daemon_args, fd the socket, which listens already. */
int skep__daemon_main(void *args, int fd);

/* What every request is answered with. */
struct answer {
	int err; /* 0 or -errno */
	struct skep_world_status status;
};

#endif
