/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stack accesses of instructions: bounds, and reads. A spilled register comes back as it was; bytes
 * of other kinds give a number, which is zero where all of them are.
 */
#include "verify/explore.h"
#include "verify/live_stack.h"
#include "verify/memory.h"
#include "verify/operand.h"

static u32 slot_of(s32 off)
{
	return (u32)(-off - 1) / SLOT_SIZE;
}

static u8 kind_at(const struct frame *f, s32 off)
{
	return frame_slot(f, slot_of(off))->kind[(u32)(-off - 1) % SLOT_SIZE];
}

static void refuse_bounds(struct verify_env *env, u32 regno, s32 off, s32 size, const char *how)
{
	const struct reg *r = cur_reg(env, regno);

	if (num_is_const(&r->n)) {
		skep__vlog(env, "invalid%s stack R%u off=%d size=%d\n", how, regno, off, size);
		return;
	}
	skep__vlog(env, "invalid variable-offset%s stack R%u var_off=", how, regno);
	skep__tnum_print(r->n.bits, env->log);
	skep__vlog(env, " off=%d size=%d\n", off, size);
}

static int grow(struct verify_env *env, struct frame *f, s64 size)
{
	struct sub_info *sub = &env->subs[f->subprog];
	u32 slots = (u32)((size + SLOT_SIZE - 1) / SLOT_SIZE);
	int err = skep__frame_grow_stack(f, slots);

	if (!err && sub->stack_depth < slots * SLOT_SIZE)
		sub->stack_depth = slots * SLOT_SIZE;
	return err;
}

int skep__stack_bounds(struct verify_env *env, u32 regno, s32 off, s32 size, bool write)
{
	const struct reg *r = cur_reg(env, regno);
	struct frame *f = stack_frame_of(env, r);
	const char *how = write ? " write to" : " read from";
	s64 low, high, lowest;
	int err;

	if (num_is_const(&r->n)) {
		low = (s64)reg_const(r) + off;
		high = low + size;
	} else {
		if (r->n.smax >= MAX_VAR_OFFSET || r->n.smin <= -MAX_VAR_OFFSET)
			return skep__vfail(env, -EACCES,
					   "invalid unbounded variable-offset%s stack R%u\n", how,
					   regno);
		low = r->n.smin + off;
		high = r->n.smax + off + size;
	}
	lowest = write || env->allow_uninit_stack ? -MAX_STACK : -(s64)f->nr_slots * SLOT_SIZE;
	err = low < lowest || low > -1 ? -EACCES : high > 0 ? -EINVAL : size < 0 ? -EFAULT : 0;
	if (err) {
		refuse_bounds(env, regno, off, size, how);
		return err;
	}
	return grow(env, f, -low);
}

/* Every byte must have been written; all zero: *zero. */
static int check_bytes(const struct access *a, const struct frame *f, s32 off, bool *zero)
{
	*zero = true;
	for (s32 i = 0; i < a->size; i++) {
		u8 kind = kind_at(f, off + i);

		*zero &= kind == SLOT_ZERO;
		if (kind == SLOT_SPILL || kind == SLOT_MISC || kind == SLOT_ZERO ||
		    (kind == SLOT_INVALID && a->env->allow_uninit_stack))
			continue;
		return skep__vfail(a->env, -EACCES, "invalid read from stack off %d+%d size %d\n",
				   off, i, a->size);
	}
	return 0;
}

static void load_number(const struct access *a, bool zero)
{
	set_loaded(a);
	if (zero && a->value != NO_REG) {
		skep__reg_const(cur_reg(a->env, a->value), 0);
		/* Zeroes on the stack were made from precise zeroes, or from a store of one. */
		cur_reg(a->env, a->value)->precise = !a->env->capable;
	}
}

static u32 spilled_bytes(const struct slot *slot)
{
	u32 n = 1;

	while (n < SLOT_SIZE && slot->kind[SLOT_SIZE - 1 - n] == SLOT_SPILL)
		n++;
	return n;
}

/*
 * Part of a spilled number, or all of a number that was spilled in part. *fill: the spilled number
 * is what comes back.
 */
static int read_part(const struct access *a, struct frame *f, s32 off, u32 spilled, bool *fill)
{
	const struct slot *slot = frame_slot(f, slot_of(off));
	bool all_spilled = true, zero;
	struct reg *dst;
	int err;

	if (slot->reg.cls != REG_SCALAR) {
		skep__vlog_source(a->env, a->env->insn, "; ");
		return skep__vfail(a->env, -EACCES, "invalid size of register fill\n");
	}
	*fill = a->value != NO_REG;
	if (!*fill)
		return 0;
	/* On little-endian machines the low bytes are at the slot's start. */
	if ((u32)a->size <= spilled && off % SLOT_SIZE == 0) {
		dst = cur_reg(a->env, a->value);
		*dst = slot->reg;
		if (slot->reg.n.umax > (a->size == 8 ? UINT64_MAX : (1ull << a->size * 8) - 1)) {
			dst->id = 0;
			dst->off = 0;
		}
		return 0;
	}
	err = check_bytes(a, f, off, &zero);
	if (err)
		return err;
	for (s32 i = 0; i < a->size; i++)
		all_spilled &= kind_at(f, off + i) == SLOT_SPILL;
	*fill = all_spilled && reg_is_null(&slot->reg);
	load_number(a, zero || *fill);
	return 0;
}

static int read_fixed(const struct access *a, struct frame *f, s32 off)
{
	struct verify_env *env = a->env;
	u32 index = slot_of(off);
	const struct slot *slot = frame_slot(f, index);
	u32 spilled;
	bool fill = true, zero;
	int err = skep__live_stack_read(env, f->index, 1ull << index);

	if (err)
		return err;
	env->scratched_slots |= 1ull << index;
	if (slot_is_spill(slot)) {
		spilled = spilled_bytes(slot);
		if (a->size != SLOT_SIZE || spilled != SLOT_SIZE)
			err = read_part(a, f, off, spilled, &fill);
		else if (a->value != NO_REG)
			*cur_reg(env, a->value) = slot->reg;
		else if (is_secret(env, &slot->reg))
			err = skep__vfail(env, -EACCES, "leaking pointer from stack off %d\n", off);
	} else {
		err = check_bytes(a, f, off, &zero);
		if (!err)
			load_number(a, zero);
		fill = false;
	}
	if (err || !fill)
		return err;
	return skep__jump_record(env, env->cur, JUMP_STACK | index << JUMP_SLOT_SHIFT | f->index,
				 0);
}

/* Somewhere in a range: all of it must have been written. */
static int read_variable(const struct access *a, struct frame *f)
{
	struct verify_env *env = a->env;
	const struct num n = a->ptr->n;
	bool zero = true;
	int err = skep__stack_range(env, a->regno, a->off, a->size, false, false, NULL);

	if (err)
		return err;
	for (s64 off = n.smin + a->off; off < n.smax + a->off + a->size; off++)
		zero &= kind_at(f, off) == SLOT_ZERO;
	load_number(a, zero);
	return 0;
}

int skep__stack_read(const struct access *a)
{
	struct frame *f = stack_frame_of(a->env, a->ptr);

	if (num_is_const(&a->ptr->n))
		return read_fixed(a, f, a->off + (s32)reg_const(a->ptr));
	if (a->value != NO_REG)
		return read_variable(a, f);
	skep__vlog(a->env,
		   "variable offset stack pointer cannot be passed into helper function; var_off=");
	skep__tnum_print(a->ptr->n.bits, a->env->log);
	return skep__vfail(a->env, -EACCES, " off=%d size=%d\n", a->off, a->size);
}

int skep__access_stack(const struct access *a)
{
	int err = skep__stack_bounds(a->env, a->regno, a->off, a->size, a->write);

	if (err)
		return err;
	return a->write ? skep__stack_write(a) : skep__stack_read(a);
}
