/* SPDX-License-Identifier: BSD-2-Clause */
/* The file systems of a world (mounts.def), for the mount name space that the caller is in. */
#ifndef SKEP_DOOR_MOUNTS_H
#define SKEP_DOOR_MOUNTS_H

#include "world/world.h"

enum mount_of {
#define MOUNT(id, ...) MOUNT_##id,
#include "door/mounts.def"
#undef MOUNT
	NR_MOUNTS
};

/* Mounts those that are wanted here, and gives their directories. 0 or -errno. */
int skep__mounts_make(int dirs[NR_MOUNTS]);

/* Copies of those of the mount name space that the caller is in; and puts them in their places in
 * another. 0 or -errno. */
int skep__mounts_clone(int trees[NR_MOUNTS]);
int skep__mounts_put(const int trees[NR_MOUNTS]);

/* The world's pins are files there, and so on. Takes the fds over, also when it fails. 0 or -errno.
 */
int skep__mounts_tell(struct world *w, int dirs[NR_MOUNTS]);

#endif
