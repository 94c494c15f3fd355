/* SPDX-License-Identifier: BSD-2-Clause */
/* Conditional jumps: which ways may be taken, and what is known on each. */
#ifndef SKEP_VERIFY_JUMP_H
#define SKEP_VERIFY_JUMP_H

#include "verify/env.h"

int skep__check_jump(struct verify_env *env, const struct insn *insn);
int skep__check_may_goto(struct verify_env *env, const struct insn *insn);

/* null.c: every copy of a pointer that may be null is known to be null, or not to be. */
void skep__mark_null(struct state *s, u32 regno, bool is_null);
void skep__mark_not_null(struct reg *r);
bool skep__never_null(const struct reg *r);

/* packet_range.c: a comparison with the packet's end tells how many bytes are there. True: it was
 * one. */
bool skep__match_packet(const struct insn *insn, const struct reg *dst, const struct reg *src,
			struct state *here, struct state *there);
/* 1 taken, 0 not, -1 cannot tell. */
int skep__packet_branch(const struct reg *dst, const struct reg *src, u8 op);

#endif
