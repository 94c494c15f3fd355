/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Speculation. A decided branch may be mispredicted: the other way is followed too, until it meets
 * a barrier; what is wrong there gets a barrier before it and is forgiven. A sum with a register is
 * masked to the range seen here, so its direction and limit must be the same on all paths.
 */
#include "verify/speculate.h"

#include "verify/explore.h"
#include "verify/memory.h"
#include "verify/operand.h"

/* How a sum is masked. */
enum alu_state {
	ALU_SANITIZE_SRC = 1,
	ALU_SANITIZE_DST = 2,
	ALU_NEGATIVE = 4,
	ALU_NUMBERS = 8, /* not at all: no pointer is in it */
	ALU_IMMEDIATE = 16,
};

enum reason { FINE, BOUNDS, CLASS, PATHS, LIMIT, NO_ROOM };

static void forget(struct verify_env *env, struct frame *f, u32 regno)
{
	skep__reg_unknown(&f->regs[regno]);
	f->regs[regno].precise = !env->capable;
}

int skep__speculate_branch(struct verify_env *env, const struct insn *insn, u32 to)
{
	struct state *other;
	int err;

	if (env->bypass_spec_v1)
		return 0;
	other = skep__push_path(env, to, env->insn, true, &err);
	if (!other)
		return -EFAULT;
	forget(env, state_frame(other), insn->dst);
	if (BPF_SRC(insn_desc(insn)->code) == BPF_X)
		forget(env, state_frame(other), insn->src);
	return 0;
}

bool skep__speculate_stops(struct verify_env *env, u32 insn, int err)
{
	struct insn_info *info = &env->info[insn];

	if (!env->cur->speculative || (err != -EPERM && err != -EACCES && err != -EINVAL))
		return false;
	info->marks |= MARK_BARRIER_BEFORE;
	info->alu_state = 0;
	return true;
}

/* ---- sums ------------------------------------------------------------------------------------ */

static int refuse(struct verify_env *env, const struct ptr_sum *sum, enum reason reason)
{
	static const char end[] = "pointer arithmetic with it prohibited for !root";
	const struct insn *insn = sum->insn;
	const char *op = BPF_OP(insn_desc(insn)->code) == BPF_ADD ? "add" : "sub";
	u32 ptr = sum->swapped ? insn->src : insn->dst, off = sum->swapped ? insn->dst : insn->src;

	switch (reason) {
	case FINE:
		return 0;
	case BOUNDS:
		return skep__vfail(env, -EACCES,
				   "R%u has unknown scalar with mixed signed bounds, %s\n", off,
				   end);
	case CLASS:
		return skep__vfail(env, -EACCES,
				   "R%u has pointer with unsupported alu operation, %s\n", ptr,
				   end);
	case PATHS:
		return skep__vfail(env, -EACCES,
				   "R%u tried to %s from different maps, paths or scalars, %s\n",
				   insn->dst, op, end);
	case LIMIT:
		return skep__vfail(env, -EACCES, "R%u tried to %s beyond pointer bounds, %s\n",
				   insn->dst, op, end);
	default:
		return skep__vfail(env, -EACCES,
				   "R%u could not be pushed for speculative verification, %s\n",
				   insn->dst, end);
	}
}

/* How far the pointer may move in the direction that is masked. */
static enum reason limit_of(const struct reg *ptr, bool leftwards, u32 *limit)
{
	u32 max, n;

	if (reg_plain(ptr, REG_STACK)) {
		max = MAX_STACK + leftwards;
		n = -(u32)(ptr->n.bits.value + (u64)(s64)ptr->off);
	} else if (reg_plain(ptr, REG_MAP_VALUE)) {
		max = ptr->map.map->def->value_size;
		n = (u32)(leftwards ? (u64)ptr->n.smin : ptr->n.umax) + (u32)ptr->off;
	} else {
		return CLASS;
	}
	*limit = n;
	return n < max ? FINE : LIMIT;
}

static enum reason agree(struct verify_env *env, u8 state, u32 limit)
{
	struct insn_info *info = &env->info[env->insn];

	if (info->alu_state && (info->alu_state != state || info->alu_limit != limit))
		return PATHS;
	info->alu_state = state;
	info->alu_limit = limit;
	return FINE;
}

static bool needs_mask(const struct verify_env *env, const struct insn *insn)
{
	u8 code = insn_desc(insn)->code;

	return !env->bypass_spec_v1 && BPF_SRC(code) == BPF_X &&
	       !(env->info[env->insn].marks & MARK_BARRIER_BEFORE) &&
	       (BPF_OP(code) == BPF_ADD || BPF_OP(code) == BPF_SUB);
}

int skep__speculate_numbers(struct verify_env *env, const struct insn *insn)
{
	return needs_mask(env, insn)
		       ? refuse(env, &(struct ptr_sum){ .insn = insn }, agree(env, ALU_NUMBERS, 0))
		       : 0;
}

static enum reason plan_mask(struct verify_env *env, struct ptr_sum *sum, const struct reg *ptr)
{
	const struct num *off = &sum->off->n;
	bool known = num_is_const(off), negative = off->smin < 0;
	bool adds = BPF_OP(insn_desc(sum->insn)->code) == BPF_ADD;
	enum reason reason;

	if (!known && negative != (off->smax < 0))
		return BOUNDS;
	sum->leftwards = adds == negative;
	reason = limit_of(ptr, sum->leftwards, &sum->limit);
	if (reason)
		return reason;
	sum->state = (negative ? ALU_NEGATIVE : 0) | (known ? ALU_IMMEDIATE : 0) |
		     (sum->swapped ? ALU_SANITIZE_DST : ALU_SANITIZE_SRC);
	/* States must then agree in all numbers to cover each other. */
	env->explore_alu_limits |= !known;
	return FINE;
}

int skep__speculate_sum(struct verify_env *env, struct ptr_sum *sum, const struct reg *ptr)
{
	enum reason reason = FINE;
	int err;

	if (!needs_mask(env, sum->insn))
		return 0;
	if (!env->cur->speculative)
		reason = plan_mask(env, sum, ptr);
	/* Masked to nothing, the pointer goes on as it was. */
	if (!reason && !num_is_const(&sum->off->n) &&
	    !skep__push_path(env, env->insn + 1, env->insn, true, &err))
		reason = NO_ROOM;
	return refuse(env, sum, reason);
}

static int check_stack_bounds(struct verify_env *env, u32 regno, const struct reg *r)
{
	s32 off = r->off + (s32)r->n.bits.value;

	if (!num_is_const(&r->n)) {
		skep__vlog(env, "R%d variable stack access prohibited for !root, var_off=", regno);
		skep__tnum_print(r->n.bits, env->log);
		return skep__vfail(env, -EACCES, " off=%d\n", off);
	}
	if (off >= 0 || off < -MAX_STACK)
		return skep__vfail(env, -EACCES,
				   "R%d stack pointer arithmetic goes out of range, prohibited for "
				   "!root; off=%d\n",
				   regno, off);
	return 0;
}

int skep__speculate_sum_done(struct verify_env *env, const struct ptr_sum *sum,
			     const struct reg *dst)
{
	u32 regno = sum->insn->dst, limit = 0;
	enum reason reason;
	int err = 0;

	if (env->bypass_spec_v1)
		return 0;
	if (reg_plain(dst, REG_STACK))
		err = check_stack_bounds(env, regno, dst);
	else if (reg_plain(dst, REG_MAP_VALUE) &&
		 skep__check_map_value(env, regno, dst->off, 1, false, false))
		err = skep__vfail(
			env, -EACCES,
			"R%d pointer arithmetic of map value goes out of range, prohibited "
			"for !root\n",
			regno);
	if (err || env->cur->speculative || !needs_mask(env, sum->insn))
		return err;
	reason = limit_of(dst, sum->leftwards, &limit);
	if (!reason)
		reason = agree(env, sum->state,
			       sum->limit > limit ? sum->limit - limit : limit - sum->limit);
	return refuse(env, sum, reason);
}

/* ---- stores ---------------------------------------------------------------------------------- */

void skep__speculate_store(struct verify_env *env, const struct slot *slot, u32 first, s32 size,
			   const struct reg *value)
{
	bool barrier = value && value->cls != REG_SCALAR;

	if (env->bypass_spec_v4)
		return;
	for (s32 i = 0; i < size && !barrier; i++) {
		u8 kind = slot->kind[(first - i) % SLOT_SIZE];

		barrier = kind != SLOT_MISC && kind != SLOT_ZERO;
	}
	if (barrier)
		env->info[env->insn].marks |= MARK_BARRIER_AFTER;
}
