/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/flow.h"

#include "base/alloc.h"
#include "helper/kfunc.h"
#include "helper/proto.h"

static void mark_targets(struct flow *flow, const struct prog *prog)
{
	for (u32 i = 0; i < prog->len; i++) {
		u32 target;

		if (!insn_jumps(&prog->insns[i]))
			continue;
		target = jump_target(i, &prog->insns[i]);
		flow->flags[target] |= FLOW_TARGET | (target <= i ? FLOW_LOOP : 0);
	}
}

/* R10 as the base of a plain load or store, and not as the value that is stored. */
static bool is_frame_access(const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_LDX:
		return insn->src == BPF_REG_10;
	case FORM_STX:
		return insn->dst == BPF_REG_10 && insn->src != BPF_REG_10;
	case FORM_ST:
		return insn->dst == BPF_REG_10;
	default:
		return false;
	}
}

static bool is_division(const struct insn *insn)
{
	u8 code = BPF_OP(insn_desc(insn)->code);

	return code == BPF_DIV || code == BPF_MOD;
}

bool skep__call_stops(const struct prog *prog, const struct insn *insn)
{
	const struct helper *helper;

	if (insn->op == OP_CALL_KFUNC)
		return !skep__kfunc_fn(prog_kfunc(prog, insn), prog->type);
	if (insn->op != OP_CALL_HELPER || insn->imm == BPF_FUNC_tail_call)
		return false;
	helper = skep__helper_for((u32)insn->imm, prog->type);
	return !helper || !helper->fn;
}

bool skep__call_may_stop(const struct prog *prog, const struct insn *insn)
{
	const struct kfunc *kfunc =
		insn->op == OP_CALL_KFUNC ? skep__kfunc(prog_kfunc(prog, insn)) : NULL;
	const struct helper *helper =
		insn->op == OP_CALL_HELPER ? skep__helper_for((u32)insn->imm, prog->type) : NULL;

	return (helper && helper->flags & HELPER_STOPS) || (kfunc && kfunc->flags & KFUNC_THROWS);
}

static void note_insn(struct sub_flow *sub, const struct prog *prog, const struct insn *insn)
{
	sub->written |= skep__insn_writes(insn);
	sub->read |= skep__insn_reads(insn);
	sub->calls |= insn->flags & INSN_ARENA; /* where a page has to be looked for */
	sub->unwinds |= skep__call_stops(prog, insn) || skep__call_may_stop(prog, insn);
	switch (insn_desc(insn)->form) {
	case FORM_CALL_HELPER:
		if (insn->src == MAP_CALL_INDEX)
			sub->divides = true;
		else
			sub->calls = true;
		break;
	case FORM_CALL_KFUNC:
	case FORM_CALL_LOCAL:
	case FORM_LDPKT:
		sub->calls = true;
		break;
	case FORM_MAY_GOTO:
		sub->may_gotos = true;
		break;
	case FORM_FETCH:
	case FORM_CMPXCHG:
		sub->divides = true;
		break;
	case FORM_ALU_X:
	case FORM_ALU_K:
		sub->divides |= is_division(insn);
		break;
	default:
		break;
	}
	if (!(skep__insn_reads(insn) & REG_BIT(BPF_REG_10)))
		return;
	sub->uses_fp = true;
	if (!is_frame_access(insn))
		sub->fp_escapes = true;
	else if (insn->off < 0)
		sub->depth = max(sub->depth, min(-insn->off, MAX_BPF_STACK));
}

void skep__flow_note(struct sub_flow *sub, const struct prog *prog, const struct subprog *range)
{
	const struct sub_flow old = *sub;

	*sub = (struct sub_flow){ .spares = old.spares, .nr_pinned = old.nr_pinned };
	for (u32 i = 0; i < old.nr_pinned; i++) {
		sub->pinned[i] = old.pinned[i];
		sub->written |= REG_BIT(old.pinned[i].dst);
	}
	for (u32 i = range->start; i < range->end; i++)
		note_insn(sub, prog, &prog->insns[i]);
	if (sub->fp_escapes)
		sub->depth = max(sub->depth, range->stack_depth);
}

/* A jump back is a loop around everything from its target to itself. */
static int note_loops(struct flow *flow, const struct prog *prog)
{
	s32 *steps = skep__zalloc_array(prog->len + 1, sizeof(*steps)), depth = 0;

	if (!steps)
		return -ENOMEM;
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn *insn = &prog->insns[i];

		if (insn_jumps(insn) && jump_target(i, insn) <= i) {
			steps[jump_target(i, insn)]++;
			steps[i + 1]--;
		}
	}
	for (u32 i = 0; i < prog->len; i++) {
		depth += steps[i];
		flow->depth[i] = min(depth, UINT8_MAX);
	}
	skep__free(steps);
	return 0;
}

int skep__flow_init(struct flow *flow, const struct prog *prog)
{
	*flow = (struct flow){ .flags = skep__zalloc_array(prog->len, sizeof(*flow->flags)),
			       .depth = skep__zalloc_array(prog->len, sizeof(*flow->depth)),
			       .subs = skep__zalloc_array(prog->nr_subprogs, sizeof(*flow->subs)) };
	if (!flow->flags || !flow->depth || !flow->subs)
		return -ENOMEM;
	mark_targets(flow, prog);
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		skep__flow_note(&flow->subs[i], prog, &prog->subprogs[i]);
	for (u32 i = 0; i < prog->nr_subprogs; i++)
		flow->unwinds |= flow->subs[i].unwinds;
	return note_loops(flow, prog);
}

void skep__flow_fini(struct flow *flow)
{
	skep__free(flow->flags);
	skep__free(flow->depth);
	skep__free(flow->live);
	skep__free(flow->subs);
}
