/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores. */
#include "jit/x86/lower.h"

static void load_now(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size;
	struct x86_mem from;

	x86_before_define(l, insn->dst);
	from = x86_use_mem(l, insn->src, insn->off);
	if (insn_desc(insn)->is_signed)
		x86_load_signed(l->c, size, x86_define_now(l, insn->dst), from);
	else
		x86_load(l->c, size, x86_define_now(l, insn->dst), from);
}

/* imm bytes in reversed order; those that are not loaded are its lowest, and 0. */
static void load_swapped(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size, swapped = insn->imm;
	struct x86_mem from;
	enum x86_reg dst;

	x86_before_define(l, insn->dst);
	from = x86_use_mem(l, insn->src, insn->off);
	dst = x86_define_now(l, insn->dst);
	if (size == swapped && size >= 4 && l->jit->features & JIT_X86_MOVBE) {
		x86_movbe(l->c, size, dst, from);
		return;
	}
	x86_load(l->c, size, dst, from);
	if (swapped == 2)
		x86_shift_ri(l->c, SHIFT_ROR, 2, dst, 8);
	else
		x86_bswap(l->c, swapped, dst);
}

void x86_lower_ldx(struct lower *l, const struct insn *insn)
{
	if (insn->flags & INSN_ARENA)
		x86_arena_load(l, insn);
	else if (insn->imm)
		load_swapped(l, insn);
	else if (insn_desc(insn)->is_signed)
		load_now(l, insn);
	else
		x86_set_load(l, insn->dst, insn->src, insn->off, insn_desc(insn)->size);
}

void x86_lower_ldacq(struct lower *l, const struct insn *insn)
{
	if (insn->flags & INSN_ARENA) {
		x86_arena_load(l, insn);
		return;
	}
	x86_settle_loads(l);
	load_now(l, insn);
}

void x86_lower_stx(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size;
	enum x86_reg src;
	s32 imm;

	if (insn->flags & INSN_ARENA) {
		x86_arena_store(l, insn);
		return;
	}
	x86_settle_loads(l);
	if (x86_use_const(l, insn->src, max(size, 4u), &imm)) {
		x86_mov_mi(l->c, size, x86_use_mem(l, insn->dst, insn->off), imm);
		return;
	}
	src = x86_use(l, insn->src, max(size, 4u));
	x86_mov_mr(l->c, size, x86_use_mem(l, insn->dst, insn->off), src);
}

void x86_lower_st(struct lower *l, const struct insn *insn)
{
	if (insn->flags & INSN_ARENA) {
		x86_arena_store(l, insn);
		return;
	}
	x86_settle_loads(l);
	x86_mov_mi(l->c, insn_desc(insn)->size, x86_use_mem(l, insn->dst, insn->off), insn->imm);
}
