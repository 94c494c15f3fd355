/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic. Numbers go to the number domain (num/); sums of a pointer and a number to
 * alu_pointer.c. Copies keep the link to what they are a copy of, and so does adding a constant to
 * one.
 */
#include "verify/explore.h"
#include "verify/linked.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/speculate.h"

const char *skep__alu_text(u8 op)
{
	static const char *const texts[16] = {
		[BPF_ADD >> 4] = "+=",    [BPF_SUB >> 4] = "-=",     [BPF_MUL >> 4] = "*=",
		[BPF_DIV >> 4] = "/=",    [BPF_OR >> 4] = "|=",      [BPF_AND >> 4] = "&=",
		[BPF_LSH >> 4] = "<<=",   [BPF_RSH >> 4] = ">>=",    [BPF_NEG >> 4] = "neg",
		[BPF_MOD >> 4] = "%=",    [BPF_XOR >> 4] = "^=",     [BPF_MOV >> 4] = "=",
		[BPF_ARSH >> 4] = "s>>=", [BPF_END >> 4] = "endian",
	};

	return texts[op >> 4];
}

static void unlink_scalar(struct reg *r)
{
	r->id = 0;
	r->off = 0;
}

static void set_unknown(struct verify_env *env, struct reg *r)
{
	skep__reg_unknown(r);
	r->precise = !env->capable;
}

static u32 width_of(const struct insn *insn)
{
	return BPF_CLASS(insn_desc(insn)->code) == BPF_ALU64 ? 64 : 32;
}

/* On this machine, to little-endian only truncates. */
static void change_order(const struct insn *insn, struct reg *dst)
{
	u8 code = insn_desc(insn)->code;
	u32 size = (u32)insn->imm / 8;

	if (code == (BPF_ALU | BPF_END | BPF_TO_BE) || BPF_CLASS(code) == BPF_ALU64)
		skep__num_byte_swap(&dst->n, size);
	else if (size < 8)
		skep__num_truncate(&dst->n, size);
}

/* dst = -dst, dst = swap dst */
static int check_unary(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst;
	int err = skep__need_reg(env, insn->dst);

	if (err)
		return err;
	dst = cur_reg(env, insn->dst);
	if (is_secret(env, dst))
		return skep__vfail(env, -EACCES, "R%u pointer arithmetic prohibited\n", insn->dst);
	err = skep__will_write(env, insn->dst);
	if (err)
		return err;
	if (dst->cls != REG_SCALAR) {
		set_unknown(env, dst);
		return 0;
	}
	if (insn_desc(insn)->form == FORM_ALU_1)
		skep__num_neg(&dst->n, width_of(insn));
	else
		change_order(insn, dst);
	unlink_scalar(dst);
	return 0;
}

static int move_const(struct verify_env *env, const struct insn *insn)
{
	int err = skep__will_write(env, insn->dst);

	if (err)
		return err;
	skep__reg_const(cur_reg(env, insn->dst),
			width_of(insn) == 64 ? (u64)insn->imm : (u32)insn->imm);
	cur_reg(env, insn->dst)->precise = !env->capable;
	return 0;
}

/* A copy of a number that loses bits is a number of its own. */
static void copy_number(struct verify_env *env, struct reg *dst, struct reg *src, bool keeps_all)
{
	if (keeps_all)
		skep__linked_before_copy(env, src);
	*dst = *src;
	if (!keeps_all)
		unlink_scalar(dst);
}

static int check_move(struct verify_env *env, const struct insn *insn)
{
	int err = skep__need_reg(env, insn->src);

	return err ? err : skep__will_write(env, insn->dst);
}

static int move_reg(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst, *src;
	int err = check_move(env, insn);

	if (err)
		return err;
	dst = cur_reg(env, insn->dst);
	src = cur_reg(env, insn->src);
	if (width_of(insn) == 64) {
		skep__linked_before_copy(env, src);
		*dst = *src;
		return 0;
	}
	if (is_secret(env, src))
		return skep__vfail(env, -EACCES, "R%u partial copy of pointer\n", insn->src);
	if (src->cls == REG_SCALAR)
		copy_number(env, dst, src, src->n.umax <= UINT32_MAX);
	else
		set_unknown(env, dst);
	skep__num_zero_extend(&dst->n);
	return 0;
}

static int move_signed(struct verify_env *env, const struct insn *insn)
{
	u32 to = width_of(insn), from = insn_desc(insn)->selval;
	struct reg *dst, *src;
	int err = check_move(env, insn);

	if (err)
		return err;
	dst = cur_reg(env, insn->dst);
	src = cur_reg(env, insn->src);
	if (is_secret(env, src))
		return skep__vfail(env, -EACCES,
				   to == 64 ? "R%u sign-extension part of pointer\n"
					    : "R%u partial copy of pointer\n",
				   insn->src);
	if (src->cls != REG_SCALAR) {
		set_unknown(env, dst);
		if (to == 32)
			skep__num_zero_extend(&dst->n);
		return 0;
	}
	copy_number(env, dst, src, src->n.umax < 1ull << (from - 1));
	skep__num_movsx(&dst->n, from, to);
	return 0;
}

static int cast_address_space(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst;
	int err;

	if (insn->imm != 1 && insn->imm != 1 << 16)
		return skep__vfail(
			env, -EINVAL,
			"addr_space_cast insn can only convert between address space 1 and 0\n");
	if (!env->arena)
		return skep__vfail(env, -EINVAL,
				   "addr_space_cast insn can only be used in a program that has an "
				   "associated arena\n");
	err = check_move(env, insn);
	if (err)
		return err;
	dst = cur_reg(env, insn->dst);
	set_unknown(env, dst);
	if (insn->imm == 1)
		dst->cls = REG_ARENA;
	return 0;
}

/*
 * What stays linked: a number plus or minus a constant of 31 bits, once; in 32 bits, when nothing
 * was above them.
 */
static bool keeps_link(const struct verify_env *env, const struct insn *insn, const struct reg *dst,
		       const struct reg *src, u64 old_umax, s32 *distance)
{
	u8 code = insn_desc(insn)->code, op = BPF_OP(code);
	bool is32 = width_of(insn) == 32;
	s64 value = is32 ? (s64)(s32)reg_const(src) : (s64)reg_const(src);

	if (!env->capable || (op != BPF_ADD && op != BPF_SUB) || !dst->id ||
	    dst->id & ID_ADD_CONST || !(is32 ? num_is_const32(&src->n) : num_is_const(&src->n)))
		return false;
	if ((BPF_SRC(code) == BPF_X && insn->src == insn->dst) || value != (s32)value ||
	    (is32 && old_umax > UINT32_MAX) || (op == BPF_SUB && value == INT32_MIN))
		return false;
	*distance = (s32)(op == BPF_SUB ? -value : value);
	return true;
}

static void make_const(struct reg *r, u64 value, u32 width)
{
	if (width == 32) {
		skep__num_const32(&r->n, (u32)value);
		return;
	}
	skep__num_const(&r->n, value);
	r->id = r->ref_id = 0;
	r->off = 0;
}

/*
 * -1 or 0 is what compilers make of a condition before they mask something with it: two ways from
 * here, each with the number known. The other one does this instruction again.
 */
static int fork_on_sign(struct verify_env *env, const struct insn *insn, struct reg *dst)
{
	u32 width = skep__num_forks(&dst->n);
	struct state *other;
	int err;

	if (!width)
		return 0;
	other = skep__push_path(env, env->insn, env->insn, false, &err);
	if (!other)
		return err;
	make_const(&state_frame(other)->regs[insn->dst], 0, width);
	make_const(dst, UINT64_MAX, width);
	return 0;
}

static int compute_numbers(struct verify_env *env, const struct insn *insn, struct reg *dst,
			   const struct reg *src)
{
	struct reg from = *src;
	u64 old_umax = dst->n.umax;
	u8 op = BPF_OP(insn_desc(insn)->code);
	s32 distance;
	int err = 0;

	if ((op == BPF_AND || op == BPF_OR) && num_is_const(&from.n))
		err = fork_on_sign(env, insn, dst);
	if (!err)
		err = skep__speculate_numbers(env, insn);
	if (err)
		return err;
	if (!skep__num_alu(&dst->n, &from.n, op, width_of(insn)))
		set_unknown(env, dst);
	if (keeps_link(env, insn, dst, &from, old_umax, &distance)) {
		dst->id |= width_of(insn) == 32 ? ID_ADD_CONST32 : ID_ADD_CONST64;
		dst->off = distance;
	} else {
		unlink_scalar(dst);
	}
	return 0;
}

static int compute_with_reg(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst = cur_reg(env, insn->dst), *src = cur_reg(env, insn->src);
	u8 op = BPF_OP(insn_desc(insn)->code);
	struct reg off;
	int err;

	if (dst->cls == REG_ARENA || src->cls == REG_ARENA) {
		if (dst->cls != REG_ARENA)
			*dst = *src;
		return 0;
	}
	if (src->cls != REG_SCALAR && dst->cls != REG_SCALAR) {
		if (op == BPF_SUB && env->allow_ptr_leaks) {
			set_unknown(env, dst);
			return 0;
		}
		return skep__vfail(env, -EACCES, "R%u pointer %s pointer prohibited\n", insn->dst,
				   skep__alu_text(op));
	}
	if (src->cls != REG_SCALAR) {
		err = skep__mark_precise(env, insn->dst);
		if (err)
			return err;
		off = *dst;
		return skep__check_pointer_alu(env, insn, src, &off);
	}
	if (dst->cls != REG_SCALAR) {
		err = skep__mark_precise(env, insn->src);
		return err ? err : skep__check_pointer_alu(env, insn, dst, src);
	}
	if (dst->precise) {
		err = skep__mark_precise(env, insn->src);
		if (err)
			return err;
	}
	return compute_numbers(env, insn, dst, src);
}

static int compute_with_const(struct verify_env *env, const struct insn *insn)
{
	struct reg *dst = cur_reg(env, insn->dst), src;

	if (dst->cls == REG_ARENA)
		return 0;
	skep__reg_const(&src, insn->imm);
	if (dst->cls != REG_SCALAR)
		return skep__check_pointer_alu(env, insn, dst, &src);
	return compute_numbers(env, insn, dst, &src);
}

static int check_binary(struct verify_env *env, const struct insn *insn, bool has_src)
{
	u8 op = BPF_OP(insn_desc(insn)->code);
	int err = has_src ? skep__need_reg(env, insn->src) : 0;

	if (!err)
		err = skep__need_reg(env, insn->dst);
	if (err)
		return err;
	if (!has_src && (op == BPF_MOD || op == BPF_DIV) && insn->imm == 0)
		return skep__vfail(env, -EINVAL, "div by zero\n");
	if (!has_src && (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
	    (insn->imm < 0 || insn->imm >= width_of(insn)))
		return skep__vfail(env, -EINVAL, "invalid shift %d\n", (int)insn->imm);
	err = skep__will_write(env, insn->dst);
	if (err)
		return err;
	return has_src ? compute_with_reg(env, insn) : compute_with_const(env, insn);
}

int skep__check_alu(struct verify_env *env, const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_ALU_1:
	case FORM_END:
		return check_unary(env, insn);
	case FORM_MOVSX:
		return move_signed(env, insn);
	case FORM_CASTAS:
		return cast_address_space(env, insn);
	case FORM_ALU_X:
		if (BPF_OP(insn_desc(insn)->code) == BPF_MOV)
			return move_reg(env, insn);
		return check_binary(env, insn, true);
	default:
		if (BPF_OP(insn_desc(insn)->code) == BPF_MOV)
			return move_const(env, insn);
		return check_binary(env, insn, false);
	}
}
