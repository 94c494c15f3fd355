/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/x86/lower.h"

static bool fits32(s64 v)
{
	return v == (s32)v;
}

static bool is_pending(const struct lower *l, u8 r)
{
	return l->pending & REG_BIT(r);
}

static bool refers(const struct value *v, u8 r)
{
	return v->kind != VALUE_CONST && (v->base == r || v->index == r);
}

static bool over_itself(const struct value *v, u8 r)
{
	return v->kind != VALUE_CONST && (v->base == r || v->base == NO_VALUE_REG) &&
	       (v->index == r || v->index == NO_VALUE_REG);
}

/* May another value be written over what r holds? */
static bool may_refer(const struct lower *l, u8 r)
{
	return !is_pending(l, r) || over_itself(&l->values[r], r);
}

static bool may_copy(const struct lower *l, const struct value *v)
{
	return v->kind == VALUE_CONST || ((v->base == NO_VALUE_REG || may_refer(l, v->base)) &&
					  (v->index == NO_VALUE_REG || may_refer(l, v->index)));
}

static struct value sum_of(u8 base, u32 size)
{
	return (struct value){
		.kind = VALUE_SUM, .size = size, .base = base, .index = NO_VALUE_REG, .scale = 1
	};
}

static struct value const_of(u64 imm)
{
	return (struct value){ .kind = VALUE_CONST,
			       .size = 8,
			       .base = NO_VALUE_REG,
			       .index = NO_VALUE_REG,
			       .imm = (s64)imm };
}

static bool is_copy(const struct value *v)
{
	return v->kind == VALUE_SUM && v->base != NO_VALUE_REG && v->index == NO_VALUE_REG &&
	       !v->imm;
}

/* The value of r as it can be written down in others. */
static struct value value_of(const struct lower *l, u8 r)
{
	return is_pending(l, r) ? l->values[r] : sum_of(r, 8);
}

static struct x86_mem mem_of(const struct lower *l, const struct value *v)
{
	struct x86_mem m = {
		.base = v->base == NO_VALUE_REG ? NO_REG : reg_of(l, v->base),
		.index = v->index == NO_VALUE_REG ? NO_REG : reg_of(l, v->index),
		.scale = v->scale,
		.disp = (s32)v->imm,
	};

	if (v->base == BPF_REG_10 && !l->frame.has_fp) {
		m.base = RSP;
		m.disp += l->frame.bias;
	}
	return m;
}

static void emit_sum(struct lower *l, u8 r, const struct value *v)
{
	enum x86_reg dst = reg_of(l, r);

	if (is_copy(v)) {
		if (v->base != r || v->size == 4)
			x86_mov_rr(l->c, v->size, dst, reg_of(l, v->base));
	} else if (v->base == r && v->index == NO_VALUE_REG) {
		x86_add_ri(l->c, v->size, dst, v->imm);
	} else if (!v->imm && v->scale == 1 && v->base == r) {
		x86_alu_rr(l->c, ALU_ADD, v->size, dst, reg_of(l, v->index));
	} else if (!v->imm && v->scale == 1 && v->index == r) {
		x86_alu_rr(l->c, ALU_ADD, v->size, dst, reg_of(l, v->base));
	} else if (!v->imm && v->base == NO_VALUE_REG && v->index == r) {
		x86_shift_ri(l->c, SHIFT_SHL, v->size, dst, __builtin_ctz(v->scale));
	} else {
		x86_lea(l->c, v->size, dst, mem_of(l, v));
	}
}

static void emit_and(struct lower *l, u8 r, const struct value *v)
{
	enum x86_reg dst = reg_of(l, r), src = reg_of(l, v->base);

	if (v->imm == 0xff || v->imm == 0xffff) {
		x86_zero_extend(l->c, v->imm == 0xff ? 1 : 2, dst, src);
		return;
	}
	if (dst != src)
		x86_mov_rr(l->c, v->imm >= 0 ? 4 : v->size, dst, src);
	x86_alu_ri(l->c, ALU_AND, v->imm >= 0 ? 4 : v->size, dst, v->imm);
}

static void emit_value(struct lower *l, u8 r)
{
	const struct value *v = &l->values[r];
	enum x86_reg dst = reg_of(l, r);

	switch ((enum value_kind)v->kind) {
	case VALUE_HERE:
		break;
	case VALUE_SUM:
		emit_sum(l, r, v);
		break;
	case VALUE_CONST:
		x86_mov_ri(l->c, dst, v->imm);
		break;
	case VALUE_SHIFT:
		if (v->base != r)
			x86_mov_rr(l->c, v->size, dst, reg_of(l, v->base));
		x86_shift_ri(l->c, v->shift, v->size, dst, v->imm);
		break;
	case VALUE_AND:
		emit_and(l, r, v);
		break;
	case VALUE_LOAD:
		x86_load(l->c, v->access, dst, mem_of(l, v));
		break;
	}
}

/* Before what r holds is overwritten: computes the values over it, those of `wanted` registers. */
static void settle_dependents(struct lower *l, u8 r, u16 wanted)
{
	u16 left = l->pending & ~REG_BIT(r);

	while (left) {
		u8 x = __builtin_ctz(left);

		left &= left - 1;
		if (!(wanted & REG_BIT(x)) || !refers(&l->values[x], r))
			continue;
		emit_value(l, x);
		l->pending &= ~REG_BIT(x);
	}
}

static void settle_one(struct lower *l, u8 r)
{
	if (!is_pending(l, r))
		return;
	settle_dependents(l, r, l->needed);
	emit_value(l, r);
	l->pending &= ~REG_BIT(r);
}

void x86_settle(struct lower *l, u16 regs)
{
	while (l->pending & regs)
		settle_one(l, __builtin_ctz(l->pending & regs));
}

void x86_settle_all(struct lower *l)
{
	x86_settle(l, l->needed);
	l->pending = 0;
}

void x86_forget(struct lower *l, u16 dead)
{
	l->pending &= ~dead;
}

enum x86_reg x86_use(struct lower *l, u8 r, u32 size)
{
	if (is_pending(l, r)) {
		const struct value *v = &l->values[r];

		if (is_copy(v) && v->size >= size && !is_pending(l, v->base))
			return reg_of(l, v->base);
		settle_one(l, r);
	}
	return reg_of(l, r);
}

struct x86_mem x86_use_mem(struct lower *l, u8 r, s32 off)
{
	struct value v = value_of(l, r);

	if (v.kind == VALUE_SUM && v.size == 8 && fits32(v.imm + off)) {
		v.imm += off;
		return mem_of(l, &v);
	}
	settle_one(l, r);
	return mem_at(reg_of(l, r), off);
}

bool x86_use_const(const struct lower *l, u8 r, u32 size, s32 *imm)
{
	const struct value *v = &l->values[r];

	if (!is_pending(l, r) || v->kind != VALUE_CONST)
		return false;
	*imm = (s32)v->imm;
	return size == 4 || fits32(v->imm);
}

bool x86_use_mask(const struct lower *l, u8 r, u32 *size, enum x86_reg *reg, s32 *mask)
{
	const struct value *v = &l->values[r];

	if (!is_pending(l, r) || v->kind != VALUE_AND)
		return false;
	*reg = reg_of(l, v->base);
	*mask = v->imm;
	*size = min(*size, (u32)v->size);
	return true;
}

bool x86_use_load(const struct lower *l, u8 r, u32 *access, struct x86_mem *mem)
{
	const struct value *v = &l->values[r];

	if (!is_pending(l, r) || v->kind != VALUE_LOAD || l->jit->flow.live[l->at] & REG_BIT(r))
		return false;
	*mem = mem_of(l, v);
	*access = v->access;
	return true;
}

void x86_settle_loads(struct lower *l)
{
	for (u16 left = l->pending & l->needed; left; left &= left - 1) {
		u8 r = __builtin_ctz(left);

		if (is_pending(l, r) && l->values[r].kind == VALUE_LOAD)
			settle_one(l, r);
	}
}

enum x86_reg x86_modify(struct lower *l, u8 r)
{
	settle_one(l, r);
	settle_dependents(l, r, l->needed);
	return reg_of(l, r);
}

enum x86_reg x86_define(struct lower *l, u8 r)
{
	settle_dependents(l, r, l->needed);
	l->pending &= ~REG_BIT(r);
	return reg_of(l, r);
}

/* After x86_before_define, and after the sources were asked for. */
enum x86_reg x86_define_now(struct lower *l, u8 r)
{
	l->pending &= ~REG_BIT(r);
	return reg_of(l, r);
}

void x86_before_define(struct lower *l, u8 r)
{
	settle_dependents(l, r, l->jit->flow.live[l->at]);
}

/* r is to be *v, whenever somebody asks. */
static void postpone(struct lower *l, u8 r, struct value v)
{
	if (!over_itself(&v, r))
		x86_before_define(l, r);
	l->values[r] = v;
	l->pending |= REG_BIT(r);
}

void x86_set_const(struct lower *l, u8 r, u64 imm)
{
	postpone(l, r, const_of(imm));
}

void x86_set_copy(struct lower *l, u8 r, u8 from, u32 size)
{
	struct value v = value_of(l, from);

	if (v.kind == VALUE_CONST && size == 4)
		v.imm = (u32)v.imm;
	else if (v.kind == VALUE_SUM && size == 4)
		v.size = 4;
	else if (v.kind == VALUE_LOAD || (v.kind != VALUE_CONST && v.size > size))
		v.kind = VALUE_HERE;
	if (v.kind == VALUE_HERE || !may_copy(l, &v)) {
		settle_one(l, from);
		v = sum_of(from, size);
	}
	if (r == from && is_copy(&v) && v.base == r && v.size == 8)
		return;
	postpone(l, r, v);
}

/* a + b, if that is something to be remembered. */
static bool add_values(struct value a, struct value b, u32 size, struct value *sum)
{
	u8 regs = (a.base != NO_VALUE_REG) + (a.index != NO_VALUE_REG) + (b.base != NO_VALUE_REG) +
		  (b.index != NO_VALUE_REG);

	if ((a.kind != VALUE_SUM && a.kind != VALUE_CONST) ||
	    (b.kind != VALUE_SUM && b.kind != VALUE_CONST))
		return false;
	if (a.size < size || b.size < size || regs > 2 || regs == 0 || !fits32(a.imm) ||
	    !fits32(b.imm))
		return false;
	if (!fits32(a.imm + b.imm) || (a.index != NO_VALUE_REG && b.index != NO_VALUE_REG))
		return false;
	*sum = (struct value){ .kind = VALUE_SUM, .size = size, .scale = 1, .imm = a.imm + b.imm };
	sum->base = a.base != NO_VALUE_REG ? a.base : b.base;
	sum->index = a.index != NO_VALUE_REG ? a.index : b.index;
	sum->scale = a.index != NO_VALUE_REG ? a.scale : b.index != NO_VALUE_REG ? b.scale : 1;
	if (a.base != NO_VALUE_REG && b.base != NO_VALUE_REG)
		sum->index = b.base;
	return true;
}

void x86_add_const(struct lower *l, u8 r, s64 imm, u32 size)
{
	struct value sum;

	if (!add_values(value_of(l, r), const_of(imm), size, &sum)) {
		if (is_pending(l, r) && l->values[r].kind == VALUE_CONST) {
			u64 total = (u64)l->values[r].imm + (u64)imm;

			x86_set_const(l, r, size == 4 ? (u32)total : total);
			return;
		}
		settle_one(l, r);
		add_values(value_of(l, r), const_of(imm), size, &sum);
	}
	postpone(l, r, sum);
}

static bool is_term(const struct value *v, u32 size)
{
	return (v->kind == VALUE_SUM || v->kind == VALUE_CONST) && v->size >= size;
}

/* With more than two registers in the sum, the destination is computed first, then the source. */
void x86_add_reg(struct lower *l, u8 r, u8 from, u32 size)
{
	struct value sum, b = value_of(l, from);

	if (!may_copy(l, &b) || !is_term(&b, size))
		settle_one(l, from);
	b = value_of(l, from);
	if (!add_values(value_of(l, r), b, size, &sum)) {
		settle_one(l, r);
		b = value_of(l, from);
		if (!add_values(value_of(l, r), b, size, &sum)) {
			settle_one(l, from);
			add_values(value_of(l, r), value_of(l, from), size, &sum);
		}
	}
	postpone(l, r, sum);
}

/* What a shift is applied to: a register's contents, at once or through a copy. */
static u8 shifted_reg(struct lower *l, u8 r, u32 size)
{
	struct value v = value_of(l, r);

	if (is_copy(&v) && v.size >= size)
		return v.base;
	settle_one(l, r);
	return r;
}

/* A sum of one register, shifted left as far as addresses scale. */
static bool scale_sum(struct value *v, u32 count, u32 size)
{
	u32 scale = (u32)v->scale << count;

	if (v->kind != VALUE_SUM || v->size < size || scale > 8 || !fits32(v->imm * (1 << count)))
		return false;
	if (v->base != NO_VALUE_REG && v->index != NO_VALUE_REG)
		return false;
	if (v->base != NO_VALUE_REG)
		v->index = v->base;
	v->base = NO_VALUE_REG;
	v->scale = scale;
	v->imm *= 1 << count;
	v->size = size;
	return true;
}

void x86_shift_const(struct lower *l, u8 r, enum x86_shift op, u32 count, u32 size)
{
	struct value v = value_of(l, r);

	if (op != SHIFT_SHL || count > 3 || !scale_sum(&v, count, size))
		v = (struct value){ .kind = VALUE_SHIFT,
				    .size = size,
				    .shift = op,
				    .scale = 1,
				    .base = shifted_reg(l, r, size),
				    .index = NO_VALUE_REG,
				    .imm = count };
	postpone(l, r, v);
}

void x86_set_load(struct lower *l, u8 r, u8 from, s32 off, u32 access)
{
	struct value v = value_of(l, from);

	if (v.kind != VALUE_SUM || v.size != 8 || !fits32(v.imm + off) || !may_copy(l, &v)) {
		settle_one(l, from);
		v = sum_of(from, 8);
	}
	v.kind = VALUE_LOAD;
	v.access = access;
	v.imm += off;
	postpone(l, r, v);
}

void x86_times(struct lower *l, u8 r, u32 factor, u32 size)
{
	u8 base = shifted_reg(l, r, size);

	assert(factor == 3 || factor == 5 || factor == 9);
	postpone(l, r,
		 (struct value){ .kind = VALUE_SUM,
				 .size = size,
				 .scale = factor - 1,
				 .base = base,
				 .index = base });
}

void x86_and_const(struct lower *l, u8 r, s32 imm, u32 size)
{
	u8 base = shifted_reg(l, r, imm >= 0 ? 4 : size);

	postpone(l, r,
		 (struct value){ .kind = VALUE_AND,
				 .size = size,
				 .scale = 1,
				 .base = base,
				 .index = NO_VALUE_REG,
				 .imm = imm });
}

/* Is the value one register's contents shifted by a constant? */
static bool as_shift(const struct value *v, u8 *base, bool *left, u32 *count)
{
	if (v->kind == VALUE_SHIFT && v->shift != SHIFT_SAR) {
		*base = v->base;
		*left = v->shift == SHIFT_SHL;
		*count = v->imm;
		return true;
	}
	if (v->kind == VALUE_SUM && v->base == NO_VALUE_REG && !v->imm &&
	    v->index != NO_VALUE_REG) {
		*base = v->index;
		*left = true;
		*count = __builtin_ctz(v->scale);
		return true;
	}
	return false;
}

/* x << n | x >> (width - n), the two in r and from: one rotation. */
bool x86_rotate(struct lower *l, u8 r, u8 from, u32 size)
{
	const struct value *a = &l->values[r], *b = &l->values[from];
	u32 count_a, count_b;
	bool left_a, left_b;
	u8 base_a, base_b;

	if (!is_pending(l, r) || !is_pending(l, from) || a->size != b->size || a->size > size)
		return false;
	if (!as_shift(a, &base_a, &left_a, &count_a) || !as_shift(b, &base_b, &left_b, &count_b))
		return false;
	if (base_a != base_b || left_a == left_b || count_a + count_b != 8u * a->size)
		return false;
	u32 width = a->size, right = left_a ? count_b : count_a;
	enum x86_reg src = reg_of(l, base_a), dst;

	x86_before_define(l, r);
	dst = x86_define_now(l, r);
	if (dst != src && has_bmi2(l)) {
		x86_rorx(l->c, width, dst, src, right);
	} else {
		if (dst != src)
			x86_mov_rr(l->c, width, dst, src);
		x86_shift_ri(l->c, SHIFT_ROR, width, dst, right);
	}
	return true;
}
