/* SPDX-License-Identifier: BSD-2-Clause */
/* Shifts. The machine masks counts as BPF does. */
#include "jit/x86/lower.h"

static enum x86_shift shift_op(const struct insn *insn)
{
	switch (alu_code(insn)) {
	case BPF_LSH:
		return SHIFT_SHL;
	case BPF_RSH:
		return SHIFT_SHR;
	default:
		return SHIFT_SAR;
	}
}

/* Without BMI2 the count has to be in cl, whatever R4 has there. */
static void shift_by_cl(struct lower *l, enum x86_shift op, u32 size, enum x86_reg dst,
			enum x86_reg count)
{
	struct code *c = l->c;

	if (count == RCX && dst != RCX) {
		x86_shift_cl(c, op, size, dst);
		return;
	}
	x86_mov_rr(c, 8, SCRATCH3, RCX);
	if (count != RCX)
		x86_mov_rr(c, 4, RCX, count);
	if (dst == RCX) {
		x86_shift_cl(c, op, size, SCRATCH3);
		x86_mov_rr(c, 8, RCX, SCRATCH3);
	} else {
		x86_shift_cl(c, op, size, dst);
		x86_mov_rr(c, 8, RCX, SCRATCH3);
	}
}

void x86_lower_shift_x(struct lower *l, const struct insn *insn)
{
	u32 size = width_of(insn);
	enum x86_reg src, count;

	if (has_bmi2(l)) {
		x86_before_define(l, insn->dst);
		count = x86_use(l, insn->src, 4);
		src = x86_use(l, insn->dst, size);
		x86_shiftx(l->c, shift_op(insn), size, x86_define_now(l, insn->dst), src, count);
	} else {
		x86_settle_all(l);
		shift_by_cl(l, shift_op(insn), size, reg_of(l, insn->dst), reg_of(l, insn->src));
	}
}

void x86_lower_shift_k(struct lower *l, const struct insn *insn)
{
	u32 size = width_of(insn);
	u32 count = insn->imm & (size * 8 - 1);

	if (count)
		x86_shift_const(l, insn->dst, shift_op(insn), count, size);
	else
		x86_set_copy(l, insn->dst, insn->dst, size);
}
