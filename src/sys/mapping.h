/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a client has mapped an object: mmap(2) is not one of the calls that a world sees. */
#ifndef SKEP_SYS_MAPPING_H
#define SKEP_SYS_MAPPING_H

#include "sys/client.h"

struct mapping {
	u64 start, end; /* both 0: none */
};

/*
 * The client's first mapping of a memfd, told by its inode, from offset 0. `own` is the world's own
 * mapping, which does not count where the two are one process.
 */
struct mapping skep__client_mapping(struct client *c, u64 ino, const void *own);

#endif
