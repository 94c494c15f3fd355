/* SPDX-License-Identifier: BSD-2-Clause */
/* The step that there is no way back from: the calling process's bpf(2) is a world's. */
#ifndef SKEP_DOOR_ENTER_H
#define SKEP_DOOR_ENTER_H

#include "door/door.h"
#include "door/space.h"

/*
 * Gives the calling process a world's surroundings: those of s, or where it has none, new ones,
 * which s tells about then. Losses, or -errno when the process cannot go on.
 */
int skep__enter_space(struct space *s, const struct door_opts *opts);

/*
 * Installs the filter, gives its listener to the world's keeper (give: 0 or -errno, once the keeper
 * serves it), and checks how calls arrive. Where there is no notification, gives a socket, and a
 * pidfd of this process. As skep__door_private.
 */
int skep__enter(int (*give)(void *arg, const int *fds, u32 nr), void *arg);

#endif
