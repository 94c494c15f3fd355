/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves stack slots to registers. Compilers for BPF spill what does not fit into ten registers;
 * where R10 is used for nothing but such loads and stores, a slot that is always accessed as a
 * whole may live in a machine register that is left over. Its loads and stores become moves, the
 * hottest slots' first.
 */
#include <string.h>

#include "jit/target.h"

struct slots {
	u32 lowest; /* what lies below it is not used */
	u8 size[MAX_BPF_STACK]; /* by offset from the stack's lowest byte: of the slot that starts
				   there, */
	bool spoilt[MAX_BPF_STACK]; /*	unless something keeps the byte from being moved */
	u64 weight[MAX_BPF_STACK]; /* accesses, those in loops counted many times */
	u8 reg[MAX_BPF_STACK]; /* what became of it; 0: nothing */
};

static bool on_frame(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;

	return (form == FORM_LDX && insn->src == BPF_REG_10) ||
	       ((form == FORM_STX || form == FORM_ST) && insn->dst == BPF_REG_10);
}

static s32 index_of(const struct insn *insn)
{
	return insn->off + MAX_BPF_STACK;
}

static bool in_frame(const struct insn *insn)
{
	return index_of(insn) >= 0 && index_of(insn) + insn_desc(insn)->size <= MAX_BPF_STACK;
}

/* false: there is an access that keeps the whole stack as it is. */
static bool note_access(struct slots *slots, const struct insn *insn, u64 weight)
{
	const struct insn_desc *d = insn_desc(insn);
	s32 at = index_of(insn);

	if (!in_frame(insn))
		return false;
	if (d->size < 4 || d->is_signed || (slots->size[at] && slots->size[at] != d->size))
		memset(&slots->spoilt[at], true, max(d->size, slots->size[at]));
	else
		slots->size[at] = d->size;
	slots->weight[at] += weight;
	return true;
}

static bool note_accesses(struct slots *slots, const struct compilation *jit,
			  const struct subprog *sub)
{
	for (u32 i = sub->start; i < sub->end; i++) {
		if (on_frame(&jit->insns[i]) &&
		    !note_access(slots, &jit->insns[i], skep__flow_weight(&jit->flow, i)))
			return false;
	}
	return true;
}

static bool is_movable(const struct slots *slots, u32 at)
{
	for (u32 i = 0; i < slots->size[at]; i++) {
		if (slots->spoilt[at + i] || (i && slots->size[at + i]))
			return false;
	}
	for (u32 i = 1; i < 8 && i <= at; i++) { /* one that starts below and reaches into it */
		if (slots->size[at - i] > i)
			return false;
	}
	return slots->size[at] && !slots->reg[at];
}

static s32 hottest(const struct slots *slots)
{
	s32 best = -1;

	for (u32 i = slots->lowest; i < MAX_BPF_STACK; i++) {
		if (is_movable(slots, i) && (best < 0 || slots->weight[i] > slots->weight[best]))
			best = i;
	}
	return best;
}

static bool choose(struct slots *slots, struct spares *spares)
{
	bool any = false;

	for (;;) {
		s32 at = hottest(slots);

		if (at < 0 || !spare_pays(spares, slots->weight[at]))
			return any;
		slots->reg[at] = take_spare(spares);
		any = true;
	}
}

/* A load or store of a slot in register r, as a move. What is stored in 4 bytes is cut to them. */
static void make_move(struct insn *insn, u8 r)
{
	const struct insn_desc *d = insn_desc(insn);

	switch (d->form) {
	case FORM_LDX:
		*insn = (struct insn){ .op = OP_MOV64_X, .dst = insn->dst, .src = r };
		break;
	case FORM_STX:
		*insn = (struct insn){ .op = d->size == 8 ? OP_MOV64_X : OP_MOV32_X,
				       .dst = r,
				       .src = insn->src };
		break;
	default:
		*insn = (struct insn){ .op = d->size == 8 ? OP_MOV64_K : OP_MOV32_K,
				       .dst = r,
				       .imm = insn->imm };
	}
}

static void move_slots(struct compilation *jit, u32 s)
{
	const struct subprog *sub = &jit->prog->subprogs[s];
	struct sub_flow *flow = &jit->flow.subs[s];
	struct slots slots;

	memset(&slots, 0, sizeof(slots));
	slots.lowest = MAX_BPF_STACK - flow->depth;
	if (!note_accesses(&slots, jit, sub))
		return;
	if (!choose(&slots, &flow->spares))
		return;
	for (u32 i = sub->start; i < sub->end; i++) {
		struct insn *insn = &jit->insns[i];

		if (on_frame(insn) && slots.reg[index_of(insn)])
			make_move(insn, slots.reg[index_of(insn)]);
	}
	skep__flow_note(flow, jit->prog, sub);
}

void skep__move_slots(struct compilation *jit)
{
	for (u32 s = 0; s < jit->prog->nr_subprogs; s++) {
		if (jit->flow.subs[s].uses_fp && !jit->flow.subs[s].fp_escapes)
			move_slots(jit, s);
	}
}
