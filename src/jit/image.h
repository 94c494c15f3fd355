/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finished machine code in memory, and the table of addresses that belongs to it. The code pages
 * come first and the same bytes serve any process; the table stands on a page after them, is this
 * process's own, and read-only once filled. No page is ever writable and executable. Small programs
 * of processes that said so share pages (code_pool.h).
 */
#ifndef SKEP_JIT_IMAGE_H
#define SKEP_JIT_IMAGE_H

#include "exec/prog.h"
#include "jit/code_pool.h"

#define CODE_PAGE 4096u

/* A memfd for code, that may be executed; or -1. */
int skep__code_file(void);

/* What a slot of the table holds the address of. */
enum slot_kind {
	SLOT_HELPER, /* helper `index`, as the program's type has it */
	SLOT_KFUNC, /* kernel function `index` (enum kfunc_id), likewise */
	SLOT_MAP, /* the program's map `index` */
	SLOT_VALUE, /* byte `off` of that map's first value */
	SLOT_MAP_IDS, /* its ids, if it is a prog_array */
	SLOT_MAP_LOOKUP, /* functions of its map_ops */
	SLOT_MAP_UPDATE,
	SLOT_MAP_REMOVE,
	SLOT_ARENA, /* the program's arena, */
	SLOT_ARENA_PAGES, /* what its pages are, */
	SLOT_ARENA_MEMORY, /* and where they are */
	SLOT_OBJECTS, /* where the objects are that it allocates */
	SLOT_PROG, /* the program */
	SLOT_RUNTIME, /* a function of the JIT's own: enum runtime_fn */
};

enum runtime_fn { RUNTIME_TAIL_CALL, RUNTIME_PACKET_LOAD, RUNTIME_ARENA_REACH, RUNTIME_STOP };

struct slot {
	enum slot_kind kind;
	u32 index, off;
};

struct image {
	u8 *base;
	size_t mapped; /* bytes of address space */
	u32 code_size;
	struct code_place place; /* pool NULL: it has mappings of its own */
	u32 *starts; /* of each subprogram's code; owned */
	u32 *lines; /* of the code of each of the program's lines; owned */
};

/* Of a program that may go into a pool, also when it does not. */
static inline u32 image_table_at(u32 code_size, bool has_pool)
{
	return has_pool && code_size <= POOL_MAX ? POOL_HALF : round_up(code_size, CODE_PAGE);
}

/* NULL with *err = -errno: -ENOMEM, or -EPERM where memory may not be made executable. */
struct image *skep__image_new(const struct prog *prog, const u8 *code, u32 code_size,
			      const struct slot *slots, u32 nr_slots, int *err);
void skep__image_free(struct image *image);

#endif
