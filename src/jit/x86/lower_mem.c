/* SPDX-License-Identifier: BSD-2-Clause */
/* Loads and stores. */
#include "jit/x86/lower.h"

void x86_lower_ldx(struct lower *l, const struct insn *insn)
{
	struct x86_mem from = mem_at(reg_of(insn->src), insn->off);
	u32 size = insn_desc(insn)->size;

	if (insn_desc(insn)->is_signed)
		x86_load_signed(l->c, size, reg_of(insn->dst), from);
	else
		x86_load(l->c, size, reg_of(insn->dst), from);
}

void x86_lower_stx(struct lower *l, const struct insn *insn)
{
	x86_mov_mr(l->c, insn_desc(insn)->size, mem_at(reg_of(insn->dst), insn->off),
		   reg_of(insn->src));
}

void x86_lower_st(struct lower *l, const struct insn *insn)
{
	x86_mov_mi(l->c, insn_desc(insn)->size, mem_at(reg_of(insn->dst), insn->off), insn->imm);
}
