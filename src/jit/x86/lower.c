/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over the program: subprogram by subprogram, instruction by instruction, by operand form.
 */
#include "jit/x86/lower.h"

#include <string.h>

#include "base/alloc.h"

#define LOOP_PADDING 10 /* bytes worth spending to have a loop start on a multiple of 16 */

static const u8 bpf_regs[11] = { RAX, RDI, RSI, RDX, RCX, R8, RBX, R13, R14, R15, RBP };

static lower_fn *const by_form[] = {
	[FORM_ALU_X] = x86_lower_alu_x,
	[FORM_ALU_K] = x86_lower_alu_k,
	[FORM_ALU_1] = x86_lower_alu_1,
	[FORM_MOVSX] = x86_lower_movsx,
	[FORM_END] = x86_lower_end,
	[FORM_JMP_X] = x86_lower_jmp_x,
	[FORM_JMP_K] = x86_lower_jmp_k,
	[FORM_JA] = x86_lower_goto,
	[FORM_GOTOL] = x86_lower_goto,
	[FORM_MAY_GOTO] = x86_lower_may_goto,
	[FORM_CALL_HELPER] = x86_lower_call_helper,
	[FORM_CALL_LOCAL] = x86_lower_call_local,
	[FORM_CALL_KFUNC] = x86_lower_call_kfunc,
	[FORM_EXIT] = x86_lower_exit,
	[FORM_LDX] = x86_lower_ldx,
	[FORM_STX] = x86_lower_stx,
	[FORM_ST] = x86_lower_st,
	[FORM_LDPKT] = x86_lower_packet_load,
	[FORM_LDIMM] = x86_lower_wide,
	[FORM_ATOMIC] = x86_lower_atomic,
	[FORM_FETCH] = x86_lower_fetch,
	[FORM_CMPXCHG] = x86_lower_cmpxchg,
	[FORM_LDACQ] = x86_lower_ldacq, /* all loads acquire and all stores release on x86 */
	[FORM_STREL] = x86_lower_stx,
	[FORM_CASTAS] = x86_lower_castas,
};
static_assert(ARRAY_SIZE(by_form) == FORM_CASTAS + 1, "a row for every form");

/* Where jumps land, every value is in its machine register. */
static void settle_at_target(struct lower *l)
{
	if (!(l->jit->flow.flags[l->at] & FLOW_TARGET))
		return;
	x86_settle_all(l);
}

static void lower_insn(struct lower *l, const struct insn *insn)
{
	const struct flow *flow = &l->jit->flow;

	l->needed = skep__live_before(flow, insn, l->at);
	settle_at_target(l);
	if (flow->flags[l->at] & FLOW_LOOP)
		skep__code_fixup(l->c, FIX_ALIGN, LOOP_PADDING, 16);
	skep__code_bind(l->c, l->at);
	if (l->at == l->skip) /* what comes after it may want what nobody wants after a goto */
		return;
	if (insn->op != OP_LDIMM_HI && !skep__insn_is_dead(flow, insn, l->at))
		by_form[insn_desc(insn)->form](l, insn);
	x86_forget(l, ~flow->live[l->at]);
}

static void lower_subprog(struct lower *l, u32 s)
{
	l->sub = &l->prog->subprogs[s];
	l->flow = &l->jit->flow.subs[s];
	l->nr_colds = 0;
	l->pending = 0;
	l->skip = NOTHING_SKIPPED;
	memcpy(l->regs, bpf_regs, sizeof(bpf_regs));
	memcpy(l->regs + sizeof(bpf_regs), l->flow->spares.regs, sizeof(l->flow->spares.regs));
	x86_frame_init(l);
	skep__code_fixup(l->c, FIX_ALIGN, 15, 16);
	skep__code_bind(l->c, l->bodies + s);
	x86_frame_enter(l);
	for (u32 i = 0; i < l->flow->nr_pinned; i++)
		x86_load_wide(l, &l->flow->pinned[i], reg_of(l, l->flow->pinned[i].dst));
	for (l->at = l->sub->start; l->at < l->sub->end; l->at++)
		lower_insn(l, &l->prog->insns[l->at]);
	x86_lower_colds(l);
	if (!s && l->jit->flow.unwinds)
		x86_unwind(l);
	if (l->sub->is_callback)
		x86_callback_entry(l, s);
}

u32 skep__target_features(void)
{
	u32 features = 0;

	if (__builtin_cpu_supports("bmi2"))
		features |= JIT_X86_BMI2;
	if (__builtin_cpu_supports("movbe"))
		features |= JIT_X86_MOVBE;
	return features;
}

/* Once everything is linked. The first subprogram has the entry before it, and all have what comes before an
 * instruction. */
static void note_places(const struct lower *l)
{
	const struct prog *prog = l->prog;
	u32 sub = 0;

	for (u32 s = 1; s < prog->nr_subprogs; s++)
		l->jit->starts[s] = skep__x86_label_pos(l->c, l->bodies + s);
	for (u32 i = 0; i < prog->nr_lines; i++) {
		u32 insn = prog->lines[i].insn;

		while (sub < prog->nr_subprogs && prog->subprogs[sub].start < insn)
			sub++;
		l->jit->lines[i] = sub < prog->nr_subprogs && prog->subprogs[sub].start == insn
					   ? l->jit->starts[sub]
					   : skep__x86_label_pos(l->c, insn);
	}
}

int skep__target_emit(struct compilation *jit, u8 **image, u32 *size)
{
	struct lower l = { .jit = jit, .c = &jit->code, .prog = jit->prog };

	skep__code_labels(l.c, jit->prog->len);
	l.bodies = skep__code_labels(l.c, jit->prog->nr_subprogs);
	l.thunks = skep__code_labels(l.c, jit->prog->nr_subprogs);
	l.arena_thunk = skep__code_labels(l.c, 1);
	l.thrown = skep__code_labels(l.c, 2);
	l.stopped = l.thrown + 1;
	x86_entry(&l);
	for (u32 s = 0; s < jit->prog->nr_subprogs && !l.c->err; s++)
		lower_subprog(&l, s);
	if (jit->prog->arena)
		x86_arena_thunk(&l);
	skep__free(l.colds);
	int err = skep__x86_link(l.c, image, size);
	if (!err)
		note_places(&l);
	return err;
}
