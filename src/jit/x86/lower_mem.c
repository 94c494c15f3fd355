/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores. */
#include "jit/x86/lower.h"
#include "map/objects.h"

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

/* A handle becomes a pointer; none stays NULL. */
static void load_kptr(struct lower *l, const struct insn *insn)
{
	u32 done = skep__code_labels(l->c, 1);
	struct x86_mem from;
	enum x86_reg dst;

	x86_settle_all(l);
	x86_before_define(l, insn->dst);
	from = x86_use_mem(l, insn->src, insn->off);
	dst = x86_define_now(l, insn->dst);
	x86_load(l->c, 4, dst, from);
	x86_test_rr(l->c, 4, dst, dst);
	x86_branch(l->c, CC_E, done);
	x86_alu_ri(l->c, ALU_AND, 4, dst, OBJECTS_MASK);
	x86_load_slot(l->c, SCRATCH1,
		      skep__jit_slot(l->jit, (struct slot){ .kind = SLOT_OBJECTS }));
	x86_alu_rr(l->c, ALU_ADD, 8, dst, SCRATCH1);
	skep__code_bind(l->c, done);
}

void x86_lower_ldx(struct lower *l, const struct insn *insn)
{
	if (insn->flags & INSN_KPTR) {
		load_kptr(l, insn);
		return;
	}
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
