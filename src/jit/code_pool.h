/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory in which many small programs have their code, and their tables at a fixed distance behind
 * it. A file is mapped for as long as there are programs in it, code executable, tables readable,
 * and nothing ever writable: what is new is written through write(2). It saves a load the making of
 * a file and of mappings, which takes longer than verifying and compiling a small program.
 *
 * For processes that do not fork: a child would share the file and not the knowledge of what is
 * free.
 */
#ifndef SKEP_JIT_CODE_POOL_H
#define SKEP_JIT_CODE_POOL_H

#include "base/types.h"

#define POOL_HALF (256u * 1024) /* of a file: code first, tables second */
#define POOL_PIECE 64u /* sizes are multiples of it */
#define POOL_MAX (16u * 1024) /* what is larger has mappings of its own */

struct code_pool;
struct code_chunk;

struct code_pool *skep__code_pool_new(void); /* NULL: no memory */
void skep__code_pool_free(struct code_pool *pool); /* NULL is fine; nothing is in it any more */

/* A place in a pool. */
struct code_place {
	struct code_pool *pool; /* NULL: none */
	struct code_chunk *chunk;
	u8 *code; /* the table is POOL_HALF behind it */
	u32 size;
};

/* Code and a table in place, or false: it is too large, or nothing may be executed from files. */
bool skep__code_place(struct code_pool *pool, struct code_place *place, const u8 *code,
		      u32 code_size, const u64 *table, u32 table_size);

/* Nobody executes it any more. */
void skep__code_displace(const struct code_place *place);

#endif
