/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of helpers, subprograms and other programs; packet loads; addresses as immediates. */
#include "helper/kfunc.h"
#include "helper/run.h"
#include "jit/runtime.h"
#include "jit/x86/lower.h"

static void call_slot(struct lower *l, enum slot_kind kind, u32 index)
{
	x86_call_slot(l->c, skep__jit_slot(l->jit, (struct slot){ .kind = kind, .index = index }));
}

/* Into the other program's body in place of this subprogram's; on from here when there is none. */
static void tail_call(struct lower *l)
{
	u32 failed = skep__code_labels(l->c, 1);
	struct code *c = l->c;

	x86_mov_rr(c, 8, R9, REG_RUN);
	call_slot(l, SLOT_RUNTIME, RUNTIME_TAIL_CALL);
	x86_test_rr(c, 8, RAX, RAX);
	x86_branch(c, CC_E, failed);
	x86_mov_rr(c, 8, RDI, RDX);
	x86_frame_leave(l);
	x86_jump_r(c, RAX);
	skep__code_bind(c, failed);
}

/* The run ends here: skep does not have what is called. */
static void stop(struct lower *l)
{
	x86_load_slot(l->c, RDI, skep__jit_slot(l->jit, (struct slot){ .kind = SLOT_PROG }));
	x86_mov_ri(l->c, RSI, l->at);
	x86_mov_rr(l->c, 8, R9, REG_RUN);
	call_slot(l, SLOT_RUNTIME, RUNTIME_STOP);
	x86_jump(l->c, l->stopped);
}

static void stop_if_aborted(struct lower *l)
{
	u32 fine = skep__code_labels(l->c, 1);

	x86_test_mi(l->c, 1, mem_at(REG_RUN, offsetof(struct run, aborted)), 0xff);
	x86_branch(l->c, CC_E, fine);
	stop(l);
	skep__code_bind(l->c, fine);
}

void x86_lower_call_helper(struct lower *l, const struct insn *insn)
{
	if (insn->src != MAP_CALL_NONE) {
		x86_lower_map_call(l, insn);
		return;
	}
	x86_settle_all(l);
	if (skep__call_stops(l->prog, insn)) {
		stop(l);
		return;
	}
	switch (insn->imm) {
	case BPF_FUNC_tail_call:
		tail_call(l);
		break;
	case BPF_FUNC_get_smp_processor_id:
		x86_load(l->c, 4, RAX, mem_at(REG_RUN, offsetof(struct run, cpu)));
		break;
	default:
		x86_mov_rr(l->c, 8, R9, REG_RUN);
		call_slot(l, SLOT_HELPER, insn->imm);
		if (skep__call_may_stop(l->prog, insn))
			stop_if_aborted(l);
	}
}

void x86_lower_call_kfunc(struct lower *l, const struct insn *insn)
{
	u32 id = prog_kfunc(l->prog, insn);

	x86_settle_all(l);
	if (skep__call_stops(l->prog, insn)) {
		stop(l);
	} else if (skep__kfunc(id)->flags & KFUNC_THROWS) {
		x86_mov_rr(l->c, 8, RAX, RDI);
		x86_jump(l->c, l->thrown);
	} else {
		x86_mov_rr(l->c, 8, R9, REG_RUN);
		call_slot(l, SLOT_KFUNC, id);
	}
}

void x86_lower_call_local(struct lower *l, const struct insn *insn)
{
	u32 start = jump_target(l->at, insn), s = 0;

	x86_settle_all(l);
	while (l->prog->subprogs[s].start != start)
		s++;
	x86_call(l->c, l->bodies + s);
}

/* The skb is R6. A packet that ends before ends the program with 0. */
void x86_lower_packet_load(struct lower *l, const struct insn *insn)
{
	bool indirect = BPF_MODE(insn_desc(insn)->code) == BPF_IND;
	struct cold out = x86_cold(l, (struct cold){ .kind = COLD_EXIT_ZERO });
	struct code *c = l->c;

	x86_settle_all(l);
	if (indirect)
		x86_lea(c, 4, RSI, mem_at(reg_of(l, insn->src), insn->imm));
	else
		x86_mov_ri(c, RSI, (u32)insn->imm);
	x86_mov_rr(c, 8, RDI, reg_of(l, BPF_REG_6));
	x86_mov_ri(c, RDX, insn_desc(insn)->size);
	call_slot(l, SLOT_RUNTIME, RUNTIME_PACKET_LOAD);
	x86_test_rr(c, 8, RAX, RAX);
	x86_branch(c, CC_S, out.label);
	skep__code_bind(c, out.back);
}

void x86_load_wide(struct lower *l, const struct insn *insn, enum x86_reg dst)
{
	struct slot slot = { .kind = SLOT_MAP, .index = insn->imm };

	switch (insn->op) {
	case OP_LDIMM64:
	case OP_LDBTFVAR:
		x86_mov_ri(l->c, dst, insn->imm);
		return;
	case OP_LDFUNC:
		x86_lea_label(l->c, dst, l->thunks + insn->imm);
		return;
	case OP_LDMAPVAL:
		slot.kind = SLOT_VALUE;
		slot.off = insn->off;
		break;
	default:
		break;
	}
	x86_load_slot(l->c, dst, skep__jit_slot(l->jit, slot));
}

void x86_lower_wide(struct lower *l, const struct insn *insn)
{
	if (insn->op == OP_LDIMM64)
		x86_set_const(l, insn->dst, insn->imm);
	else
		x86_load_wide(l, insn, x86_define(l, insn->dst));
}
