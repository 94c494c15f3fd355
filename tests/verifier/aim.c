/* SPDX-License-Identifier: BSD-2-Clause */
#include "aim.h"

#include <string.h>

/* R6 keeps the context; R7 to R9 are numbers; R0 to R5 are for the moment. Everything bad goes to
 * the one exit. */
#define SLOTS 6 /* of the stack, for spills: 8 bytes each below R10 */
#define BUFFER (-SLOTS * 8 - 64) /* 64 bytes that always hold numbers */
#define KEY_AT (BUFFER - 8)
#define MAX_OUTS 256

struct aim {
	struct gen *g;
	u32 outs[MAX_OUTS], nr_outs; /* jumps to the exit */
};

static u32 below(struct aim *a, u32 n)
{
	return (u32)(gen_random(a->g) >> 33) % n;
}

static void emit(struct aim *a, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (a->g->len < GEN_MAX_INSNS)
		a->g->insns[a->g->len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

static void emit_out(struct aim *a, u8 code, u8 dst, u8 src, s32 imm)
{
	if (a->nr_outs == MAX_OUTS)
		return;
	a->outs[a->nr_outs++] = a->g->len;
	emit(a, code, dst, src, 0, imm);
}

static u8 number(struct aim *a)
{
	return (u8)(7 + below(a, 3));
}

static s32 small(struct aim *a)
{
	static const s32 edges[] = { 0, 1, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64 };

	return edges[below(a, ARRAY_SIZE(edges))];
}

static s32 any(struct aim *a)
{
	static const s32 edges[] = { INT32_MAX, INT32_MIN, -1, -8, 255, 65535, 0x10000, -128 };

	return below(a, 3)   ? small(a)
	       : below(a, 2) ? edges[below(a, ARRAY_SIZE(edges))]
			     : (s32)gen_random(a->g);
}

static u8 width(struct aim *a, u8 wide, u8 narrow)
{
	return below(a, 3) ? wide : narrow;
}

static const u8 size_bits[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static void compute(struct aim *a)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB,  BPF_MUL, BPF_AND, BPF_OR,  BPF_XOR, BPF_LSH,
				  BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD, BPF_AND, BPF_RSH };
	u8 op = ops[below(a, ARRAY_SIZE(ops))], cls = width(a, BPF_ALU64, BPF_ALU);
	s32 imm = any(a);

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm &= cls == BPF_ALU ? 31 : 63;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 5;
	if (below(a, 3))
		emit(a, cls | op | BPF_K, number(a), 0, 0, imm);
	else
		emit(a, cls | op | BPF_X, number(a), number(a), 0, 0);
}

static void copy(struct aim *a)
{
	static const s16 from[] = { 0, 0, 0, 8, 16, 32 };
	u8 cls = width(a, BPF_ALU64, BPF_ALU);
	s16 off = from[below(a, cls == BPF_ALU ? 5 : 6)];

	emit(a, cls | BPF_MOV | BPF_X, number(a), number(a), off, 0);
}

/* Leaves the program when a number is out of some bounds, or only jumps over the next step. */
static void compare(struct aim *a)
{
	static const u8 ops[] = { BPF_JGT, BPF_JGE,  BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JSLT, BPF_JEQ,
				  BPF_JNE, BPF_JSET, BPF_JLE,  BPF_JSLE, BPF_JGT, BPF_JSLT };
	u8 op = ops[below(a, ARRAY_SIZE(ops))] | width(a, BPF_JMP, BPF_JMP32);
	bool by_reg = !below(a, 3);
	u8 dst = number(a), src = by_reg ? number(a) : 0;

	if (below(a, 3))
		emit_out(a, op | (by_reg ? BPF_X : BPF_K), dst, src, by_reg ? 0 : any(a));
	else
		emit(a, op | (by_reg ? BPF_X : BPF_K), dst, src, 1, by_reg ? 0 : any(a));
	compute(a);
}

/* Bounds as careful programs have them. */
static void bound(struct aim *a, u8 reg, s32 limit)
{
	switch (below(a, 6)) {
	case 0:
		emit(a, width(a, BPF_ALU64, BPF_ALU) | BPF_AND | BPF_K, reg, 0, 0, limit);
		break;
	case 1:
		emit_out(a, BPF_JMP | BPF_JSLT | BPF_K, reg, 0, 0);
		emit_out(a, BPF_JMP | BPF_JSGT | BPF_K, reg, 0, limit);
		break;
	case 2: /* in 32 bits: enough only when the upper half is known */
		emit_out(a, BPF_JMP32 | BPF_JGT | BPF_K, reg, 0, limit);
		break;
	case 3:
		emit(a, BPF_JMP | BPF_JLE | BPF_K, reg, 0, 1, limit);
		emit(a, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, small(a) & limit);
		break;
	default:
		emit_out(a, BPF_JMP | BPF_JGT | BPF_K, reg, 0, limit);
	}
}

static void spill(struct aim *a)
{
	u32 log = below(a, 2) ? 3 : below(a, 4);

	emit(a, BPF_STX | BPF_MEM | size_bits[log], 10, number(a),
	     (s16)(-8 * (s32)(1 + below(a, SLOTS))), 0);
}

static void fill(struct aim *a)
{
	u32 log = below(a, 2) ? 3 : below(a, 4);
	u8 mode = log < 3 && !below(a, 3) ? BPF_MEMSX : BPF_MEM;
	s16 part = below(a, 3) ? 0 : (s16)(below(a, 8 >> log) << log);

	emit(a, BPF_LDX | mode | size_bits[log], number(a), 10,
	     (s16)(-8 * (s32)(1 + below(a, SLOTS)) + part), 0);
}

/* Reads or writes a number through R1 at off. */
static void touch(struct aim *a, s16 off)
{
	u32 log = below(a, 4);

	if (below(a, 2))
		emit(a, BPF_LDX | BPF_MEM | size_bits[log], number(a), 1, off, 0);
	else if (below(a, 2))
		emit(a, BPF_STX | BPF_MEM | size_bits[log], 1, number(a), off, 0);
	else
		emit(a, BPF_ST | BPF_MEM | size_bits[log], 1, 0, off, any(a));
}

/* R1 is a pointer with room behind it. */
static void move_and_touch(struct aim *a, s32 room)
{
	u8 index = number(a);

	if (below(a, 8))
		bound(a, index, below(a, 3) ? room - 8 : small(a));
	emit(a, BPF_ALU64 | (below(a, 8) ? BPF_ADD : BPF_SUB) | BPF_X, 1, index, 0, 0);
	touch(a, (s16)(below(a, 4) ? 0 : small(a)));
	if (!below(a, 4))
		touch(a, (s16)below(a, 8));
}

static void use_stack(struct aim *a)
{
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, BUFFER);
	move_and_touch(a, below(a, 8) ? 64 : 128);
}

static void use_packet(struct aim *a)
{
	u8 index = number(a);
	s32 bytes = 1 + small(a);

	emit(a, BPF_LDX | BPF_MEM | BPF_W, 1, 6, 0, 0);
	emit(a, BPF_LDX | BPF_MEM | BPF_W, 3, 6, 4, 0);
	if (below(a, 2)) {
		if (below(a, 8))
			bound(a, index, 32);
		emit(a, BPF_ALU64 | BPF_ADD | BPF_X, 1, index, 0, 0);
	}
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 2, 1, 0, 0);
	emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, bytes);
	if (below(a, 2))
		emit_out(a, BPF_JMP | BPF_JGT | BPF_X, 2, 3, 0);
	else
		emit_out(a, BPF_JMP | BPF_JLT | BPF_X, 3, 2, 0);
	touch(a, (s16)(below(a, 4) ? 0 : small(a)));
}

static void use_map(struct aim *a)
{
	struct gen *g = a->g;

	if (g->nr_map_refs == ARRAY_SIZE(g->map_refs))
		return;
	g->map_refs[g->nr_map_refs].insn = g->len;
	g->map_refs[g->nr_map_refs++].map = below(a, GEN_NR_MAPS);
	emit(a, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0);
	emit(a, 0, 0, 0, 0, 0);
	if (below(a, 2))
		emit(a, BPF_ST | BPF_MEM | BPF_W, 10, 0, KEY_AT,
		     (s32)below(a, GEN_MAX_ENTRIES + 2));
	else
		emit(a, BPF_STX | BPF_MEM | BPF_W, 10, number(a), KEY_AT, 0);
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, KEY_AT);
	emit(a, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	if (below(a, 16))
		emit_out(a, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0);
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
	if (below(a, 3))
		move_and_touch(a, GEN_VALUE_SIZE);
	else
		touch(a, (s16)small(a));
}

static void step(struct aim *a)
{
	switch (below(a, 14)) {
	case 0:
		use_stack(a);
		break;
	case 1:
		use_packet(a);
		break;
	case 2:
		use_map(a);
		break;
	case 3:
		spill(a);
		break;
	case 4:
		fill(a);
		break;
	case 5:
		copy(a);
		break;
	case 6:
		bound(a, number(a), small(a));
		break;
	case 7:
	case 8:
	case 9:
		compare(a);
		break;
	default:
		compute(a);
	}
}

/* Counts in a spilled slot or in R9, with some steps inside that may disturb it. */
static void loop(struct aim *a)
{
	s16 slot = (s16)(KEY_AT - 8);
	u32 top;

	emit(a, BPF_ST | BPF_MEM | BPF_DW, 10, 0, slot, 0);
	top = a->g->len;
	for (u32 i = below(a, 3) + 1; i > 0; i--)
		step(a);
	emit(a, BPF_LDX | BPF_MEM | BPF_DW, 9, 10, slot, 0);
	emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 9, 0, 0, 1);
	emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 9, slot, 0);
	emit(a, BPF_JMP | BPF_JLT | BPF_K, 9, 0, (s16)((s32)top - (s32)a->g->len - 1),
	     (s32)(2 + below(a, 20)));
}

/* R7 to R9: bytes of the packet or of its length. */
static void begin(struct aim *a)
{
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	emit(a, BPF_LDX | BPF_MEM | BPF_W, 2, 6, 0, 0);
	emit(a, BPF_LDX | BPF_MEM | BPF_W, 3, 6, 4, 0);
	emit(a, BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0);
	emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 14);
	emit_out(a, BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0);
	emit(a, BPF_LDX | BPF_MEM | size_bits[below(a, 4)], 7, 2, 0, 0);
	emit(a, BPF_LDX | BPF_MEM | BPF_B, 8, 2, 8, 0);
	emit(a, BPF_LDX | BPF_MEMSX | size_bits[below(a, 3)], 9, 2, 4, 0);
	for (s16 off = -8; off >= BUFFER; off -= 8)
		emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 7, off, 0);
}

void aim_program(struct gen *g, u64 seed)
{
	struct aim a = { .g = g };
	u32 steps;

	memset(g, 0, sizeof(*g));
	g->rng = (seed + 1) * 0x9e3779b97f4a7c15ull;
	g->prog_type = BPF_PROG_TYPE_XDP;
	begin(&a);
	steps = 3 + below(&a, 14);
	for (u32 i = 0; i < steps; i++) {
		if (below(&a, 12))
			step(&a);
		else
			loop(&a);
	}
	for (u32 i = 0; i < a.nr_outs; i++)
		g->insns[a.outs[i]].off = (s16)(g->len - a.outs[i] - 1);
	emit(&a, BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS);
	emit(&a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
