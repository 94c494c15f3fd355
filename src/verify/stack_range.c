/* SPDX-License-Identifier: BSD-2-Clause */
/* A range of the stack that a function reads or fills. */
#include <string.h>

#include "verify/live_stack.h"
#include "verify/memory.h"

static int refuse_variable(struct verify_env *env, u32 regno, const struct reg *r)
{
	skep__vlog(env, "R%u variable offset stack access prohibited for !root, var_off=", regno);
	skep__tnum_print(r->n.bits, env->log);
	return skep__vfail(env, -EACCES, "\n");
}

/* Room that will be filled may hold anything but a dynptr. */
static int check_raw(struct verify_env *env, const struct frame *f, s64 low, s64 high)
{
	for (s64 off = low; off < high; off++) {
		u32 first = (u32)(-off - 1), index = first / SLOT_SIZE;

		if (index < f->nr_slots &&
		    frame_slot(f, index)->kind[first % SLOT_SIZE] == SLOT_DYNPTR)
			return skep__vfail(env, -EACCES,
					   "potential write to dynptr at off=%d disallowed\n",
					   (int)off);
	}
	return 0;
}

/* One byte that is read (and with write, changed): true when it holds something that may be. */
static bool use_byte(struct verify_env *env, struct frame *f, u32 byte, bool write)
{
	u32 index = byte / SLOT_SIZE;
	const struct slot *slot = frame_slot(f, index);
	u8 kind = slot->kind[byte % SLOT_SIZE];
	struct slot *own;

	if (kind == SLOT_MISC)
		return true;
	if (kind == SLOT_ZERO || (kind == SLOT_INVALID && env->allow_uninit_stack)) {
		if (write)
			own_slot(f, index)->kind[byte % SLOT_SIZE] = SLOT_MISC;
		return true;
	}
	if (!slot_is_spill(slot) || (slot->reg.cls != REG_SCALAR && !env->allow_ptr_leaks))
		return false;
	if (write) {
		own = own_slot(f, index);
		skep__reg_unknown(&own->reg);
		for (u32 i = 0; i < SLOT_SIZE; i++) {
			if (own->kind[i] != SLOT_INVALID)
				own->kind[i] = SLOT_MISC;
		}
	}
	return true;
}

static int refuse_byte(struct verify_env *env, u32 regno, const struct reg *r, s64 low, s64 at,
		       s32 size)
{
	if (num_is_const(&r->n)) {
		skep__vlog(env, "invalid read from stack R%u off %d+%d size %d\n", regno, (int)low,
			   (int)(at - low), size);
	} else {
		skep__vlog(env, "invalid read from stack R%u var_off ", regno);
		skep__tnum_print(r->n.bits, env->log);
		skep__vlog(env, "+%d size %d\n", (int)(at - low), size);
	}
	return -EACCES;
}

int skep__stack_range(struct verify_env *env, u32 regno, s32 off, s32 size, bool zero_ok,
		      bool write, struct raw_stack *raw)
{
	const struct reg *r = cur_reg(env, regno);
	struct frame *f = stack_frame_of(env, r);
	bool fixed = num_is_const(&r->n);
	s64 low, high;
	int err;

	if (size == 0 && !zero_ok)
		return skep__vfail(env, -EACCES, "invalid zero-sized read\n");
	err = skep__stack_bounds(env, regno, off, size, write);
	if (err)
		return err;
	if (!fixed && !env->bypass_spec_v1)
		return refuse_variable(env, regno, r);
	low = (fixed ? (s64)reg_const(r) : r->n.smin) + off;
	high = (fixed ? (s64)reg_const(r) : r->n.smax) + off + size;
	if (raw && fixed) {
		err = check_raw(env, f, low, high);
		*raw = (struct raw_stack){ regno, size };
		return err;
	}
	for (s64 at = low; at < high; at++) {
		u32 byte = (u32)(-at - 1);

		if (!use_byte(env, f, byte, write))
			return refuse_byte(env, regno, r, low, at, size);
		err = skep__live_stack_read(env, f->index, 1ull << byte / SLOT_SIZE);
		if (err)
			return err;
	}
	return 0;
}
