/* SPDX-License-Identifier: BSD-2-Clause */
#include "aim.h"

#include "aim_parts.h"

static u8 width(struct aim *a, u8 wide, u8 narrow)
{
	return aim_below(a, 3) ? wide : narrow;
}

static const u8 size_bits[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static void compute(struct aim *a)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB,  BPF_MUL, BPF_AND, BPF_OR,  BPF_XOR, BPF_LSH,
				  BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD, BPF_AND, BPF_RSH };
	u8 op = ops[aim_below(a, ARRAY_SIZE(ops))], cls = width(a, BPF_ALU64, BPF_ALU);
	s32 imm = aim_any(a);

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm &= cls == BPF_ALU ? 31 : 63;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 5;
	if (aim_below(a, 3))
		aim_emit(a, cls | op | BPF_K, aim_number(a), 0, 0, imm);
	else
		aim_emit(a, cls | op | BPF_X, aim_number(a), aim_number(a), 0, 0);
}

static void copy(struct aim *a)
{
	static const s16 from[] = { 0, 0, 0, 8, 16, 32 };
	u8 cls = width(a, BPF_ALU64, BPF_ALU);
	s16 off = from[aim_below(a, cls == BPF_ALU ? 5 : 6)];

	aim_emit(a, cls | BPF_MOV | BPF_X, aim_number(a), aim_number(a), off, 0);
}

/* Leaves the scope when a number is out of some bounds, or only jumps over the next step. */
static void compare(struct aim *a)
{
	static const u8 ops[] = { BPF_JGT, BPF_JGE,  BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JSLT, BPF_JEQ,
				  BPF_JNE, BPF_JSET, BPF_JLE,  BPF_JSLE, BPF_JGT, BPF_JSLT };
	u8 op = ops[aim_below(a, ARRAY_SIZE(ops))] | width(a, BPF_JMP, BPF_JMP32);
	bool by_reg = !aim_below(a, 3);
	u8 dst = aim_number(a), src = by_reg ? aim_number(a) : 0;

	op |= by_reg ? BPF_X : BPF_K;
	if (aim_below(a, 3))
		aim_out(a, op, dst, src, by_reg ? 0 : aim_any(a));
	else
		aim_emit(a, op, dst, src, 1, by_reg ? 0 : aim_any(a));
	compute(a);
}

static void spill(struct aim *a)
{
	u32 log = aim_below(a, 2) ? 3 : aim_below(a, 4);

	aim_emit(a, BPF_STX | BPF_MEM | size_bits[log], 10, aim_number(a),
		 (s16)(-8 * (s32)(1 + aim_below(a, SLOTS))), 0);
}

static void fill(struct aim *a)
{
	u32 log = aim_below(a, 2) ? 3 : aim_below(a, 4);
	u8 mode = log < 3 && !aim_below(a, 3) ? BPF_MEMSX : BPF_MEM;
	s16 part = aim_below(a, 3) ? 0 : (s16)(aim_below(a, 8 >> log) << log);

	aim_emit(a, BPF_LDX | mode | size_bits[log], aim_number(a), 10,
		 (s16)(-8 * (s32)(1 + aim_below(a, SLOTS)) + part), 0);
}

/* In functions, the caller's bytes. */
static void use_stack(struct aim *a)
{
	if (a->is_main)
		aim_stack_at(a, 1, BUFFER);
	else
		aim_copy(a, 1, 6);
	aim_move_and_touch(a, aim_below(a, 8) ? 64 : 128);
}

static void use_packet(struct aim *a)
{
	u8 index = aim_number(a);
	s32 bytes = 1 + aim_small(a);

	aim_emit(a, BPF_LDX | BPF_MEM | BPF_W, 1, 6, 0, 0);
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_W, 3, 6, 4, 0);
	if (aim_below(a, 2)) {
		if (aim_below(a, 8))
			aim_bound(a, index, 32);
		aim_emit(a, BPF_ALU64 | BPF_ADD | BPF_X, 1, index, 0, 0);
	}
	aim_copy(a, 2, 1);
	aim_emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, bytes);
	if (aim_below(a, 2))
		aim_out(a, BPF_JMP | BPF_JGT | BPF_X, 2, 3, 0);
	else
		aim_out(a, BPF_JMP | BPF_JLT | BPF_X, 3, 2, 0);
	aim_touch(a, (s16)(aim_below(a, 4) ? 0 : aim_small(a)));
}

static void use_map(struct aim *a)
{
	aim_lookup(a);
	aim_copy(a, 1, 0);
	if (aim_below(a, 3))
		aim_move_and_touch(a, GEN_VALUE_SIZE);
	else
		aim_touch(a, (s16)aim_small(a));
}

static void use_object(struct aim *a)
{
	switch (aim_below(a, 8)) {
	case 0:
		aim_use_record(a);
		break;
	case 1:
	case 2:
		aim_use_dynptr(a);
		break;
	case 3:
	case 4:
		aim_use_iterator(a);
		break;
	case 5:
		aim_use_bytes(a);
		break;
	case 6:
		aim_use_section(a);
		break;
	default:
		aim_use_function(a);
	}
}

void aim_step(struct aim *a)
{
	switch (aim_below(a, 16)) {
	case 0:
		use_stack(a);
		break;
	case 1:
		if (a->is_main)
			use_packet(a);
		else
			use_stack(a);
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
		aim_bound(a, aim_number(a), aim_small(a));
		break;
	case 7:
	case 8:
	case 9:
		compare(a);
		break;
	case 10:
		use_object(a);
		break;
	default:
		compute(a);
	}
}

/* Counts in a spilled slot or in R9, with some steps inside that may disturb it. */
static void loop(struct aim *a)
{
	u32 top;

	aim_emit(a, BPF_ST | BPF_MEM | BPF_DW, 10, 0, COUNT_AT, 0);
	top = a->g->len;
	for (u32 i = aim_below(a, 3) + 1; i > 0; i--)
		aim_step(a);
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_DW, 9, 10, COUNT_AT, 0);
	aim_emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 9, 0, 0, 1);
	aim_emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 9, COUNT_AT, 0);
	aim_emit(a, BPF_JMP | BPF_JLT | BPF_K, 9, 0, (s16)((s32)top - (s32)a->g->len - 1),
		 (s32)(2 + aim_below(a, 20)));
}

/* R7 to R9: bytes of the packet or of its length. */
static void begin(struct aim *a)
{
	aim_copy(a, 6, 1);
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_W, 2, 6, 0, 0);
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_W, 3, 6, 4, 0);
	aim_copy(a, 4, 2);
	aim_emit(a, BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 14);
	aim_out(a, BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0);
	aim_emit(a, BPF_LDX | BPF_MEM | size_bits[aim_below(a, 4)], 7, 2, 0, 0);
	aim_emit(a, BPF_LDX | BPF_MEM | BPF_B, 8, 2, 8, 0);
	aim_emit(a, BPF_LDX | BPF_MEMSX | size_bits[aim_below(a, 3)], 9, 2, 4, 0);
	for (s16 off = -8; off >= BUFFER; off -= 8)
		aim_emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 7, off, 0);
}

void aim_program(struct gen *g, u64 seed, const struct aim_kfuncs *kfuncs)
{
	struct aim a = { .g = g, .kfuncs = kfuncs, .is_main = true };
	u32 steps;

	g->len = g->nr_map_refs = g->nr_calls = 0;
	g->rng = (seed + 1) * 0x9e3779b97f4a7c15ull;
	g->prog_type = BPF_PROG_TYPE_XDP;
	begin(&a);
	steps = 3 + aim_below(&a, 14);
	for (u32 i = 0; i < steps; i++) {
		switch (aim_below(&a, 12)) {
		case 0:
			loop(&a);
			break;
		case 1:
			use_object(&a);
			break;
		default:
			aim_step(&a);
		}
	}
	aim_close_scope(&a, 0);
	aim_set(&a, 0, XDP_PASS);
	aim_emit(&a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	aim_functions(&a);
}
