/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The surroundings of the processes in a world: a mount name space where some file systems are the
 * world's (mounts.def). It takes a user name space of its own where the caller may not mount;
 * there, the caller is the user that it was. What is mounted outside later appears inside, and not
 * the other way.
 */
#ifndef SKEP_DOOR_SPACE_H
#define SKEP_DOOR_SPACE_H

#include "door/mounts.h"

/* The name spaces that the first processes of a world made, and directories. -1: there is none. */
struct space {
	int mounts, user;
	int dirs[NR_MOUNTS];
};

void skep__space_init(struct space *s); /* none at all */
void skep__space_close(struct space *s);

static inline bool space_is_there(const struct space *s)
{
	return s->mounts >= 0;
}

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

#endif
