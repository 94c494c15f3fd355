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

static void clear_upper_half(struct lower *l, u32 size, enum x86_reg reg)
{
	if (size == 4)
		x86_mov_rr(l->c, 4, reg, reg);
}

void x86_lower_alu_x(struct lower *l, const struct insn *insn)
{
	enum x86_reg dst = reg_of(insn->dst), src = reg_of(insn->src);
	u32 size = width_of(insn);
	enum x86_alu op;

	switch (alu_code(insn)) {
	case BPF_MOV:
		if (dst != src || size == 4)
			x86_mov_rr(l->c, size, dst, src);
		break;
	case BPF_MUL:
		x86_imul_rr(l->c, size, dst, src);
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
			x86_alu_rr(l->c, op, size, dst, src);
	}
}

/* 3, 5 and 9 are what an address can be scaled by. */
static void multiply_by(struct lower *l, u32 size, enum x86_reg dst, s32 imm)
{
	struct x86_mem times = { .base = dst, .index = dst, .scale = imm - 1 };

	if (imm == 0)
		x86_mov_ri(l->c, dst, 0);
	else if (imm == 1)
		clear_upper_half(l, size, dst);
	else if (imm == 3 || imm == 5 || imm == 9)
		x86_lea(l->c, size, dst, times);
	else if (imm > 0 && !(imm & (imm - 1)))
		x86_shift_ri(l->c, SHIFT_SHL, size, dst, __builtin_ctz(imm));
	else
		x86_imul_rri(l->c, size, dst, dst, imm);
}

static void and_with(struct lower *l, u32 size, enum x86_reg dst, s32 imm)
{
	if (imm == 0)
		x86_mov_ri(l->c, dst, 0);
	else if (imm == 0xff)
		x86_zero_extend(l->c, 1, dst, dst);
	else if (imm == 0xffff)
		x86_zero_extend(l->c, 2, dst, dst);
	else if (imm == -1)
		clear_upper_half(l, size, dst);
	else
		x86_alu_ri(l->c, ALU_AND, imm > 0 ? 4 : size, dst, imm);
}

static void add_to(struct lower *l, u32 size, enum x86_reg dst, s32 imm)
{
	if (imm == 0)
		clear_upper_half(l, size, dst);
	else if (imm == 128) /* its negative fits in a byte */
		x86_alu_ri(l->c, ALU_SUB, size, dst, -128);
	else
		x86_alu_ri(l->c, ALU_ADD, size, dst, imm);
}

static void subtract_from(struct lower *l, u32 size, enum x86_reg dst, s32 imm)
{
	if (imm == 0)
		clear_upper_half(l, size, dst);
	else if (imm == 128)
		x86_alu_ri(l->c, ALU_ADD, size, dst, -128);
	else
		x86_alu_ri(l->c, ALU_SUB, size, dst, imm);
}

static void or_xor_with(struct lower *l, enum x86_alu op, u32 size, enum x86_reg dst, s32 imm)
{
	if (imm == 0)
		clear_upper_half(l, size, dst);
	else if (op == ALU_XOR && imm == -1)
		x86_unary(l->c, UNARY_NOT, size, dst);
	else
		x86_alu_ri(l->c, op, size, dst, imm);
}

void x86_lower_alu_k(struct lower *l, const struct insn *insn)
{
	enum x86_reg dst = reg_of(insn->dst);
	u32 size = width_of(insn);
	s32 imm = insn->imm;

	switch (alu_code(insn)) {
	case BPF_MOV:
		x86_mov_ri(l->c, dst, size == 8 ? (u64)insn->imm : (u32)imm);
		break;
	case BPF_ADD:
		add_to(l, size, dst, imm);
		break;
	case BPF_SUB:
		subtract_from(l, size, dst, imm);
		break;
	case BPF_MUL:
		multiply_by(l, size, dst, imm);
		break;
	case BPF_AND:
		and_with(l, size, dst, imm);
		break;
	case BPF_OR:
		or_xor_with(l, ALU_OR, size, dst, imm);
		break;
	case BPF_XOR:
		or_xor_with(l, ALU_XOR, size, dst, imm);
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
	x86_unary(l->c, UNARY_NEG, width_of(insn), reg_of(insn->dst));
}

void x86_lower_movsx(struct lower *l, const struct insn *insn)
{
	u32 from = insn_desc(insn)->selval / 8;

	x86_sign_extend(l->c, from, width_of(insn), reg_of(insn->dst), reg_of(insn->src));
}

void x86_lower_end(struct lower *l, const struct insn *insn)
{
	const struct insn_desc *d = insn_desc(insn);
	bool swaps = BPF_CLASS(d->code) == BPF_ALU64 || BPF_SRC(d->code) == BPF_TO_BE;
	enum x86_reg dst = reg_of(insn->dst);
	u32 size = d->selval / 8;

	if (!swaps && size < 8) {
		x86_zero_extend(l->c, size, dst, dst);
	} else if (swaps && size == 2) {
		x86_bswap(l->c, 4, dst);
		x86_shift_ri(l->c, SHIFT_SHR, 4, dst, 16);
	} else if (swaps) {
		x86_bswap(l->c, size, dst);
	}
}
