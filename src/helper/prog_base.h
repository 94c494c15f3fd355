/* SPDX-License-Identifier: BSD-2-Clause */
/* What helpers know of the program that runs: the start of struct prog (exec/prog.h). */
#ifndef SKEP_HELPER_PROG_BASE_H
#define SKEP_HELPER_PROG_BASE_H

#include "base/fault.h"
#include "base/types.h"

struct objects;

/* A struct that a program may allocate, by the id that it has in the program's BTF. */
struct object_type {
	u32 btf_id, size;
	u32 layout; /* of its special fields (map/objects.h) */
};

struct prog_base {
	struct known_memory known; /* its maps' memory */
	struct objects *objects; /* where it allocates them; NULL: it has nothing to do with any */
	const struct object_type *object_types; /* sorted by id */
	u32 nr_object_types;
};

#endif
