/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sequences that code generators look for, and such as are nearly that: rotations, conditional
 * moves, truth values, fields that are read byte by byte, comparisons with memory, and tangles of
 * copies, sums, shifts and masks over few registers.
 */
#ifndef TESTS_RANDOM_PATTERNS_H
#define TESTS_RANDOM_PATTERNS_H

#include "random_gen.h"

/* t = a; t <<= n; a >>= 64 - n; a |= t: what a rotation is compiled to. */
static inline void emit_rotate(struct random_prog *g)
{
	u8 a = rnd_reg(g), t = rnd_reg(g);
	bool wide = rnd(g, 2), left_first = rnd(g, 2);
	u32 width = wide ? 64 : 32, n = 1 + rnd(g, width - 1);
	u8 lsh = wide ? OP_LSH64_K : OP_LSH32_K, rsh = wide ? OP_RSH64_K : OP_RSH32_K;
	static const u8 joins[] = { OP_OR64_X, OP_OR32_X, OP_XOR64_X, OP_ADD64_X };

	emit(g, wide ? OP_MOV64_X : OP_MOV32_X, t, a, 0, 0);
	emit(g, left_first ? lsh : rsh, t, 0, 0, n);
	emit(g, left_first ? rsh : lsh, a, 0, 0, rnd(g, 8) ? width - n : n);
	emit(g, joins[rnd(g, 4)], rnd(g, 4) ? a : t, rnd(g, 4) ? t : a, 0, 0);
	if (rnd(g, 2))
		emit(g, OP_MOV64_K, t, 0, 0, rnd_imm(g));
}

/* One of the instructions whose result may be left for later. */
static inline void emit_postponable(struct random_prog *g, u8 dst, u8 src)
{
	static const u8 moves[] = { OP_MOV64_X, OP_MOV64_X, OP_MOV32_X, OP_ADD64_X, OP_ADD32_X };
	static const u8 consts[] = { OP_MOV64_K, OP_MOV32_K, OP_ADD64_K, OP_ADD32_K,
				     OP_SUB64_K, OP_AND64_K, OP_AND32_K };
	static const u8 shifts[] = { OP_LSH64_K, OP_LSH64_K,  OP_LSH32_K, OP_RSH64_K,
				     OP_RSH32_K, OP_ARSH64_K, OP_ARSH32_K };
	static const u8 factors[] = { 2, 3, 4, 5, 8, 9 };

	switch (rnd(g, 8)) {
	case 0 ... 2:
		emit(g, moves[rnd(g, ARRAY_SIZE(moves))], dst, src, 0, 0);
		break;
	case 3 ... 4:
		emit(g, consts[rnd(g, ARRAY_SIZE(consts))], dst, 0, 0, rnd_imm(g));
		break;
	case 5:
		emit(g, shifts[rnd(g, ARRAY_SIZE(shifts))], dst, 0, 0,
		     rnd(g, 3) ? 1 + rnd(g, 3) : rnd(g, 32));
		break;
	case 6:
		emit(g, rnd(g, 2) ? OP_MUL64_K : OP_MUL32_K, dst, 0, 0,
		     factors[rnd(g, ARRAY_SIZE(factors))]);
		break;
	default:
		emit(g, rnd_op(g, rnd(g, 2) ? FORM_ALU_X : FORM_ALU_1 + rnd(g, 3)), dst, src, 0, 0);
	}
}

/* Jumps over the next instructions, whose number is put into its offset afterwards. */
static inline struct insn *emit_jump(struct random_prog *g)
{
	u8 form = rnd(g, 12) == 0 ? FORM_MAY_GOTO : rnd(g, 2) ? FORM_JMP_X : FORM_JMP_K;

	if (g->light && form == FORM_MAY_GOTO)
		form = FORM_JMP_K;
	return emit(g, rnd_op(g, form), rnd_reg(g), rnd_reg(g), 0, rnd_imm(g));
}

static inline void emit_stack_access(struct random_prog *g, u8 r)
{
	u8 op = rnd_op(g, rnd(g, 2) ? FORM_LDX : FORM_STX);
	bool is_load = skep__insn_descs[op].form == FORM_LDX;

	emit(g, op, is_load ? r : 10, is_load ? 10 : r, rnd_slot(g, skep__insn_descs[op].size), 0);
}

static inline void emit_tangle(struct random_prog *g)
{
	u8 regs[] = { rnd_reg(g), rnd_reg(g), rnd_reg(g) };
	u32 n = 3 + rnd(g, 9);
	struct insn *jump = NULL;

	for (u32 i = 0; i < n; i++) {
		u8 dst = regs[rnd(g, 3)], src = regs[rnd(g, 3)];

		if (jump && rnd(g, 2)) {
			jump->off = &g->insns[g->len] - jump - 1;
			jump = NULL;
		}
		if (!jump && rnd(g, 6) == 0) {
			jump = emit_jump(g);
			jump->dst = dst;
		} else if (rnd(g, 8) == 0) {
			emit_stack_access(g, dst);
		} else {
			emit_postponable(g, dst, src);
		}
	}
	if (jump)
		jump->off = &g->insns[g->len] - jump - 1;
}

/* a = x; if (...) a = y: with constants, registers, and now and then something else instead. */
static inline void emit_conditional_move(struct random_prog *g)
{
	u8 a = rnd_reg(g);
	struct insn *jump;

	if (rnd(g, 3))
		emit(g, rnd(g, 4) ? OP_MOV64_K : OP_MOV32_K, a, 0, 0,
		     rnd(g, 3) ? (s32)rnd(g, 2) : rnd_imm(g));
	jump = emit_jump(g);
	if (rnd(g, 2))
		emit(g, rnd(g, 4) ? OP_MOV64_K : OP_MOV32_K, a, 0, 0,
		     rnd(g, 3) ? (s32)rnd(g, 2) : rnd_imm(g));
	else if (rnd(g, 4))
		emit(g, rnd(g, 4) ? OP_MOV64_X : OP_MOV32_X, a, rnd_reg(g), 0, 0);
	else
		emit_postponable(g, a, rnd_reg(g));
	jump->off = &g->insns[g->len] - jump - 1;
	if (rnd(g, 2))
		emit_postponable(g, rnd_reg(g), a);
}

/* if (...) goto +1; goto over: the jump away, the other way round. */
static inline void emit_goto_unless(struct random_prog *g)
{
	struct insn *over, *jump;

	emit_postponable(g, rnd_reg(g), rnd_reg(g));
	jump = emit_jump(g);
	jump->off = rnd(g, 8) ? 1 : 2;
	over = emit(g, OP_JA, 0, 0, 0, 0);
	for (u32 i = rnd(g, 4); i > 0; i--)
		emit_postponable(g, rnd_reg(g), rnd_reg(g));
	if (rnd(g, 4))
		emit(g, OP_MOV64_K, rnd_reg(g), 0, 0, rnd_imm(g));
	emit_postponable(g, rnd_reg(g), rnd_reg(g));
	over->off = &g->insns[g->len] - over - 1;
}

/* A load that something is done with at once, and perhaps nothing ever again. */
static inline void emit_load_and_use(struct random_prog *g)
{
	u8 r = rnd_reg(g), other = rnd_reg(g), op = rnd_op(g, FORM_LDX);
	struct insn *jump;

	emit(g, op, r, 10, rnd_slot(g, skep__insn_descs[op].size), 0);
	if (rnd(g, 4) == 0)
		emit_postponable(g, other, rnd_reg(g));
	if (rnd(g, 4) == 0)
		emit_stack_access(g, other);
	if (rnd(g, 2)) {
		jump = emit_jump(g);
		*(rnd(g, 3) ? &jump->dst : &jump->src) = r;
		emit_postponable(g, other, rnd_reg(g));
		jump->off = &g->insns[g->len] - jump - 1;
	} else {
		emit(g, rnd_op(g, FORM_ALU_X), rnd(g, 4) ? other : r, r, 0, 0);
	}
	if (rnd(g, 2))
		emit(g, OP_MOV64_K, r, 0, 0, rnd_imm(g));
}

/* A field of two bytes or four, put together from its bytes, in either order. */
static inline void emit_field(struct random_prog *g)
{
	u8 a = rnd_reg(g), t = rnd_reg(g);
	u32 size = 2 << rnd(g, 2);
	s32 at = -64 + (s32)rnd(g, 60);
	bool big = rnd(g, 2), wide = rnd(g, 2);

	for (u32 i = 0; i < size; i++) {
		u32 shift = 8 * (big ? size - 1 - i : i);
		u8 r = i ? t : a;

		emit(g, OP_LDXB, r, 10, at + (rnd(g, 12) ? i : 0), 0);
		if (shift || rnd(g, 8) == 0)
			emit(g, wide ? OP_LSH64_K : OP_LSH32_K, r, 0, 0, shift);
		if (i)
			emit(g, wide ? OP_OR64_X : OP_OR32_X, a, t, 0, 0);
	}
}

static inline void emit_pattern(struct random_prog *g)
{
	switch (rnd(g, 9)) {
	case 0:
		emit_rotate(g);
		break;
	case 5:
		emit_goto_unless(g);
		break;
	case 1:
		emit_conditional_move(g);
		break;
	case 2:
		emit_load_and_use(g);
		break;
	case 3:
		emit_field(g);
		break;
	case 4: /* one of few, so that it comes again, in a loop perhaps */
		emit(g, OP_LDIMM64, rnd_reg(g), 0, 0, g->pool[rnd(g, RANDOM_POOL)]);
		emit(g, OP_LDIMM_HI, 0, 0, 0, 0);
		break;
	default:
		emit_tangle(g);
	}
}

#endif
