/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/stack_object.h"

#include "verify/live_stack.h"

int skep__object_slot(struct verify_env *env, const struct reg *r, const char *what, u32 nr_slots)
{
	s32 off, slot;

	if (!num_is_const(&r->n))
		return skep__vfail(env, -EINVAL, "%s has to be at a constant offset\n", what);
	off = r->off + (s32)reg_const(r);
	slot = (-off - 1) / SLOT_SIZE;
	if (off % SLOT_SIZE || slot + 1 < (s32)nr_slots)
		return skep__vfail(env, -EINVAL, "cannot pass in %s at an offset=%d\n", what, off);
	return slot < (s32)stack_frame_of(env, r)->nr_slots ? slot : -ERANGE;
}

int skep__object_read(struct verify_env *env, const struct reg *r, u32 slot, u32 nr_slots)
{
	u64 bits = object_bits(slot, nr_slots);

	env->scratched_slots |= bits;
	return skep__live_stack_read(env, r->stack.frame, bits);
}
