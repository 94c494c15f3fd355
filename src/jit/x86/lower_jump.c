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

/* For numbers that are not negative: the same comparison, unsigned. */
static enum x86_cond unsigned_condition(enum x86_cond cond)
{
	switch (cond) {
	case CC_G:
		return CC_A;
	case CC_GE:
		return CC_AE;
	case CC_L:
		return CC_B;
	case CC_LE:
		return CC_BE;
	default:
		return cond;
	}
}

static u16 live_at(const struct lower *l, u32 at)
{
	return skep__live_before(&l->jit->flow, &l->prog->insns[at], at);
}

/* a op b, both in registers, b perhaps a constant or in memory. */
static enum x86_cond compare_x(struct lower *l, const struct insn *insn)
{
	enum x86_cond cond = condition(alu_code(insn));
	bool tests = alu_code(insn) == BPF_JSET;
	u32 size = width_of(insn), access;
	enum x86_reg a = x86_use(l, insn->dst, size), b;
	struct x86_mem mem;
	s32 imm;

	if (x86_use_const(l, insn->src, size, &imm)) {
		if (tests)
			x86_test_ri(l->c, size, a, imm);
		else
			x86_alu_ri(l->c, ALU_CMP, size, a, imm);
		return cond;
	}
	if (!tests && x86_use_load(l, insn->src, &access, &mem) && access >= size) {
		x86_alu_rm(l->c, ALU_CMP, size, a, mem);
		return cond;
	}
	b = x86_use(l, insn->src, size);
	if (tests)
		x86_test_rr(l->c, size, a, b);
	else
		x86_alu_rr(l->c, ALU_CMP, size, a, b);
	return cond;
}

/* Memory against an immediate, if that comes to the same: what is loaded is zero-extended. */
static bool compare_load(struct lower *l, const struct insn *insn, enum x86_cond *cond)
{
	u32 size = width_of(insn), access;
	s32 imm = insn->imm;
	struct x86_mem mem;
	bool tests = alu_code(insn) == BPF_JSET;

	if (!x86_use_load(l, insn->dst, &access, &mem))
		return false;
	if (access >= size) {
		access = size;
	} else {
		if (imm < 0 || (access == 1 && imm > UINT8_MAX) ||
		    (access == 2 && (imm > INT8_MAX || tests)))
			return false;
		*cond = unsigned_condition(*cond);
	}
	if (tests)
		x86_test_mi(l->c, access, mem, imm);
	else
		x86_alu_mi(l->c, ALU_CMP, access, mem, imm);
	return true;
}

/* A masked register against an immediate, without computing the masked value. */
static bool compare_masked(struct lower *l, const struct insn *insn, enum x86_cond *cond)
{
	u32 size = width_of(insn);
	enum x86_reg a;
	s32 mask;

	if (!x86_use_mask(l, insn->dst, &size, &a, &mask))
		return false;
	if (!insn->imm && (*cond == CC_E || *cond == CC_NE) && alu_code(insn) != BPF_JSET) {
		x86_test_ri(l->c, size, a, mask);
		return true;
	}
	if (mask != UINT8_MAX || insn->imm < 0 || insn->imm > UINT8_MAX ||
	    alu_code(insn) == BPF_JSET)
		return false;
	x86_cmp8_ri(l->c, a, insn->imm);
	*cond = unsigned_condition(*cond);
	return true;
}

static enum x86_cond compare_k(struct lower *l, const struct insn *insn)
{
	enum x86_cond cond = condition(alu_code(insn));
	u32 size = width_of(insn);
	s32 imm = insn->imm;
	enum x86_reg a;

	if (compare_masked(l, insn, &cond) || compare_load(l, insn, &cond))
		return cond;
	a = x86_use(l, insn->dst, size);
	if (alu_code(insn) == BPF_JSET)
		x86_test_ri(l->c, size, a, imm);
	else if (!imm)
		x86_test_rr(l->c, size, a, a);
	else
		x86_alu_ri(l->c, ALU_CMP, size, a, imm);
	return cond;
}

static enum x86_cond compare(struct lower *l, const struct insn *insn)
{
	return insn_desc(insn)->form == FORM_JMP_X ? compare_x(l, insn) : compare_k(l, insn);
}

/* The instruction that the branch would jump over, when it is just one and nobody else comes there.
 */
static const struct insn *jumped_over(const struct lower *l, const struct insn *insn)
{
	if (insn->off != 1 || l->at + 2 >= l->sub->end ||
	    l->jit->flow.flags[l->at + 1] & FLOW_TARGET)
		return NULL;
	return insn + 1;
}

/* r = 1; if a op b goto +1; r = 0 (or the other way round): the condition itself. */
static bool lower_as_condition(struct lower *l, const struct insn *insn)
{
	const struct insn *next = jumped_over(l, insn);
	enum x86_cond cond;
	enum x86_reg dst;
	s32 old;

	if (!next || (next->op != OP_MOV64_K && next->op != OP_MOV32_K) ||
	    (next->imm != 0 && next->imm != 1))
		return false;
	if (!x86_use_const(l, next->dst, 8, &old) || old != (next->imm ^ 1))
		return false;
	if (next->dst == insn->dst ||
	    (insn_desc(insn)->form == FORM_JMP_X && next->dst == insn->src))
		return false;
	x86_settle(l, live_at(l, l->at + 2) & ~REG_BIT(next->dst));
	dst = x86_define(l, next->dst);
	x86_mov_ri(l->c, dst, 0);
	cond = compare(l, insn);
	x86_setcc(l->c, old ? cond : cond ^ 1, dst);
	l->skip = l->at + 1;
	return true;
}

/* What is wanted at the target has to be computed before the comparison sets flags. */
static void lower_branch(struct lower *l, const struct insn *insn)
{
	const struct insn *next = jumped_over(l, insn);
	u32 target = jump_target(l->at, insn);
	bool inverted = next && (next->op == OP_JA || next->op == OP_GOTOL) && next->off;
	enum x86_cond cond;

	if (!insn->off || lower_as_condition(l, insn))
		return;
	if (inverted) { /* goto, unless */
		l->skip = l->at + 1;
		target = jump_target(l->skip, next);
	}
	x86_settle(l, live_at(l, target));
	cond = compare(l, insn);
	x86_branch(l->c, inverted ? cond ^ 1 : cond, target);
}

void x86_lower_jmp_x(struct lower *l, const struct insn *insn)
{
	lower_branch(l, insn);
}

void x86_lower_jmp_k(struct lower *l, const struct insn *insn)
{
	lower_branch(l, insn);
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

	x86_settle(l, live_at(l, jump_target(l->at, insn)));
	x86_load(l->c, 4, SCRATCH1, budget);
	x86_alu_ri(l->c, ALU_SUB, 4, SCRATCH1, 1);
	x86_branch(l->c, CC_B, jump_target(l->at, insn));
	x86_mov_mr(l->c, 4, budget, SCRATCH1);
}
