/* SPDX-License-Identifier: BSD-2-Clause */
/* Jumps, conditional ones with their comparison. */
#include "jit/x86/lower.h"

static enum x86_cond condition(u8 code)
{
	switch (code) {
	case BPF_JEQ:
		return CC_E;
	case BPF_JGT:
		return CC_A;
	case BPF_JGE:
		return CC_AE;
	case BPF_JLT:
		return CC_B;
	case BPF_JLE:
		return CC_BE;
	case BPF_JSGT:
		return CC_G;
	case BPF_JSGE:
		return CC_GE;
	case BPF_JSLT:
		return CC_L;
	case BPF_JSLE:
		return CC_LE;
	default: /* JNE, JSET */
		return CC_NE;
	}
}

/* What is wanted at the jump's target has to be computed before the comparison sets flags. */
static void settle_for_target(struct lower *l, const struct insn *insn)
{
	u32 target = jump_target(l->at, insn);

	x86_settle(l, skep__live_before(&l->jit->flow, &l->prog->insns[target], target));
}

static void branch(struct lower *l, const struct insn *insn)
{
	x86_branch(l->c, condition(alu_code(insn)), jump_target(l->at, insn));
}

void x86_lower_jmp_x(struct lower *l, const struct insn *insn)
{
	bool tests = alu_code(insn) == BPF_JSET;
	u32 size = width_of(insn);
	enum x86_reg a, b;
	s32 imm;

	if (!insn->off)
		return;
	settle_for_target(l, insn);
	a = x86_use(l, insn->dst, size);
	if (x86_use_const(l, insn->src, size, &imm)) {
		if (tests)
			x86_test_ri(l->c, size, a, imm);
		else
			x86_alu_ri(l->c, ALU_CMP, size, a, imm);
	} else {
		b = x86_use(l, insn->src, size);
		if (tests)
			x86_test_rr(l->c, size, a, b);
		else
			x86_alu_rr(l->c, ALU_CMP, size, a, b);
	}
	branch(l, insn);
}

/* Comparisons with 0 after which only the zero flag is looked at. */
static bool asks_for_zero(const struct insn *insn)
{
	u8 code = alu_code(insn);

	return !insn->imm && (code == BPF_JEQ || code == BPF_JNE);
}

void x86_lower_jmp_k(struct lower *l, const struct insn *insn)
{
	u32 size = width_of(insn);
	s32 imm = insn->imm, mask;
	enum x86_reg a;

	if (!insn->off)
		return;
	settle_for_target(l, insn);
	if (asks_for_zero(insn) && x86_use_mask(l, insn->dst, &size, &a, &mask)) {
		x86_test_ri(l->c, size, a, mask);
		branch(l, insn);
		return;
	}
	a = x86_use(l, insn->dst, size);
	if (alu_code(insn) == BPF_JSET)
		x86_test_ri(l->c, size, a, imm);
	else if (!imm)
		x86_test_rr(l->c, size, a, a);
	else
		x86_alu_ri(l->c, ALU_CMP, size, a, imm);
	branch(l, insn);
}

void x86_lower_goto(struct lower *l, const struct insn *insn)
{
	x86_settle_all(l);
	if (insn->off)
		x86_jump(l->c, jump_target(l->at, insn));
}

/* Jumps once the frame's budget is spent, and again each time after that. */
void x86_lower_may_goto(struct lower *l, const struct insn *insn)
{
	struct x86_mem budget = x86_frame_mem(l, l->frame.budget);

	settle_for_target(l, insn);
	x86_load(l->c, 4, SCRATCH1, budget);
	x86_alu_ri(l->c, ALU_SUB, 4, SCRATCH1, 1);
	x86_branch(l->c, CC_B, jump_target(l->at, insn));
	x86_mov_mr(l->c, 4, budget, SCRATCH1);
}
