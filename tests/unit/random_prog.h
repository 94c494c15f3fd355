/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs that are safe to run unchecked: all arithmetic, branches, nested loops that end,
 * loads, stores and atomics on the stack through R10 and through computed pointers, calls of
 * subprograms. Bent towards the sequences that compilers emit, because that is what code generators
 * look for. The program takes R0-R9 from the array in R1 and puts them back there.
 */
#ifndef TESTS_RANDOM_PROG_H
#define TESTS_RANDOM_PROG_H

#include <string.h>

#include "exec/prog.h"

#define RANDOM_MAX 1200 /* instructions */
#define RANDOM_REGS                                                                                \
	8 /* R0-R7 are at random's disposal; R8 is a pointer, R9 an index, in between              \
	   */

struct random_prog {
	struct insn insns[RANDOM_MAX];
	u32 len, loops;
	bool plain_stack; /* R10 is used for loads and stores only, so that slots may live in
			     registers */
	u64 state; /* of the generator: the seed to begin with */
	struct subprog subs[2];
	struct prog prog;
};

static inline u32 rnd(struct random_prog *g, u32 below)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (g->state >> 11) % below;
}

static inline struct insn *emit(struct random_prog *g, u8 op, u8 dst, u8 src, s32 off, s64 imm)
{
	struct insn *insn = &g->insns[g->len++];

	*insn = (struct insn){ .op = op, .dst = dst, .src = src, .off = off, .imm = imm };
	return insn;
}

static inline s32 rnd_imm(struct random_prog *g)
{
	static const s32 edges[] = { 0,   1,   2,   3,      8,          16, 31, 32,   63,
				     127, 128, 255, 0xffff, 0x7fffffff, -1, -2, -128, -129 };

	if (rnd(g, 3))
		return edges[rnd(g, ARRAY_SIZE(edges))];
	return (s32)(g->state >> 7) >> rnd(g, 31);
}

/* An opcode of the form, any with equal chance. */
static inline u8 rnd_op(struct random_prog *g, u8 form)
{
	for (;;) {
		u8 op = rnd(g, NR_INSN_OPS);

		if (skep__insn_descs[op].form == form)
			return op;
	}
}

static inline u8 rnd_reg(struct random_prog *g)
{
	return rnd(g, RANDOM_REGS);
}

/* Mostly whole words, as spills are. */
static inline s32 rnd_slot(struct random_prog *g, u32 size)
{
	if (size == 8 || rnd(g, 3))
		return -64 + (s32)rnd(g, 8) * 8;
	return -64 + (s32)rnd(g, 8) * 8 + (s32)(rnd(g, 8 / size) * size);
}

/* R8 = 64 bytes of stack, or of the array behind what the registers need. */
static inline void emit_base(struct random_prog *g)
{
	if (g->plain_stack) {
		emit(g, OP_LDXDW, 8, 10, -72, 0);
		emit(g, OP_ADD64_K, 8, 0, 0, 160);
	} else {
		emit(g, OP_MOV64_X, 8, 10, 0, 0);
		emit(g, OP_ADD64_K, 8, 0, 0, -64);
	}
}

/* A load or store through R8 + a masked index, scaled or not. */
static inline void emit_pointer_access(struct random_prog *g)
{
	u8 op = rnd_op(g, rnd(g, 2)   ? FORM_LDX
			  : rnd(g, 2) ? FORM_STX
				      : FORM_ST),
	   index = rnd(g, 2) ? 9 : rnd_reg(g);
	u32 size = skep__insn_descs[op].size, shift = rnd(g, 4);
	bool is_load = skep__insn_descs[op].form == FORM_LDX;

	if (index == 9)
		emit(g, rnd(g, 2) ? OP_MOV64_X : OP_MOV32_X, 9, rnd_reg(g), 0, 0);
	emit(g, rnd(g, 2) ? OP_AND64_K : OP_AND32_K, index, 0, 0, 56 >> shift & ~(size - 1));
	emit_base(g);
	if (shift && rnd(g, 2))
		emit(g, OP_LSH64_K, index, 0, 0, shift);
	emit(g, OP_ADD64_X, 8, index, 0, 0);
	emit(g, op, is_load ? rnd_reg(g) : 8, is_load ? 8 : rnd_reg(g),
	     rnd(g, 2) ? 0 : (8 - size) & 4, rnd_imm(g));
	if (rnd(g, 2))
		emit(g, OP_MOV64_K, 8, 0, 0, rnd_imm(g));
	if (rnd(g, 2))
		emit(g, OP_MOV64_K, 9, 0, 0, rnd_imm(g));
}

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

static inline void emit_plain(struct random_prog *g)
{
	u8 op;

	switch (rnd(g, 16)) {
	case 0 ... 3:
		emit(g, rnd_op(g, FORM_ALU_X), rnd_reg(g), rnd_reg(g), 0, 0);
		break;
	case 4 ... 6:
		emit(g, rnd_op(g, FORM_ALU_K), rnd_reg(g), 0, 0, rnd_imm(g));
		break;
	case 7:
		emit(g, rnd(g, 2) ? OP_MOV64_X : OP_MOV32_X, rnd_reg(g), rnd_reg(g), 0, 0);
		break;
	case 8:
		emit(g, rnd_op(g, FORM_ALU_1 + rnd(g, 3)), rnd_reg(g), rnd_reg(g), 0, 0);
		break;
	case 9:
		op = rnd_op(g, FORM_LDX);
		emit(g, op, rnd_reg(g), 10, rnd_slot(g, skep__insn_descs[op].size), 0);
		break;
	case 10:
		op = rnd_op(g, rnd(g, 2) ? FORM_STX : FORM_ST);
		emit(g, op, 10, rnd_reg(g), rnd_slot(g, skep__insn_descs[op].size), rnd_imm(g));
		break;
	case 11:
		op = rnd_op(g, FORM_ATOMIC + rnd(g, 3));
		emit_base(g);
		emit(g, op, 8, rnd_reg(g), 64 + rnd_slot(g, skep__insn_descs[op].size), 0);
		break;
	case 12:
		emit(g, OP_LDIMM64, rnd_reg(g), 0, 0, (s64)g->state);
		emit(g, OP_LDIMM_HI, 0, 0, 0, 0);
		break;
	case 13:
		emit_rotate(g);
		break;
	default:
		emit_pointer_access(g);
	}
}

static inline void emit_some(struct random_prog *g, u32 depth);

static inline void emit_branch(struct random_prog *g, u32 depth)
{
	bool has_src = rnd(g, 2), has_else = rnd(g, 2);
	u32 at = g->len, skip;

	emit(g, rnd_op(g, has_src ? FORM_JMP_X : FORM_JMP_K), rnd_reg(g), rnd_reg(g), 0,
	     rnd_imm(g));
	emit_some(g, depth + 1);
	skip = g->len;
	if (has_else)
		emit(g, OP_JA, 0, 0, 0, 0);
	g->insns[at].off = g->len - at - 1;
	if (!has_else)
		return;
	emit_some(g, depth + 1);
	g->insns[skip].off = g->len - skip - 1;
}

/* Counts in a stack slot of its own, so that random code cannot spoil it. */
static inline void emit_loop(struct random_prog *g, u32 depth)
{
	s32 slot = -80 - 8 * (s32)g->loops++;
	u32 start;

	emit(g, OP_STDW, 10, 0, slot, 1 + rnd(g, 5));
	start = g->len;
	emit_some(g, depth + 1);
	emit(g, OP_LDXDW, 8, 10, slot, 0);
	emit(g, OP_ADD64_K, 8, 0, 0, -1);
	emit(g, OP_STXDW, 10, 8, slot, 0);
	emit(g, OP_JNE64_K, 8, 0, (s32)start - (s32)g->len - 1, 0);
}

/* Calls leave R1-R5 undefined. */
static inline void emit_call(struct random_prog *g)
{
	emit(g, OP_LDXDW, 1, 10, -72, 0); /* the array */
	emit(g, OP_CALL_LOCAL, 0, 1, 0, 0); /* patched when the subprogram has its place */
	for (u8 r = 1; r <= 5; r++)
		emit(g, OP_MOV64_K, r, 0, 0, rnd_imm(g));
}

static inline void emit_some(struct random_prog *g, u32 depth)
{
	u32 n = 1 + rnd(g, depth ? 6 : 14);

	for (u32 i = 0; i < n; i++) {
		u32 what = rnd(g, 12);

		if (what == 0 && depth < 3)
			emit_branch(g, depth);
		else if (what == 1 && depth < 3 && g->loops < 8)
			emit_loop(g, depth);
		else if (what == 2)
			emit_call(g);
		else
			emit_plain(g);
		if (g->len > RANDOM_MAX - 300)
			return;
	}
}

static inline void emit_stack_init(struct random_prog *g)
{
	for (s32 off = -64; off < 0; off += 8)
		emit(g, OP_STXDW, 10, rnd(g, 2) ? 2 : 3, off, 0);
}

static inline void emit_main(struct random_prog *g)
{
	emit(g, OP_STXDW, 10, 1, -72, 0);
	for (u8 r = 0; r < 10; r++) {
		if (r != 1)
			emit(g, OP_LDXDW, r, 1, 8 * r, 0);
	}
	emit(g, OP_LDXDW, 1, 1, 8, 0);
	emit_stack_init(g);
	emit_some(g, 0);
	emit(g, OP_LDXDW, 8, 10, -72, 0);
	for (u8 r = 0; r < RANDOM_REGS; r++)
		emit(g, OP_STXDW, 8, r, 8 * r, 0);
	for (s32 off = -64; off < 0; off += 8) {
		emit(g, OP_LDXDW, 1, 10, off, 0);
		emit(g, OP_STXDW, 8, 1, 160 + off, 0);
	}
	emit(g, OP_EXIT, 0, 0, 0, 0);
}

/* Some plain instructions over its arguments; no calls of its own. */
static inline void emit_callee(struct random_prog *g)
{
	if (rnd(g, 2)) {
		for (u8 r = 6; r < 8; r++)
			emit(g, OP_MOV64_X, r, r - 4, 0, 0);
		emit(g, OP_MOV64_X, 0, 4, 0, 0);
		emit(g, OP_STXDW, 10, 1, -72, 0);
		emit(g, OP_MOV64_K, 1, 0, 0, rnd_imm(g)); /* where the array is must not show */
		emit_stack_init(g);
		for (u32 i = 0; i < 8; i++)
			emit_plain(g);
		emit(g, OP_ADD64_X, 0, rnd_reg(g), 0, 0);
	} else {
		emit(g, OP_MOV64_X, 0, 5, 0, 0);
		emit(g, OP_XOR64_X, 0, 2 + rnd(g, 3), 0, 0);
	}
	emit(g, OP_EXIT, 0, 0, 0, 0);
}

/* The array that the program works on has 28 words. */
static inline void random_prog(struct random_prog *g, u64 seed)
{
	u32 end;

	*g = (struct random_prog){ .state = seed * 0x9e3779b97f4a7c15ull + 1,
				   .plain_stack = seed % 2 };
	emit_main(g);
	end = g->len;
	emit_callee(g);
	for (u32 i = 0; i < end; i++) {
		if (g->insns[i].op == OP_CALL_LOCAL)
			g->insns[i] = (struct insn){ .op = OP_CALL_LOCAL,
						     .src = 1,
						     .off = (s32)end - (s32)i - 1 };
	}
	g->subs[0] = (struct subprog){ .start = 0, .end = end, .stack_depth = MAX_BPF_STACK };
	g->subs[1] = (struct subprog){ .start = end, .end = g->len, .stack_depth = MAX_BPF_STACK };
	g->prog = (struct prog){ .insns = g->insns,
				 .len = g->len,
				 .type = BPF_PROG_TYPE_SYSCALL,
				 .subprogs = g->subs,
				 .nr_subprogs = 2 };
}

#endif
