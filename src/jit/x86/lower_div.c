/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Division. x / 0 is 0 and x % 0 is x; the smallest number divided by -1 is itself, with remainder
 * 0, where the machine's instruction would trap. Those cases leave the straight path by one branch.
 */
#include "jit/magic.h"
#include "jit/x86/lower.h"

struct division {
	enum x86_reg dst, src; /* the divisor is in src */
	u32 size;
	bool is_signed, wants_remainder;
};

static struct division division_of(const struct lower *l, const struct insn *insn)
{
	return (struct division){
		.dst = reg_of(l, insn->dst),
		.src = reg_of(l, insn->src),
		.size = width_of(insn),
		.is_signed = is_signed_op(insn),
		.wants_remainder = alu_code(insn) == BPF_MOD,
	};
}

/* rdx:rax / src. R0 and R3 keep their values where somebody still wants them. */
static void divide(struct lower *l, const struct division *d)
{
	bool keep_rax = d->dst != RAX && live_after(l, BPF_REG_0);
	bool keep_rdx = d->dst != RDX && live_after(l, BPF_REG_3);
	enum x86_reg result = d->wants_remainder ? RDX : RAX;
	struct code *c = l->c;

	if (keep_rax)
		x86_mov_rr(c, 8, SCRATCH3, RAX);
	if (keep_rdx)
		x86_mov_rr(c, 8, SCRATCH2, RDX);
	if (d->dst != RAX)
		x86_mov_rr(c, d->size, RAX, d->dst);
	if (d->is_signed)
		x86_widen_rax(c, d->size);
	else
		x86_mov_ri(c, RDX, 0);
	x86_unary(c, d->is_signed ? UNARY_IDIV : UNARY_DIV, d->size, d->src);
	if (d->dst != result)
		x86_mov_rr(c, d->size, d->dst, result);
	if (keep_rax)
		x86_mov_rr(c, 8, RAX, SCRATCH3);
	if (keep_rdx)
		x86_mov_rr(c, 8, RDX, SCRATCH2);
}

/* The branch away for divisors that the instruction cannot take; returns the label to come back to.
 */
static u32 check_divisor(struct lower *l, const struct division *d)
{
	struct cold cold = { .size = d->size, .dst = d->dst, .src = d->src };
	u32 back;

	if (d->is_signed) {
		cold.kind = d->wants_remainder ? COLD_SIGNED_MOD : COLD_SIGNED_DIV;
		cold = x86_cold(l, cold);
		x86_lea(l->c, d->size, SCRATCH3, mem_at(d->src, 1));
		x86_alu_ri(l->c, ALU_CMP, d->size, SCRATCH3, 1);
		x86_branch(l->c, CC_BE, cold.label);
		return cold.back;
	}
	if (d->wants_remainder) {
		if (d->size == 4)
			x86_mov_rr(l->c, 4, d->dst, d->dst);
		back = skep__code_labels(l->c, 1);
		x86_test_rr(l->c, d->size, d->src, d->src);
		x86_branch(l->c, CC_E, back);
		return back;
	}
	cold.kind = COLD_DIV_ZERO;
	cold = x86_cold(l, cold);
	x86_test_rr(l->c, d->size, d->src, d->src);
	x86_branch(l->c, CC_E, cold.label);
	return cold.back;
}

void x86_lower_div_x(struct lower *l, const struct insn *insn)
{
	struct division d = division_of(l, insn);
	u32 back;

	x86_settle_all(l);
	if (d.src == RAX || d.src == RDX) {
		x86_mov_rr(l->c, 8, SCRATCH1, d.src);
		d.src = SCRATCH1;
	}
	back = check_divisor(l, &d);
	divide(l, &d);
	skep__code_bind(l->c, back);
}

/* Into SCRATCH1: the upper half of 32-bit x times m->mul, shifted. */
static void magic_quotient32(struct lower *l, enum x86_reg x, const struct magic *m)
{
	struct code *c = l->c;

	x86_mov_rr(c, 4, SCRATCH1, x);
	if (m->pre)
		x86_shift_ri(c, SHIFT_SHR, 4, SCRATCH1, m->pre);
	if (m->add)
		x86_mov_rr(c, 4, SCRATCH3, SCRATCH1);
	if (m->mul <= INT32_MAX) {
		x86_imul_rri(c, 8, SCRATCH1, SCRATCH1, m->mul);
	} else {
		x86_mov_ri(c, SCRATCH2, m->mul);
		x86_imul_rr(c, 8, SCRATCH1, SCRATCH2);
	}
	x86_shift_ri(c, SHIFT_SHR, 8, SCRATCH1, 32 + (m->add ? 0 : m->post));
	if (!m->add)
		return;
	x86_alu_rr(c, ALU_SUB, 4, SCRATCH3, SCRATCH1);
	x86_shift_ri(c, SHIFT_SHR, 4, SCRATCH3, 1);
	x86_alu_rr(c, ALU_ADD, 4, SCRATCH1, SCRATCH3);
	if (m->post)
		x86_shift_ri(c, SHIFT_SHR, 4, SCRATCH1, m->post);
}

/* The same for 64 bits: mulx multiplies by rdx, which R3 may need back. */
static void magic_quotient64(struct lower *l, enum x86_reg x, const struct magic *m)
{
	bool keep_rdx = x != RDX && live_after(l, BPF_REG_3);
	struct code *c = l->c;

	if (keep_rdx || (x == RDX && m->pre))
		x86_mov_rr(c, 8, SCRATCH2, RDX);
	if (x != RDX)
		x86_mov_rr(c, 8, RDX, x);
	if (m->pre)
		x86_shift_ri(c, SHIFT_SHR, 8, RDX, m->pre);
	x86_mov_ri(c, SCRATCH1, m->mul);
	x86_mulx(c, 8, SCRATCH1, SCRATCH3, SCRATCH1);
	if (m->add) {
		x86_mov_rr(c, 8, SCRATCH3, RDX);
		x86_alu_rr(c, ALU_SUB, 8, SCRATCH3, SCRATCH1);
		x86_shift_ri(c, SHIFT_SHR, 8, SCRATCH3, 1);
		x86_alu_rr(c, ALU_ADD, 8, SCRATCH1, SCRATCH3);
	}
	if (m->post)
		x86_shift_ri(c, SHIFT_SHR, 8, SCRATCH1, m->post);
	if (keep_rdx || (x == RDX && m->pre))
		x86_mov_rr(c, 8, RDX, SCRATCH2);
}

static void divide_by_magic(struct lower *l, const struct division *d, u64 by)
{
	struct magic m = skep__magic(by, d->size * 8);
	struct code *c = l->c;

	if (d->size == 4)
		magic_quotient32(l, d->dst, &m);
	else
		magic_quotient64(l, d->dst, &m);
	if (!d->wants_remainder) {
		x86_mov_rr(c, d->size, d->dst, SCRATCH1);
		return;
	}
	x86_imul_rri(c, d->size, SCRATCH1, SCRATCH1, (s32)by);
	x86_alu_rr(c, ALU_SUB, d->size, d->dst, SCRATCH1);
}

/* By a power of two; 1 among them. */
static void divide_by_power(struct lower *l, const struct division *d, u8 r, u64 by)
{
	u32 shift = __builtin_ctzll(by);

	if (d->wants_remainder && by == 1)
		x86_set_const(l, r, 0);
	else if (d->wants_remainder)
		x86_and_const(l, r, by - 1, d->size);
	else if (shift)
		x86_shift_const(l, r, SHIFT_SHR, shift, d->size);
	else
		x86_set_copy(l, r, r, d->size);
}

static void divide_by_zero(struct lower *l, const struct division *d, u8 r)
{
	if (d->wants_remainder)
		x86_set_copy(l, r, r, d->size);
	else
		x86_set_const(l, r, 0);
}

static void divide_by_minus_one(struct lower *l, const struct division *d, u8 r)
{
	if (d->wants_remainder)
		x86_set_const(l, r, 0);
	else
		x86_unary(l->c, UNARY_NEG, d->size, x86_modify(l, r));
}

void x86_lower_div_k(struct lower *l, const struct insn *insn)
{
	struct division d = division_of(l, insn);
	u64 by = d.size == 8 ? (u64)insn->imm : (u32)insn->imm;

	if (!by) {
		divide_by_zero(l, &d, insn->dst);
		return;
	}
	if (d.is_signed && (s32)insn->imm == -1) {
		divide_by_minus_one(l, &d, insn->dst);
		return;
	}
	if (!d.is_signed && by <= INT32_MAX && !(by & (by - 1))) {
		divide_by_power(l, &d, insn->dst, by);
		return;
	}
	x86_settle_all(l);
	if (!d.is_signed && by <= INT32_MAX && (d.size == 4 || has_bmi2(l))) {
		divide_by_magic(l, &d, by);
		return;
	}
	d.src = SCRATCH1;
	x86_mov_ri(l->c, SCRATCH1, by);
	divide(l, &d);
}
