/* SPDX-License-Identifier: BSD-2-Clause */
/* Entering worlds: afterwards, bpf(2) of the calling process and of all that it starts is the
 * world's. */
#ifndef SKEP_DOOR_DOOR_H
#define SKEP_DOOR_DOOR_H

#include "skep/skep.h"

/* Entered, but a filter that was there before answers bpf(2): only what calls it through the
 * preload library is in the world. */
#define DOOR_CARRIED 1

/*
 * Makes a world that belongs to the calling process and its children, kept by a process in the
 * background (no child of the caller's), and enters it for good. The caller has one thread. 0,
 * DOOR_CARRIED, or -errno: -EBUSY inside a world, -ENOTCONN when filters that were there before let
 * no call through.
 */
int skep__door_private(const struct skep_world_opts *opts);

/*
 * Enters the world of that name, which is made if need be, for this user alone; opts count for its
 * maker. It lives as long as anybody is inside or anything is in it that can be reached, pins among
 * others. As above, and -EINVAL: no name for a world; -EPERM: the directory of worlds is not this
 * user's alone.
 */
int skep__door_named(const char *name, const struct skep_world_opts *opts);

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
