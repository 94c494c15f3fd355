/* SPDX-License-Identifier: BSD-2-Clause */
#include "gen.h"

/*
 * Registers: R6 keeps the context, R10 the stack; R0 and R7-R9 always hold numbers, R1-R5 are set again after every
 * call. The first 64 bytes of the stack below R10 always hold numbers; keys and values for maps stand under them.
 */
#define NUMBERS 64
#define KEY_AT (-NUMBERS - 8)
#define VALUE_AT (KEY_AT - GEN_VALUE_SIZE)
#define MAX_DEPTH 3

u64 gen_random(struct gen *g)
{
	/* xorshift64*: fast, and the same on every machine. */
	g->rng ^= g->rng >> 12;
	g->rng ^= g->rng << 25;
	g->rng ^= g->rng >> 27;
	return g->rng * 0x2545f4914f6cdd1dull;
}

static u32 below(struct gen *g, u32 n)
{
	return (gen_random(g) >> 33) % n;
}

static bool one_in(struct gen *g, u32 n)
{
	return below(g, n) == 0;
}

static void emit(struct gen *g, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (g->len < GEN_MAX_INSNS)
		g->insns[g->len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

/* Numbers at the edges are where instructions differ. */
static s32 interesting(struct gen *g)
{
	static const s32 edges[] = { 0,     1,     -1,        2,         7,          8,    31,
				     32,    63,    127,       128,       255,        256,  32767,
				     32768, 65535, INT32_MAX, INT32_MIN, 0x55555555, -128, -32768 };

	return one_in(g, 2) ? edges[below(g, ARRAY_SIZE(edges))] : (s32)gen_random(g);
}

static u8 number_reg(struct gen *g)
{
	static const u8 regs[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9 };

	return regs[below(g, ARRAY_SIZE(regs))];
}

static void load_wide(struct gen *g, u8 dst, u64 value)
{
	emit(g, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, (s32)value);
	emit(g, 0, 0, 0, 0, value >> 32);
}

static void set_number(struct gen *g, u8 reg)
{
	if (one_in(g, 4))
		load_wide(g, reg, gen_random(g));
	else
		emit(g, (one_in(g, 3) ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_K, reg, 0, 0,
		     interesting(g));
}

/* R1-R5 are gone after a call. */
static void set_arguments(struct gen *g)
{
	for (u8 reg = 1; reg <= 5; reg++)
		set_number(g, reg);
}

static void alu(struct gen *g)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR,  BPF_AND,
				  BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR, BPF_MOV, BPF_ARSH };
	u8 op = ops[below(g, ARRAY_SIZE(ops))], cls = one_in(g, 2) ? BPF_ALU : BPF_ALU64;
	bool shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH,
	     divides = op == BPF_DIV || op == BPF_MOD;
	s16 is_signed = divides && one_in(g, 3);
	s32 imm = interesting(g);

	if (one_in(g, 2)) {
		emit(g, cls | op | BPF_X, number_reg(g), number_reg(g), is_signed, 0);
		return;
	}
	if (shift)
		imm &= cls == BPF_ALU ? 31 : 63;
	if (divides && imm == 0)
		imm = 3;
	emit(g, cls | op | BPF_K, number_reg(g), 0, is_signed, imm);
}

static void unary(struct gen *g)
{
	static const s16 widths[] = { 8, 16, 32 };
	u8 reg = number_reg(g);

	switch (below(g, 4)) {
	case 0:
		emit(g, (one_in(g, 2) ? BPF_ALU : BPF_ALU64) | BPF_NEG, reg, 0, 0, 0);
		break;
	case 1:
		emit(g, BPF_ALU | BPF_END | (one_in(g, 2) ? BPF_TO_BE : BPF_TO_LE), reg, 0, 0,
		     16 << below(g, 3));
		break;
	case 2:
		emit(g, BPF_ALU64 | BPF_END, reg, 0, 0, 16 << below(g, 3));
		break;
	default:
		if (one_in(g, 2))
			emit(g, BPF_ALU64 | BPF_MOV | BPF_X, reg, number_reg(g),
			     widths[below(g, 3)], 0);
		else
			emit(g, BPF_ALU | BPF_MOV | BPF_X, reg, number_reg(g), widths[below(g, 2)],
			     0);
	}
}

static const u8 size_bits[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

/* Any number but the base itself: stored, it would leak a pointer. */
static u8 source_reg(struct gen *g, u8 base)
{
	u8 reg = number_reg(g);

	return reg == base ? 7 : reg;
}

/* A load of a random size and sign, or a store, within `room` bytes from base + at on. */
static void access(struct gen *g, u8 base, s16 at, u32 room)
{
	u32 log = below(g, 4);

	while (1u << log > room)
		log--;
	s16 off = at + below(g, room / (1u << log)) * (1u << log);
	switch (below(g, 4)) {
	case 0:
		emit(g, BPF_ST | BPF_MEM | size_bits[log], base, 0, off, interesting(g));
		break;
	case 1:
		emit(g, BPF_STX | BPF_MEM | size_bits[log], base, source_reg(g, base), off, 0);
		break;
	case 2:
		if (log < 3) {
			emit(g, BPF_LDX | BPF_MEMSX | size_bits[log], 0, base, off, 0);
			break;
		}
		/* fallthrough */
	default:
		emit(g, BPF_LDX | BPF_MEM | size_bits[log], 0, base, off, 0);
	}
}

static void atomic(struct gen *g, u8 base, s16 at, u32 room)
{
	static const s32 ops[] = { BPF_ADD,
				   BPF_OR,
				   BPF_AND,
				   BPF_XOR,
				   BPF_ADD | BPF_FETCH,
				   BPF_OR | BPF_FETCH,
				   BPF_AND | BPF_FETCH,
				   BPF_XOR | BPF_FETCH,
				   BPF_XCHG,
				   BPF_CMPXCHG };
	bool wide = room >= 8 && one_in(g, 2);
	u32 size = wide ? 8 : 4;
	s16 off = at + below(g, room / size) * size;

	s32 op = ops[below(g, ARRAY_SIZE(ops))];

	/* A slot that the kernel knows nothing of, where a fetch loses track of it (docs/differences.md). */
	if (base == BPF_REG_10 && ((op & BPF_FETCH) || op == BPF_CMPXCHG))
		emit(g, BPF_STX | BPF_ATOMIC | (wide ? BPF_DW : BPF_W), base, source_reg(g, base),
		     off, BPF_OR);
	emit(g, BPF_STX | BPF_ATOMIC | (wide ? BPF_DW : BPF_W), base, source_reg(g, base), off, op);
	/* The kernel may leave the upper half of R0 alone (docs/differences.md): make it zero on both sides. */
	if (op == BPF_CMPXCHG && !wide)
		emit(g, BPF_ALU | BPF_MOV | BPF_X, 0, 0, 0, 0);
}

static void ordered(struct gen *g)
{
	u32 log = below(g, 4);
	s16 off = -NUMBERS + below(g, NUMBERS >> log) * (1 << log);

	if (one_in(g, 2))
		emit(g, BPF_STX | BPF_ATOMIC | size_bits[log], number_reg(g), 10, off,
		     BPF_LOAD_ACQ);
	else
		emit(g, BPF_STX | BPF_ATOMIC | size_bits[log], 10, number_reg(g), off,
		     BPF_STORE_REL);
}

static void block(struct gen *g, u32 statements, int depth, bool main);

/* Closes a forward jump at `from` here. */
static void land(struct gen *g, u32 from)
{
	if (from < GEN_MAX_INSNS)
		g->insns[from].off = g->len - from - 1;
}

static void branch(struct gen *g, int depth, bool main)
{
	static const u8 ops[] = { BPF_JEQ,  BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT,
				  BPF_JSGE, BPF_JLT, BPF_JLE, BPF_JSLT, BPF_JSLE };
	u8 code = (one_in(g, 2) ? BPF_JMP : BPF_JMP32) | ops[below(g, ARRAY_SIZE(ops))];
	u32 at = g->len;

	if (one_in(g, 2))
		emit(g, code | BPF_X, number_reg(g), number_reg(g), 0, 0);
	else
		emit(g, code | BPF_K, number_reg(g), 0, 0, interesting(g));
	block(g, 1 + below(g, 4), depth + 1, main);
	if (one_in(g, 2)) {
		u32 over = g->len;
		bool far = one_in(g, 3);

		emit(g, far ? BPF_JMP32 | BPF_JA : BPF_JMP | BPF_JA, 0, 0, 0, 0);
		land(g, at);
		block(g, 1 + below(g, 4), depth + 1, main);
		land(g, over);
		if (far && over < GEN_MAX_INSNS) {
			g->insns[over].imm = g->insns[over].off;
			g->insns[over].off = 0;
		}
		return;
	}
	land(g, at);
}

/* Counts in a stack slot under the map value, which nothing else touches, so the body may do as it likes. */
static void loop(struct gen *g, int depth, bool main)
{
	s16 slot = VALUE_AT - 8 * (depth + 1);
	u32 top;

	emit(g, BPF_ST | BPF_MEM | BPF_DW, 10, 0, slot, 0);
	top = g->len;
	block(g, 1 + below(g, 4), MAX_DEPTH, main);
	emit(g, BPF_LDX | BPF_MEM | BPF_DW, 9, 10, slot, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 9, 0, 0, 1);
	emit(g, BPF_STX | BPF_MEM | BPF_DW, 10, 9, slot, 0);
	emit(g, BPF_JMP | BPF_JLT | BPF_K, 9, 0, (s16)((s32)top - (s32)g->len - 1),
	     2 + below(g, 6));
}

static void packet(struct gen *g)
{
	bool xdp = g->prog_type == BPF_PROG_TYPE_XDP;
	u32 bytes = 1 + below(g, 80), at;

	emit(g, BPF_LDX | BPF_MEM | BPF_W, 2, 6, xdp ? 0 : 76, 0);
	emit(g, BPF_LDX | BPF_MEM | BPF_W, 3, 6, xdp ? 4 : 80, 0);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, bytes);
	at = g->len;
	emit(g, BPF_JMP | BPF_JGT | BPF_X, 4, 3, 0, 0);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 5, 2, 0, 0);
	for (u32 i = below(g, 4) + 1; i > 0; i--) {
		u32 log = below(g, 4);

		while (1u << log > bytes)
			log--;
		s16 off = below(g, bytes - (1u << log) + 1);
		if (one_in(g, 2))
			emit(g, BPF_LDX | BPF_MEM | size_bits[log], one_in(g, 2) ? 0 : 8, 5, off,
			     0);
		else
			emit(g, BPF_STX | BPF_MEM | size_bits[log], 5, one_in(g, 2) ? 7 : 8, off,
			     0);
	}
	land(g, at);
	set_arguments(g);
}

static void map_argument(struct gen *g, u32 map)
{
	if (g->nr_map_refs < ARRAY_SIZE(g->map_refs)) {
		g->map_refs[g->nr_map_refs].insn = g->len;
		g->map_refs[g->nr_map_refs++].map = map;
	}
	emit(g, BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0);
	emit(g, 0, 0, 0, 0, 0);
	emit(g, BPF_ST | BPF_MEM | BPF_W, 10, 0, KEY_AT, below(g, GEN_MAX_ENTRIES + 2));
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, KEY_AT);
}

static void lookup(struct gen *g)
{
	u32 at;

	map_argument(g, below(g, GEN_NR_MAPS));
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	at = g->len;
	emit(g, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0, 0);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
	set_number(g, 0);
	for (u8 reg = 2; reg <= 5; reg++)
		set_number(g, reg);
	for (u32 i = below(g, 4) + 1; i > 0; i--)
		one_in(g, 2) ? access(g, 1, 0, GEN_VALUE_SIZE) : atomic(g, 1, 0, GEN_VALUE_SIZE);
	land(g, at);
	set_number(g, 0);
	set_arguments(g);
}

static void update(struct gen *g)
{
	map_argument(g, below(g, GEN_NR_MAPS));
	for (u32 i = 0; i < GEN_VALUE_SIZE; i += 8)
		emit(g, BPF_STX | BPF_MEM | BPF_DW, 10, 7 + below(g, 3), VALUE_AT + i, 0);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, VALUE_AT);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, below(g, 4));
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_update_elem);
	set_arguments(g);
}

static void delete (struct gen *g)
{
	map_argument(g, GEN_HASH);
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_delete_elem);
	set_arguments(g);
}

static void csum_diff(struct gen *g)
{
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -NUMBERS);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 4 * (1 + below(g, 4)));
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 3, 10, 0, 0);
	emit(g, BPF_ALU64 | BPF_ADD | BPF_K, 3, 0, 0, -NUMBERS / 2);
	emit(g, BPF_ALU64 | BPF_MOV | BPF_K, 4, 0, 0, 4 * (1 + below(g, 4)));
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 5, 7, 0, 0);
	emit(g, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_csum_diff);
	set_arguments(g);
}

static void local_call(struct gen *g)
{
	if (g->nr_calls == ARRAY_SIZE(g->calls) || g->len >= GEN_MAX_INSNS)
		return;
	g->calls[g->nr_calls++] = g->len;
	emit(g, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	set_arguments(g);
}

/* What only the main program does: it alone has the context, and calls. */
static bool main_statement(struct gen *g)
{
	switch (below(g, 12)) {
	case 0:
		packet(g);
		return true;
	case 1:
		lookup(g);
		return true;
	case 2:
		update(g);
		return true;
	case 3:
		delete (g);
		return true;
	case 4:
		csum_diff(g);
		return true;
	case 5:
		local_call(g);
		return true;
	default:
		return false;
	}
}

static void statement(struct gen *g, int depth, bool main)
{
	if (main && one_in(g, 3) && main_statement(g))
		return;
	switch (below(g, 12)) {
	case 0:
	case 1:
		if (depth < MAX_DEPTH)
			branch(g, depth, main);
		break;
	case 2:
		if (depth < MAX_DEPTH && one_in(g, 3))
			loop(g, depth, main);
		break;
	case 3:
	case 4:
		access(g, 10, -NUMBERS, NUMBERS);
		break;
	case 5:
		atomic(g, 10, -NUMBERS, NUMBERS);
		break;
	case 6:
		ordered(g);
		break;
	case 7:
		unary(g);
		break;
	case 8:
		set_number(g, number_reg(g));
		break;
	default:
		alu(g);
	}
}

static void block(struct gen *g, u32 statements, int depth, bool main)
{
	for (u32 i = 0; i < statements; i++)
		statement(g, depth, main);
	if (statements == 0)
		set_number(g, 0);
}

static void prologue(struct gen *g, bool main)
{
	if (main)
		emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0);
	set_number(g, 0);
	for (u8 reg = 7; reg <= 9; reg++)
		set_number(g, reg);
	for (s16 off = -NUMBERS; off < 0; off += 8)
		emit(g, BPF_STX | BPF_MEM | BPF_DW, 10, 7 + below(g, 3), off, 0);
	if (main)
		set_arguments(g);
}

/* Everything computed ends up in the return value. */
static void epilogue(struct gen *g)
{
	for (u8 reg = 7; reg <= 9; reg++) {
		emit(g, BPF_ALU64 | BPF_MUL | BPF_K, 0, 0, 0, 31);
		emit(g, BPF_ALU64 | BPF_XOR | BPF_X, 0, reg, 0, 0);
	}
	emit(g, BPF_ALU64 | BPF_MOV | BPF_X, 1, 0, 0, 0);
	emit(g, BPF_ALU64 | BPF_RSH | BPF_K, 1, 0, 0, 32);
	emit(g, BPF_ALU64 | BPF_XOR | BPF_X, 0, 1, 0, 0);
	emit(g, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void gen_program(struct gen *g, u64 seed)
{
	g->len = g->nr_map_refs = g->nr_calls = 0;
	g->rng = seed * 0x9e3779b97f4a7c15ull | 1;
	for (int i = 0; i < 4; i++)
		gen_random(g);
	g->prog_type = one_in(g, 2) ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS;
	prologue(g, true);
	block(g, 4 + below(g, 24), 0, true);
	epilogue(g);
	/* Each call has a subprogram of its own. */
	for (u32 i = 0; i < g->nr_calls; i++) {
		g->insns[g->calls[i]].imm = g->len - g->calls[i] - 1;
		prologue(g, false);
		block(g, 1 + below(g, 6), 1, false);
		epilogue(g);
	}
}

void gen_set_maps(struct gen *g, const int *fds)
{
	for (u32 i = 0; i < g->nr_map_refs && g->map_refs[i].insn < g->len; i++)
		g->insns[g->map_refs[i].insn].imm = fds[g->map_refs[i].map];
}
