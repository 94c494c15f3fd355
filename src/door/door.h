/* SPDX-License-Identifier: BSD-2-Clause */
/* Entering worlds: afterwards, bpf(2) of the calling process and of all that it starts is the
 * world's. */
#ifndef SKEP_DOOR_DOOR_H
#define SKEP_DOOR_DOOR_H

#include <stdbool.h>

#include "skep/skep.h"

/* What is lost where not everything is allowed. */
enum door_losses {
	/* A filter that was there before answers bpf(2): only what calls it through the preload
	 * library is in the world. */
	DOOR_CARRIED = 1,
	/* No name spaces can be made: /sys/fs/bpf is what it was, and pins are names. */
	DOOR_NO_SPACE = 2,
	/* The world may not read this process's memory, but for what the preload library allows
	 * it. */
	DOOR_UNREADABLE = 4,
	/* No seccomp notification: only the preload library reaches the world, and only until the
	 * process that entered ends. */
	DOOR_BY_SOCKET = 8,
};

struct door_opts {
	struct skep_world_opts world; /* of a world that is made */
	bool as_root; /* be root in a user name space */
	bool no_space; /* leave the mounts alone */
};

/*
 * Makes a world that belongs to the calling process and its children, kept by a process in the
 * background (no child of the caller's), and enters it for good. The caller has one thread. Losses
 * (0: none), or -errno: -EBUSY inside a world, -ENOTCONN when filters that were there before let no
 * call through, -EACCES when one can be root only by being it.
 */
int skep__door_private(const struct door_opts *opts);

/*
 * Enters the world of that name, which is made if need be, for this user alone; opts->world counts
 * for its maker. It lives as long as anybody is inside or anything is in it that can be reached,
 * pins among others. As above, and -EINVAL: no name for a world; -EPERM: the directory of worlds is
 * not this user's alone.
 */
int skep__door_named(const char *name, const struct door_opts *opts);

struct skep_world_status {
	unsigned int progs, maps, btfs, events;
	unsigned int commands; /* `skep exec`s whose processes are still there */
	int pid; /* of the keeper */
	unsigned long long bytes; /* of memory behind the objects */
};

/* 0, -ENOENT when there is no such world, or another -errno. */
int skep__door_status(const char *name, struct skep_world_status *out);
int skep__door_down(const char *name);

/* Calls each with every name that may be a world's (its keeper may have been killed). 0 or -errno.
 */
int skep__door_each(void (*each)(void *opaque, const char *name), void *opaque);

#endif
