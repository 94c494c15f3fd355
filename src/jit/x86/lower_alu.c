/* SPDX-License-Identifier: BSD-2-Clause */
/* Moves, the simple arithmetic, sign extension and byte order. */
#include "jit/x86/lower.h"

/* The operations that are one machine instruction of the same shape. */
static bool plain_alu(u8 code, enum x86_alu *op)
{
	switch (code) {
	case BPF_ADD:
		*op = ALU_ADD;
		return true;
	case BPF_SUB:
		*op = ALU_SUB;
		return true;
	case BPF_OR:
		*op = ALU_OR;
		return true;
	case BPF_AND:
		*op = ALU_AND;
		return true;
	case BPF_XOR:
		*op = ALU_XOR;
		return true;
	default:
		return false;
	}
}

/* What an operation of a register on itself comes to. */
static bool lower_on_itself(struct lower *l, enum x86_alu op, u8 r, u32 size)
{
	if (op == ALU_XOR || op == ALU_SUB) {
		x86_set_const(l, r, 0);
		return true;
	}
	if (op == ALU_AND || op == ALU_OR) {
		x86_set_copy(l, r, r, size);
		return true;
	}
	return false;
}

static void lower_plain(struct lower *l, const struct insn *insn, enum x86_alu op)
{
	u32 size = width_of(insn), access;
	struct x86_mem mem;
	enum x86_reg dst;
	s32 imm;

	if (insn->dst == insn->src && lower_on_itself(l, op, insn->dst, size))
		return;
	if ((op == ALU_OR || op == ALU_XOR || op == ALU_ADD) &&
	    x86_rotate(l, insn->dst, insn->src, size))
		return;
	if (op == ALU_ADD && !(x86_use_load(l, insn->src, &access, &mem) && access >= size)) {
		x86_add_reg(l, insn->dst, insn->src, size);
		return;
	}
	dst = x86_modify(l, insn->dst);
	if (x86_use_const(l, insn->src, size, &imm))
		x86_alu_ri(l->c, op, size, dst, imm);
	else if (x86_use_load(l, insn->src, &access, &mem) && access >= size)
		x86_alu_rm(l->c, op, size, dst, mem);
	else
		x86_alu_rr(l->c, op, size, dst, x86_use(l, insn->src, size));
}

static void multiply(struct lower *l, const struct insn *insn, u32 size)
{
	enum x86_reg dst = x86_modify(l, insn->dst);
	struct x86_mem mem;
	u32 access;

	if (x86_use_load(l, insn->src, &access, &mem) && access >= size)
		x86_imul_rm(l->c, size, dst, mem);
	else
		x86_imul_rr(l->c, size, dst, x86_use(l, insn->src, size));
}

void x86_lower_alu_x(struct lower *l, const struct insn *insn)
{
	u32 size = width_of(insn);
	enum x86_alu op;

	switch (alu_code(insn)) {
	case BPF_MOV:
		x86_set_copy(l, insn->dst, insn->src, size);
		break;
	case BPF_MUL:
		multiply(l, insn, size);
		break;
	case BPF_DIV:
	case BPF_MOD:
		x86_lower_div_x(l, insn);
		break;
	case BPF_LSH:
	case BPF_RSH:
	case BPF_ARSH:
		x86_lower_shift_x(l, insn);
		break;
	default:
		if (plain_alu(alu_code(insn), &op))
			lower_plain(l, insn, op);
	}
}

static void multiply_by(struct lower *l, u32 size, u8 r, s32 imm)
{
	if (imm == 0) {
		x86_set_const(l, r, 0);
	} else if (imm == 1) {
		x86_set_copy(l, r, r, size);
	} else if (imm == 3 || imm == 5 || imm == 9) { /* what an address can be scaled by */
		x86_times(l, r, imm, size);
	} else if (imm > 0 && !(imm & (imm - 1))) {
		x86_shift_const(l, r, SHIFT_SHL, __builtin_ctz(imm), size);
	} else {
		enum x86_reg src;

		x86_before_define(l, r);
		src = x86_use(l, r, size);
		x86_imul_rri(l->c, size, x86_define_now(l, r), src, imm);
	}
}

static void and_with(struct lower *l, u32 size, u8 r, s32 imm)
{
	if (imm == 0)
		x86_set_const(l, r, 0);
	else if (imm == -1)
		x86_set_copy(l, r, r, size);
	else
		x86_and_const(l, r, imm, size);
}

static void or_xor_with(struct lower *l, enum x86_alu op, u32 size, u8 r, s32 imm)
{
	if (imm == 0)
		x86_set_copy(l, r, r, size);
	else if (op == ALU_XOR && imm == -1)
		x86_unary(l->c, UNARY_NOT, size, x86_modify(l, r));
	else
		x86_alu_ri(l->c, op, size, x86_modify(l, r), imm);
}

static void subtract_from(struct lower *l, u32 size, u8 r, s32 imm)
{
	if (imm == INT32_MIN) /* its negative is no immediate */
		x86_alu_ri(l->c, ALU_SUB, size, x86_modify(l, r), imm);
	else
		x86_add_const(l, r, -imm, size);
}

void x86_lower_alu_k(struct lower *l, const struct insn *insn)
{
	u32 size = width_of(insn);
	u8 r = insn->dst;
	s32 imm = insn->imm;

	switch (alu_code(insn)) {
	case BPF_MOV:
		x86_set_const(l, r, size == 8 ? (u64)insn->imm : (u32)imm);
		break;
	case BPF_ADD:
		x86_add_const(l, r, imm, size);
		break;
	case BPF_SUB:
		subtract_from(l, size, r, imm);
		break;
	case BPF_MUL:
		multiply_by(l, size, r, imm);
		break;
	case BPF_AND:
		and_with(l, size, r, imm);
		break;
	case BPF_OR:
		or_xor_with(l, ALU_OR, size, r, imm);
		break;
	case BPF_XOR:
		or_xor_with(l, ALU_XOR, size, r, imm);
		break;
	case BPF_DIV:
	case BPF_MOD:
		x86_lower_div_k(l, insn);
		break;
	default:
		x86_lower_shift_k(l, insn);
	}
}

void x86_lower_alu_1(struct lower *l, const struct insn *insn)
{
	x86_unary(l->c, UNARY_NEG, width_of(insn), x86_modify(l, insn->dst));
}

/* Outside arenas both address spaces are the same one, of which 32 bits are left. */
void x86_lower_castas(struct lower *l, const struct insn *insn)
{
	if (insn->flags & INSN_ARENA)
		x86_arena_cast(l, insn);
	else
		x86_set_copy(l, insn->dst, insn->src, 4);
}

void x86_lower_movsx(struct lower *l, const struct insn *insn)
{
	u32 from = insn_desc(insn)->selval / 8;
	enum x86_reg src;

	x86_before_define(l, insn->dst);
	src = x86_use(l, insn->src, 4);
	x86_sign_extend(l->c, from, width_of(insn), x86_define_now(l, insn->dst), src);
}

void x86_lower_end(struct lower *l, const struct insn *insn)
{
	const struct insn_desc *d = insn_desc(insn);
	bool swaps = BPF_CLASS(d->code) == BPF_ALU64 || BPF_SRC(d->code) == BPF_TO_BE;
	u32 size = d->selval / 8;
	enum x86_reg dst;

	if (!swaps) {
		if (size == 2)
			x86_and_const(l, insn->dst, 0xffff, 4);
		else
			x86_set_copy(l, insn->dst, insn->dst, size);
		return;
	}
	dst = x86_modify(l, insn->dst);
	if (size == 2) {
		x86_bswap(l->c, 4, dst);
		x86_shift_ri(l->c, SHIFT_SHR, 4, dst, 16);
	} else {
		x86_bswap(l->c, size, dst);
	}
}
