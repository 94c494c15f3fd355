/* SPDX-License-Identifier: BSD-2-Clause */
/* Atomic operations, all sequentially consistent as BPF wants them. */
#include "jit/x86/lower.h"

/* The operation is in the immediate that selected the row, less the fetch flag. */
static u32 atomic_code(const struct insn *insn)
{
	return insn_desc(insn)->selval;
}

static enum x86_alu modify_op(u32 code)
{
	switch (code & ~BPF_FETCH) {
	case BPF_OR:
		return ALU_OR;
	case BPF_AND:
		return ALU_AND;
	case BPF_XOR:
		return ALU_XOR;
	default:
		return ALU_ADD;
	}
}

void x86_lower_atomic(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size, done;
	enum x86_reg src;

	if (insn->flags & INSN_ARENA) {
		struct x86_mem at = x86_arena_atomic(l, insn, &done);

		x86_lock_alu(l->c, modify_op(atomic_code(insn)), size, at, reg_of(l, insn->src));
		skep__code_bind(l->c, done);
		return;
	}
	x86_settle_loads(l);
	src = x86_use(l, insn->src, size);
	x86_lock_alu(l->c, modify_op(atomic_code(insn)), size, x86_use_mem(l, insn->dst, insn->off),
		     src);
}

/*
 * old = *p; do new = old op src; while (!cmpxchg(p, old, new)); src = old. The old value has to be
 * in rax, whose own value, R0, may be the address or the operand.
 */
static void fetch_loop(struct lower *l, const struct insn *insn, struct x86_mem at)
{
	u32 size = insn_desc(insn)->size, again = skep__code_labels(l->c, 1);
	enum x86_reg src = reg_of(l, insn->src), operand = src;
	struct code *c = l->c;

	if (src == RAX) {
		x86_mov_rr(c, 8, SCRATCH3, RAX);
		operand = SCRATCH3;
	} else if (live_after(l, BPF_REG_0)) {
		x86_mov_rr(c, 8, SCRATCH3, RAX);
	}
	if (at.base == RAX) {
		x86_mov_rr(c, 8, SCRATCH1, RAX);
		at.base = SCRATCH1;
	}
	x86_load(c, size, RAX, at);
	skep__code_bind(c, again);
	x86_mov_rr(c, 8, SCRATCH2, RAX);
	x86_alu_rr(c, modify_op(atomic_code(insn)), size, SCRATCH2, operand);
	x86_lock_cmpxchg(c, size, at, SCRATCH2);
	x86_branch(c, CC_NE, again);
	if (src == RAX) {
		if (size == 4)
			x86_mov_rr(c, 4, RAX, RAX);
		return;
	}
	x86_mov_rr(c, size, src, RAX);
	if (live_after(l, BPF_REG_0))
		x86_mov_rr(c, 8, RAX, SCRATCH3);
}

static void arena_fetch(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size, done;
	struct x86_mem at = x86_arena_atomic(l, insn, &done);

	if (atomic_code(insn) == BPF_XCHG)
		x86_xchg(l->c, size, at, reg_of(l, insn->src));
	else if (atomic_code(insn) == (BPF_ADD | BPF_FETCH))
		x86_lock_xadd(l->c, size, at, reg_of(l, insn->src));
	else
		fetch_loop(l, insn, at);
	skep__code_bind(l->c, done);
}

void x86_lower_fetch(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size;
	enum x86_reg src;

	if (insn->flags & INSN_ARENA) {
		arena_fetch(l, insn);
		return;
	}
	x86_settle_loads(l);
	switch (atomic_code(insn)) {
	case BPF_XCHG:
		src = x86_modify(l, insn->src);
		x86_xchg(l->c, size, x86_use_mem(l, insn->dst, insn->off), src);
		break;
	case BPF_ADD | BPF_FETCH:
		src = x86_modify(l, insn->src);
		x86_lock_xadd(l->c, size, x86_use_mem(l, insn->dst, insn->off), src);
		break;
	default:
		x86_settle_all(l);
		fetch_loop(l, insn, mem_at(reg_of(l, insn->dst), insn->off));
	}
}

/* In the 32-bit form the machine leaves the upper half of rax alone when the exchange happens. */
void x86_lower_cmpxchg(struct lower *l, const struct insn *insn)
{
	struct x86_mem at = mem_at(reg_of(l, insn->dst), insn->off);
	u32 size = insn_desc(insn)->size, done;

	x86_settle_all(l);
	if (insn->flags & INSN_ARENA)
		at = x86_arena_atomic(l, insn, &done);
	x86_lock_cmpxchg(l->c, size, at, reg_of(l, insn->src));
	if (insn->flags & INSN_ARENA)
		skep__code_bind(l->c, done);
	if (size == 4)
		x86_mov_rr(l->c, 4, RAX, RAX);
}
