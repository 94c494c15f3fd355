/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scalars that are copies of one another (or copies plus a constant) have one id: what a jump tells
 * of one, it tells of all. At most six are told; the others lose their id. The set stands in the
 * path's history as one word, because backtracking has to go through it.
 */
#ifndef SKEP_VERIFY_LINKED_H
#define SKEP_VERIFY_LINKED_H

#include "verify/env.h"

enum { MAX_LINKED = 6 };

struct linked_reg {
	u8 frame;
	bool is_reg;
	u8 index; /* register or slot */
};

struct linked_set {
	u32 nr;
	struct linked_reg regs[MAX_LINKED];
};

void skep__linked_collect(const struct verify_env *env, struct state *s, u32 id,
			  struct linked_set *set);
void skep__linked_spread(struct state *s, const struct reg *known, const struct linked_set *set);
u64 skep__linked_pack(const struct linked_set *set);
void skep__linked_unpack(u64 word, struct linked_set *set);

/* Before a copy of a scalar is made: gives it an id, when what it is may be learned later. */
void skep__linked_before_copy(struct verify_env *env, struct reg *r);

#endif
