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
	enum x86_reg dst = reg_of(insn->dst), count = reg_of(insn->src);

	if (has_bmi2(l))
		x86_shiftx(l->c, shift_op(insn), width_of(insn), dst, dst, count);
	else
		shift_by_cl(l, shift_op(insn), width_of(insn), dst, count);
}

void x86_lower_shift_k(struct lower *l, const struct insn *insn)
{
	enum x86_reg dst = reg_of(insn->dst);
	u32 size = width_of(insn);
	u32 count = insn->imm & (size * 8 - 1);

	if (count)
		x86_shift_ri(l->c, shift_op(insn), size, dst, count);
	else if (size == 4)
		x86_mov_rr(l->c, 4, dst, dst);
}
