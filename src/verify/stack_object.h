/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that fill whole slots of the stack, made and used by functions: dynptrs, iterators,
 * interrupt flags. */
#ifndef SKEP_VERIFY_STACK_OBJECT_H
#define SKEP_VERIFY_STACK_OBJECT_H

#include "verify/env.h"

/*
 * The slot at which an object of nr_slots begins that the stack pointer points to; the others have
 * the indices below. -EINVAL with the sentence: none can stand there; -ERANGE: the stack has not
 * been used that far.
 */
int skep__object_slot(struct verify_env *env, const struct reg *r, const char *what, u32 nr_slots);

/* The bits of such slots, for live_stack.h. */
static inline u64 object_bits(u32 slot, u32 nr_slots)
{
	return ((1ull << nr_slots) - 1) << (slot + 1 - nr_slots);
}

/* A function looks at the object: all its slots were read. 0 or -ENOMEM. */
int skep__object_read(struct verify_env *env, const struct reg *r, u32 slot, u32 nr_slots);

#endif
