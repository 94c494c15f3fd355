/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where named worlds are found: $XDG_RUNTIME_DIR/skep, or /tmp/skep-UID. The directory is the
 * user's and nobody else may enter it; NAME.sock is the socket of a world, NAME.lock is held by
 * those who make, enter or end it.
 */
#ifndef SKEP_DOOR_PLACE_H
#define SKEP_DOOR_PLACE_H

#include <sys/un.h>

#define WORLD_NAME_MAX 32

struct place {
	struct sockaddr_un addr;
	char lock[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

/* The directory, made if need be. 0; -EPERM when it is somebody else's or open to others; or
 * another -errno. */
int skep__place_dir(char dir[64]);

/* 0; -EINVAL: no name for a world (letters, digits, '_', '-', and '.' but not first); or as
 * skep__place_dir. */
int skep__place_find(struct place *place, const char *name);

#endif
