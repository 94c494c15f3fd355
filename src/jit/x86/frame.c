/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries and frames. A body is called with rsp 8 below a multiple of 16, as the C ABI has it, and
 * lowers it so that its own calls find it aligned. From the frame's top down: the caller's rbp,
 * saved registers, [rbp points here] the BPF stack, the may_goto budget.
 */
#include "helper/run.h"
#include "jit/x86/lower.h"

#define RED_ZONE 128

/* Where the run keeps the frame pointer of a program's subprogram 0, if the program may unwind. */
#define OUTERMOST mem_at(REG_RUN, offsetof(struct run, outermost))

/* What C calls: R1 is in place already, the run goes where bodies expect it. */
void x86_entry(struct lower *l)
{
	if (x86_needs_run(l->jit)) {
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

/* What helpers call: the arguments are in place, the run is the sixth. In front stands which
 * subprogram it is. */
void x86_callback_entry(struct lower *l, u32 sub)
{
	code_word(l->c, sub, sizeof(sub));
	skep__code_bind(l->c, l->thunks + sub);
	x86_push(l->c, REG_RUN);
	x86_mov_rr(l->c, 8, REG_RUN, R9);
	x86_call(l->c, l->bodies + sub);
	x86_pop(l->c, REG_RUN);
	x86_ret(l->c);
}

#define CALLEE_SAVED (1u << RBX | 1u << RBP | 1u << R12 | 1u << R13 | 1u << R14 | 1u << R15)

/* Machine registers behind those that the subprogram writes. */
static u16 saved_regs(const struct lower *l)
{
	u16 saved = 0;

	for (u8 r = 0; r < NR_JIT_REGS; r++) {
		if (l->flow->written & REG_BIT(r))
			saved |= 1u << reg_of(l, r);
	}
	return saved & CALLEE_SAVED;
}

void x86_frame_init(struct lower *l)
{
	const struct sub_flow *flow = l->flow;
	struct frame *f = &l->frame;
	u32 pushed;

	bool outermost = l->jit->flow.unwinds && l->sub == l->prog->subprogs;

	*f = (struct frame){ .saved = outermost ? CALLEE_SAVED & ~(1u << RBP | 1u << REG_RUN)
						: saved_regs(l) };
	f->has_fp = outermost || ((flow->uses_fp || flow->may_gotos) && !(f->saved & 1u << RBP));
	f->room = round_up((u32)flow->depth, 8);
	if (flow->may_gotos) {
		f->room += 8;
		f->budget = -(s32)f->room;
	}
	if (outermost) {
		f->room += 8;
		f->outer = -(s32)f->room;
	}
	pushed = 8 + 8 * (__builtin_popcount(f->saved) + f->has_fp);
	if (flow->calls)
		f->room = round_up(pushed + f->room, 16) - pushed;
	f->adjusts = f->room && (flow->calls || f->room > RED_ZONE);
	f->bias = f->adjusts ? f->room : 0;
}

struct x86_mem x86_frame_mem(const struct lower *l, s32 off)
{
	return l->frame.has_fp ? mem_at(RBP, off) : mem_at(RSP, off + (s32)l->frame.bias);
}

void x86_frame_enter(struct lower *l)
{
	const struct frame *f = &l->frame;

	if (f->has_fp)
		x86_push(l->c, RBP);
	for (u8 r = 0; r < NO_REG; r++) {
		if (f->saved & 1u << r)
			x86_push(l->c, r);
	}
	if (f->has_fp)
		x86_mov_rr(l->c, 8, RBP, RSP);
	if (f->adjusts)
		x86_alu_ri(l->c, ALU_SUB, 8, RSP, f->room);
	if (l->flow->may_gotos)
		x86_mov_mi(l->c, 4, x86_frame_mem(l, f->budget), MAX_MAY_GOTOS);
	if (f->outer) {
		x86_load(l->c, 8, SCRATCH3, OUTERMOST);
		x86_mov_mr(l->c, 8, x86_frame_mem(l, f->outer), SCRATCH3);
		x86_mov_mr(l->c, 8, OUTERMOST, RBP);
	}
}

void x86_frame_leave(struct lower *l)
{
	const struct frame *f = &l->frame;

	if (f->outer) {
		x86_load(l->c, 8, SCRATCH3, x86_frame_mem(l, f->outer));
		x86_mov_mr(l->c, 8, OUTERMOST, SCRATCH3);
	}
	if (f->adjusts && f->has_fp)
		x86_mov_rr(l->c, 8, RSP, RBP);
	else if (f->adjusts)
		x86_alu_ri(l->c, ALU_ADD, 8, RSP, f->room);
	for (u8 r = NO_REG; r-- > 0;) {
		if (f->saved & 1u << r)
			x86_pop(l->c, r);
	}
	if (f->has_fp)
		x86_pop(l->c, RBP);
}

static void enter_again(struct lower *l)
{
	x86_load(l->c, 8, RBP, OUTERMOST);
	x86_lea(l->c, 8, RSP, mem_at(RBP, -(s32)l->frame.room));
}

void x86_unwind(struct lower *l)
{
	u32 callback = l->prog->exception_callback;

	skep__code_bind(l->c, l->thrown);
	enter_again(l);
	if (callback) {
		x86_mov_rr(l->c, 8, RDI, RAX);
		x86_call(l->c, l->bodies + callback);
	}
	x86_frame_leave(l);
	x86_ret(l->c);
	skep__code_bind(l->c, l->stopped);
	enter_again(l);
	x86_frame_leave(l);
	x86_ret(l->c);
}

void x86_lower_exit(struct lower *l, const struct insn *insn)
{
	x86_settle(l, REG_BIT(BPF_REG_0));
	x86_forget(l, UINT16_MAX);
	x86_frame_leave(l);
	x86_ret(l->c);
}
