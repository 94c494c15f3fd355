/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The surroundings of the processes in a world: a mount name space where /sys/fs/bpf is the
 * world's. It takes a user name space of its own where the caller may not mount; there, the caller
 * is the user that it was. What is mounted outside later appears inside, and not the other way.
 */
#ifndef SKEP_DOOR_SPACE_H
#define SKEP_DOOR_SPACE_H

#include "base/types.h"

/* What a world keeps of the name spaces that its first processes made. -1: there is none. */
struct space {
	int pins; /* the directory where pins are files */
	int mounts, user; /* name spaces */
};

/* No fds at all. */
extern const struct space skep__no_space;

/*
 * Moves the calling process, which has one thread, into name spaces of a new world. 0 or -errno,
 * and nothing has changed: they are forbidden here.
 */
int skep__space_make(struct space *s);

/* The same for a world that has surroundings already: what is mounted there is mounted here. */
int skep__space_join(const struct space *s);

/* The user becomes root in a user name space of its own, with root's powers over nothing else. 0 or
 * -errno. */
int skep__space_be_root(void);

void skep__space_close(struct space *s);

#endif
