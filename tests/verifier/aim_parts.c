/* SPDX-License-Identifier: BSD-2-Clause */
#include "aim_parts.h"

u32 aim_below(struct aim *a, u32 n)
{
	return (u32)(gen_random(a->g) >> 33) % n;
}

s32 aim_small(struct aim *a)
{
	static const s32 edges[] = { 0, 1, 7, 8, 15, 16, 24, 31, 32, 33, 63, 64 };

	return edges[aim_below(a, ARRAY_SIZE(edges))];
}

s32 aim_any(struct aim *a)
{
	static const s32 edges[] = { INT32_MAX, INT32_MIN, -1, -8, 255, 65535, 0x10000, -128 };

	return aim_below(a, 3)   ? aim_small(a)
	       : aim_below(a, 2) ? edges[aim_below(a, ARRAY_SIZE(edges))]
				 : (s32)gen_random(a->g);
}

u8 aim_number(struct aim *a)
{
	return (u8)(7 + aim_below(a, 3));
}

u8 aim_size(struct aim *a, u32 *log)
{
	static const u8 size_bits[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

	*log = aim_below(a, 4);
	return size_bits[*log];
}

void aim_emit(struct aim *a, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	if (a->g->len < GEN_MAX_INSNS)
		a->g->insns[a->g->len++] = (struct bpf_insn){ code, dst, src, off, imm };
}

void aim_out(struct aim *a, u8 code, u8 dst, u8 src, s32 imm)
{
	if (a->nr_outs == MAX_OUTS)
		return;
	a->outs[a->nr_outs++] = a->g->len;
	aim_emit(a, code, dst, src, 0, imm);
}

void aim_set(struct aim *a, u8 dst, s32 imm)
{
	aim_emit(a, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, imm);
}

void aim_copy(struct aim *a, u8 dst, u8 src)
{
	aim_emit(a, BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void aim_stack_at(struct aim *a, u8 dst, s32 off)
{
	aim_copy(a, dst, BPF_REG_10);
	aim_emit(a, BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, off);
}

void aim_map_at(struct aim *a, u8 dst, u32 map)
{
	struct gen *g = a->g;

	if (g->nr_map_refs < ARRAY_SIZE(g->map_refs)) {
		g->map_refs[g->nr_map_refs].insn = g->len;
		g->map_refs[g->nr_map_refs++].map = map;
	}
	aim_emit(a, BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, 0);
	aim_emit(a, 0, 0, 0, 0, 0);
}

void aim_call(struct aim *a, s32 helper)
{
	aim_emit(a, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

void aim_call_kernel(struct aim *a, s32 id)
{
	aim_emit(a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, id);
}

void aim_land(struct aim *a, u32 from)
{
	if (from < GEN_MAX_INSNS)
		a->g->insns[from].off = (s16)(a->g->len - from - 1);
}

void aim_close_scope(struct aim *a, u32 scope)
{
	while (a->nr_outs > scope)
		aim_land(a, a->outs[--a->nr_outs]);
}

void aim_bound(struct aim *a, u8 reg, s32 limit)
{
	switch (aim_below(a, 6)) {
	case 0:
		aim_emit(a, (aim_below(a, 3) ? BPF_ALU64 : BPF_ALU) | BPF_AND | BPF_K, reg, 0, 0,
			 limit);
		break;
	case 1:
		aim_out(a, BPF_JMP | BPF_JSLT | BPF_K, reg, 0, 0);
		aim_out(a, BPF_JMP | BPF_JSGT | BPF_K, reg, 0, limit);
		break;
	case 2: /* in 32 bits: enough only when the upper half is known */
		aim_out(a, BPF_JMP32 | BPF_JGT | BPF_K, reg, 0, limit);
		break;
	case 3:
		aim_emit(a, BPF_JMP | BPF_JLE | BPF_K, reg, 0, 1, limit);
		aim_set(a, reg, aim_small(a) & limit);
		break;
	default:
		aim_out(a, BPF_JMP | BPF_JGT | BPF_K, reg, 0, limit);
	}
}

static void touch_atomically(struct aim *a, s16 off)
{
	static const s32 ops[] = {
		BPF_ADD, BPF_OR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH, BPF_XOR | BPF_FETCH,
		BPF_XCHG
	};

	aim_emit(a, BPF_STX | BPF_ATOMIC | (aim_below(a, 2) ? BPF_DW : BPF_W), 1, aim_number(a),
		 off, ops[aim_below(a, ARRAY_SIZE(ops))]);
}

void aim_touch(struct aim *a, s16 off)
{
	u32 log;
	u8 size = aim_size(a, &log);

	if (aim_below(a, 2))
		aim_emit(a, BPF_LDX | (log < 3 && !aim_below(a, 4) ? BPF_MEMSX : BPF_MEM) | size,
			 aim_number(a), 1, off, 0);
	else if (!aim_below(a, 8))
		touch_atomically(a, off);
	else if (aim_below(a, 2))
		aim_emit(a, BPF_STX | BPF_MEM | size, 1, aim_number(a), off, 0);
	else
		aim_emit(a, BPF_ST | BPF_MEM | size, 1, 0, off, aim_any(a));
}

void aim_move_and_touch(struct aim *a, s32 room)
{
	u8 index = aim_number(a);

	if (aim_below(a, 8))
		aim_bound(a, index, aim_below(a, 3) ? max(room - 8, 0) : aim_small(a));
	aim_emit(a, BPF_ALU64 | (aim_below(a, 8) ? BPF_ADD : BPF_SUB) | BPF_X, 1, index, 0, 0);
	aim_touch(a, (s16)(aim_below(a, 4) ? 0 : aim_small(a)));
	if (!aim_below(a, 4))
		aim_touch(a, (s16)aim_below(a, 8));
}

void aim_argument(struct aim *a, u8 dst, s32 limit)
{
	u8 from = aim_number(a);

	if (aim_below(a, 2)) {
		aim_set(a, dst, aim_below(a, 8) ? min(aim_small(a), limit) : aim_any(a));
		return;
	}
	if (aim_below(a, 2))
		aim_bound(a, from, limit);
	aim_copy(a, dst, from);
	if (aim_below(a, 2))
		aim_bound(a, dst, limit);
}

void aim_lookup(struct aim *a)
{
	aim_map_at(a, 1, aim_below(a, GEN_NR_MAPS));
	if (aim_below(a, 2))
		aim_emit(a, BPF_ST | BPF_MEM | BPF_W, 10, 0, KEY_AT,
			 (s32)aim_below(a, GEN_MAX_ENTRIES + 2));
	else
		aim_emit(a, BPF_STX | BPF_MEM | BPF_W, 10, aim_number(a), KEY_AT, 0);
	aim_stack_at(a, 2, KEY_AT);
	aim_call(a, BPF_FUNC_map_lookup_elem);
	if (aim_below(a, 16))
		aim_out(a, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 0);
}
