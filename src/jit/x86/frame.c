/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries and frames. A body is called with rsp 8 below a multiple of 16, as the C ABI has it, and
 * lowers it so that its own calls find it aligned. From the frame's top down: the caller's rbp,
 * saved registers, [rbp points here] the BPF stack, the may_goto budget.
 */
#include "exec/prog.h"
#include "jit/x86/lower.h"

#define RED_ZONE 128

static bool needs_run(const struct lower *l)
{
	for (u32 s = 0; s < l->prog->nr_subprogs; s++) {
		if (l->jit->flow.subs[s].calls)
			return true;
	}
	return false;
}

/* What C calls: R1 is in place already, the run goes where bodies expect it. */
void x86_entry(struct lower *l)
{
	if (needs_run(l)) {
		x86_push(l->c, REG_RUN);
		x86_mov_rr(l->c, 8, REG_RUN, RSI);
		x86_call(l->c, l->bodies);
		x86_pop(l->c, REG_RUN);
		x86_ret(l->c);
	} else {
		x86_jump(l->c, l->bodies);
	}
	skep__code_fixup(l->c, FIX_ALIGN, JIT_BODY - 1, JIT_BODY);
}

/* What helpers call: the arguments are in place, the run is the sixth. */
void x86_callback_entry(struct lower *l, u32 sub)
{
	skep__code_bind(l->c, l->thunks + sub);
	x86_push(l->c, REG_RUN);
	x86_mov_rr(l->c, 8, REG_RUN, R9);
	x86_call(l->c, l->bodies + sub);
	x86_pop(l->c, REG_RUN);
	x86_ret(l->c);
}

void x86_frame_init(struct lower *l)
{
	const struct sub_flow *flow = l->flow;
	struct frame *f = &l->frame;
	u32 pushed;

	*f = (struct frame){ .saved = flow->written & REGS_CALLEE_SAVED };
	f->has_fp = flow->uses_fp || flow->may_gotos;
	f->room = round_up((u32)flow->depth, 8);
	if (flow->may_gotos) {
		f->room += 8;
		f->budget = -(s32)f->room;
	}
	pushed = 8 + 8 * (__builtin_popcount(f->saved) + f->has_fp);
	if (flow->calls)
		f->room = round_up(pushed + f->room, 16) - pushed;
	f->adjusts = f->room && (flow->calls || f->room > RED_ZONE);
}

void x86_frame_enter(struct lower *l)
{
	const struct frame *f = &l->frame;

	if (f->has_fp)
		x86_push(l->c, RBP);
	for (u8 r = BPF_REG_6; r <= BPF_REG_9; r++) {
		if (f->saved & REG_BIT(r))
			x86_push(l->c, reg_of(r));
	}
	if (f->has_fp)
		x86_mov_rr(l->c, 8, RBP, RSP);
	if (f->adjusts)
		x86_alu_ri(l->c, ALU_SUB, 8, RSP, f->room);
	if (l->flow->may_gotos)
		x86_mov_mi(l->c, 4, mem_at(RBP, f->budget), MAX_MAY_GOTOS);
}

void x86_frame_leave(struct lower *l)
{
	const struct frame *f = &l->frame;

	if (f->adjusts && f->has_fp)
		x86_mov_rr(l->c, 8, RSP, RBP);
	else if (f->adjusts)
		x86_alu_ri(l->c, ALU_ADD, 8, RSP, f->room);
	for (u8 r = BPF_REG_9; r >= BPF_REG_6; r--) {
		if (f->saved & REG_BIT(r))
			x86_pop(l->c, reg_of(r));
	}
	if (f->has_fp)
		x86_pop(l->c, RBP);
}

void x86_lower_exit(struct lower *l, const struct insn *insn)
{
	x86_settle(l, REG_BIT(BPF_REG_0));
	x86_forget(l, UINT16_MAX);
	x86_frame_leave(l);
	x86_ret(l->c);
}
