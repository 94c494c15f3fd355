/* SPDX-License-Identifier: BSD-2-Clause */
/* What the preload library asks. About a map's fd, once, before it maps the memory: a command that
 * no kernel has. Refused (-EINVAL) for maps whose values hold more than bytes. */
#ifndef SKEP_DOOR_DESCRIBE_H
#define SKEP_DOOR_DESCRIBE_H

#include "map/map.h"

#define DOOR_DESCRIBE 0x536b6571

struct door_describe {
	u32 fd;
	u32 id; /* answered, as all that follows */
	u32 frozen;
	u32 reserved;
	struct map_def def;
};

/* What fdinfo has to say about the file with this inode: the length of the text, or -EINVAL when it
 * is no object's. */
#define DOOR_FDINFO 0x536b6574

struct door_fdinfo {
	u64 dev, ino;
	char text[1008]; /* answered */
};

#endif
