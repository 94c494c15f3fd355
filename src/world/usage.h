/* SPDX-License-Identifier: BSD-2-Clause */
/* How much a world holds. */
#ifndef SKEP_WORLD_USAGE_H
#define SKEP_WORLD_USAGE_H

#include "world/world.h"

struct world_usage {
	u32 objects[NR_OBJECT_KINDS];
	u64 bytes; /* of shared memory that is really there */
};

/* Counts what somebody can still reach. */
void skep__world_usage(struct world *w, struct world_usage *out);

#endif
