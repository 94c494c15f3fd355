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

#include "random_patterns.h"

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

static inline void emit_plain(struct random_prog *g)
{
	u8 op;

	switch (rnd(g, 20)) {
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
		op = rnd_op(g, g->light ? FORM_ATOMIC : FORM_ATOMIC + rnd(g, 3));
		emit_base(g);
		emit(g, op, 8, rnd_reg(g), 64 + rnd_slot(g, skep__insn_descs[op].size), 0);
		break;
	case 12:
		emit(g, OP_LDIMM64, rnd_reg(g), 0, 0, (s64)g->state);
		emit(g, OP_LDIMM_HI, 0, 0, 0, 0);
		break;
	case 13 ... 14:
		emit_pointer_access(g);
		break;
	default:
		emit_pattern(g);
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

static inline bool uses(const struct random_prog *g, u8 r)
{
	return memchr(g->regs, r, g->nr_regs);
}

/* Calls leave R1-R5 undefined. Helpers with one answer stand for all of them. */
static inline void emit_call(struct random_prog *g)
{
	if (rnd(g, 3)) {
		for (u8 r = 2; r <= 5; r++) {
			if (!uses(g, r))
				emit(g, OP_MOV64_K, r, 0, 0, rnd_imm(g));
		}
		emit(g, OP_LDXDW, 1, 10, -72, 0); /* the array */
		emit(g, OP_CALL_LOCAL, 0, 1, 0, 0); /* patched when the subprogram has its place */
	} else {
		emit(g, OP_CALL_HELPER, 0, 0, 0,
		     rnd(g, 2) ? BPF_FUNC_get_smp_processor_id : BPF_FUNC_get_current_pid_tgid);
	}
	for (u8 r = 1; r <= 5; r++) {
		if (uses(g, r))
			emit(g, OP_MOV64_K, r, 0, 0, rnd_imm(g));
	}
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
		else if (what == 2 && g->calls)
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
		emit(g, OP_STXDW, 10, rnd_reg(g), off, 0);
}

static inline void emit_main(struct random_prog *g)
{
	emit(g, OP_STXDW, 10, 1, -72, 0);
	for (u8 r = 0; r < RANDOM_REGS; r++) {
		if (r != 1 && uses(g, r))
			emit(g, OP_LDXDW, r, 1, 8 * r, 0);
	}
	emit(g, OP_LDXDW, 1, 1, 8, 0);
	emit_stack_init(g);
	emit_some(g, 0);
	emit(g, OP_LDXDW, 8, 10, -72, 0);
	for (u32 i = 0; i < g->nr_regs; i++)
		emit(g, OP_STXDW, 8, g->regs[i], 8 * g->regs[i], 0);
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

/* R0 and R1 are always used; the fewer of the others, the more are left over for what else may live
 * in registers. */
static inline void choose_registers(struct random_prog *g)
{
	u32 chance = rnd(g, 4);

	for (u8 r = 0; r < RANDOM_REGS; r++) {
		if (r < 2 || rnd(g, 4) >= chance)
			g->regs[g->nr_regs++] = r;
	}
	for (u32 i = 0; i < RANDOM_POOL; i++)
		g->pool[i] = (s64)(g->state * (0x9e3779b97f4a7c15ull + 2 * i));
}

/* The array that the program works on has 28 words. */
static inline void random_prog(struct random_prog *g, u64 seed)
{
	u32 end;

	*g = (struct random_prog){ .state = seed * 0x9e3779b97f4a7c15ull + 1,
				   .plain_stack = seed % 2,
				   .calls = seed & 2,
				   .light = seed & 4 };
	choose_registers(g);
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
