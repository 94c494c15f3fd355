/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many elements of a map at once, for a client whose memory the keys and values are in. Update and
 * delete are the single command in a loop. Lookup walks by key where the order of keys is stable
 * (arrays, tries); hash tables are walked by bucket, whose number is the opaque position, so that
 * elements that come and go meanwhile move nothing.
 */
#ifndef SKEP_SYS_BATCH_H
#define SKEP_SYS_BATCH_H

#include "map/map.h"
#include "sys/client.h"

enum batch_op {
	BATCH_LOOKUP = 0x1,
	BATCH_UPDATE = 0x2,
	BATCH_DELETE = 0x4,
	BATCH_TAKE = 0x8, /* look up and delete */
};

struct batch {
	struct map *map;
	struct client *client;
	u64 in_batch, out_batch, keys, values; /* in the client's memory */
	u64 elem_flags;
	u32 count; /* wanted */

	/* What becomes of an element: the map's own functions, or more where values refer to
	 * objects. */
	int (*update)(struct batch *b, const void *key, const void *value);
	int (*remove)(struct batch *b, const void *key);
	void (*taken)(struct batch *b, const void *value); /* NULL: nothing more */
	void *opaque;

	u32 done; /* answered */
};

/* Has the kernel this command for maps of the type? */
bool skep__batch_has(u32 type, enum batch_op op);

/* Are these flags (of the batch, and of each element) good for it: 0 or -EINVAL. */
int skep__batch_check(const struct map *map, enum batch_op op, u64 flags, u64 elem_flags);

/* 0 or -errno; b->done elements of b->count, which is not 0, were done. */
int skep__batch_run(struct batch *b, enum batch_op op);

#endif
