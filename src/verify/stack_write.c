/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stores to the stack. A register stored whole is remembered as it is (a spill); other bytes become
 * zero or something, and what was spilled below them is gone.
 */
#include "verify/dynptr.h"
#include "verify/explore.h"
#include "verify/linked.h"
#include "verify/live_stack.h"
#include "verify/memory.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/speculate.h"

/* Classes that may be spilled. */
static bool is_spillable(const struct reg *r)
{
	return r->cls != REG_NOT_INIT && r->cls != REG_SCALAR && r->cls != REG_TP_BUFFER &&
	       r->cls != REG_DYNPTR;
}

static void touch_slot(struct verify_env *env, u32 index)
{
	env->scratched_slots |= 1ull << index;
}

void skep__stack_scrub(struct slot *slot)
{
	slot->reg.cls = REG_NOT_INIT;
	switch (slot->kind[SLOT_SIZE - 1]) {
	case SLOT_SPILL:
	case SLOT_DYNPTR:
	case SLOT_ITER:
	case SLOT_IRQ_FLAG:
		for (u32 i = 0; i < SLOT_SIZE; i++) {
			if (slot->kind[i] != SLOT_INVALID)
				slot->kind[i] = SLOT_MISC;
		}
		break;
	default:
		break;
	}
}

/* The stored bytes are the slot's lowest; what is above them is something from now on. */
static void spill(struct slot *slot, const struct reg *r, s32 size)
{
	s32 i = SLOT_SIZE;

	slot->reg = *r;
	for (; i > SLOT_SIZE - size; i--)
		slot->kind[i - 1] = SLOT_SPILL;
	for (; i > 0; i--) {
		if (slot->kind[i - 1] != SLOT_ZERO && slot->kind[i - 1] != SLOT_INVALID)
			slot->kind[i - 1] = SLOT_MISC;
	}
}

bool skep__is_zero_store(const struct access *a)
{
	const struct insn *insn = env_insn(a->env, a->env->insn);

	if (a->value != NO_REG)
		return reg_is_null(cur_reg(a->env, a->value));
	return insn_desc(insn)->form == FORM_ST && insn->imm == 0;
}

static int store_number(const struct access *a, struct slot *slot)
{
	struct reg *r = cur_reg(a->env, a->value);
	bool fits = a->size == SLOT_SIZE || r->n.umax < 1ull << a->size * 8;

	if (fits)
		skep__linked_before_copy(a->env, r);
	spill(slot, r, a->size);
	if (!fits)
		slot->reg.id = 0;
	return 0;
}

static int store_pointer(const struct access *a, struct slot *slot, const struct frame *f)
{
	struct verify_env *env = a->env;
	const struct reg *r = cur_reg(env, a->value);

	if (a->size != SLOT_SIZE) {
		skep__vlog_source(env, env->insn, "; ");
		return skep__vfail(env, -EACCES, "invalid size of register spill\n");
	}
	if (f != cur_frame(env) && reg_plain(r, REG_STACK))
		return skep__vfail(
			env, -EINVAL,
			"cannot spill pointers to stack into stack frame of the caller\n");
	spill(slot, r, a->size);
	return 0;
}

static int store_bytes(const struct access *a, struct slot *slot, u32 first)
{
	u8 kind = SLOT_MISC;
	int err;

	skep__stack_scrub(slot);
	if (skep__is_zero_store(a)) {
		/* That it was zero may decide something later. */
		err = a->value != NO_REG ? skep__mark_precise(a->env, a->value) : 0;
		if (err)
			return err;
		kind = SLOT_ZERO;
	}
	for (s32 i = 0; i < a->size; i++)
		slot->kind[(first - i) % SLOT_SIZE] = kind;
	return 0;
}

static int write_fixed(const struct access *a, struct frame *f, s32 off)
{
	struct verify_env *env = a->env;
	const struct insn *insn = env_insn(env, env->insn);
	const struct reg *value = a->value != NO_REG ? cur_reg(env, a->value) : NULL;
	u32 first = -off - 1, index = first / SLOT_SIZE;
	struct slot *slot = own_slot(f, index);
	bool at_start = off % SLOT_SIZE == 0;
	struct reg constant;
	int err = 0;

	if (!env->allow_ptr_leaks && slot_is_spill(slot) && slot->reg.cls != REG_SCALAR &&
	    a->size != SLOT_SIZE)
		return skep__vfail(env, -EACCES, "attempt to corrupt spilled pointer on stack\n");
	skep__speculate_store(env, slot, first, a->size, value);
	err = skep__overwrite_dynptr(env, f, index);
	if (err)
		return err;
	if (at_start && a->size == SLOT_SIZE)
		skep__live_stack_write(env, f->index, 1ull << index);
	touch_slot(env, index);
	if (value && at_start && value->cls == REG_SCALAR && env->capable) {
		err = store_number(a, slot);
	} else if (!value && at_start && insn_desc(insn)->form == FORM_ST && env->capable) {
		skep__reg_const(&constant, insn->imm);
		spill(slot, &constant, a->size);
	} else if (value && is_spillable(value)) {
		err = store_pointer(a, slot, f);
	} else {
		return store_bytes(a, slot, first); /* no spill: nothing to go back through */
	}
	if (err)
		return err;
	return skep__jump_record(env, env->cur, JUMP_STACK | index << JUMP_SLOT_SHIFT | f->index,
				 0);
}

/* One byte that may have been written. *zero_used: it stays zero because what is stored is. */
static int maybe_write(const struct access *a, struct frame *f, s64 off, bool zero, bool *zero_used)
{
	struct verify_env *env = a->env;
	u32 first = (u32)(-off - 1), index = first / SLOT_SIZE;
	struct slot *slot = own_slot(f, index);
	u8 *kind = &slot->kind[first % SLOT_SIZE];
	u8 becomes = SLOT_MISC;

	touch_slot(env, index);
	if (!env->allow_ptr_leaks && *kind != SLOT_MISC && *kind != SLOT_ZERO)
		return skep__vfail(
			env, -EINVAL,
			"spilled ptr in range of var-offset stack write; insn %u, ptr off: %d",
			env->insn, (int)off);
	if (zero && *kind == SLOT_SPILL && slot_is_scalar_spill(slot) && reg_is_null(&slot->reg)) {
		*zero_used = true;
		return 0;
	}
	skep__stack_scrub(slot);
	if (zero && *kind == SLOT_ZERO) {
		becomes = SLOT_ZERO;
		*zero_used = true;
	}
	if (*kind == SLOT_INVALID && !env->allow_uninit_stack)
		return skep__vfail(env, -EINVAL,
				   "uninit stack in range of var-offset write prohibited for "
				   "!root; insn %u, off: %d",
				   env->insn, (int)off);
	*kind = becomes;
	return 0;
}

static int write_variable(const struct access *a, struct frame *f)
{
	bool zero = skep__is_zero_store(a), zero_used = false;
	s64 low = a->ptr->n.smin + a->off, high = a->ptr->n.smax + a->off + a->size;
	int err = 0;

	for (s64 off = low; off < high && !err; off++)
		err = skep__overwrite_dynptr(a->env, f, (u32)(-off - 1) / SLOT_SIZE);
	for (s64 off = low; off < high && !err; off++)
		err = maybe_write(a, f, off, zero, &zero_used);
	if (!err && zero_used && a->value != NO_REG)
		err = skep__mark_precise(a->env, a->value);
	return err;
}

int skep__stack_write(const struct access *a)
{
	struct frame *f = stack_frame_of(a->env, a->ptr);

	if (num_is_const(&a->ptr->n))
		return write_fixed(a, f, a->off + (s32)reg_const(a->ptr));
	return write_variable(a, f);
}
