/* SPDX-License-Identifier: BSD-2-Clause */
/* One walk over the entries of a map, for text and for JSON. */
#ifndef SKEP_CLI_MAPS_WALK_H
#define SKEP_CLI_MAPS_WALK_H

#include "cli/maps.h"

struct entry {
	const void *key; /* NULL: a section, or the head of a queue or stack */
	const void *value; /* as a lookup fills it */
	uint32_t repeated; /* elements of an array right after this one with the same value */
};

struct sink {
	const struct object *o;
	const struct bpf_map *map;
	void (*entry)(struct sink *s, const struct entry *e);
	void *opaque; /* entry()'s own */
	bool fold; /* equal elements of an array make one entry */
	uint32_t nr; /* entries so far, the repeated ones too */
};

void maps_walk(struct sink *s);

#endif
