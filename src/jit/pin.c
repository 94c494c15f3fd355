/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses of global data and long constants that loops load again and again: the hottest get a
 * spare register, loaded once on entry, and their loads become copies, which cost nothing in most
 * places.
 */
#include "jit/target.h"

#define MAX_CANDIDATES 16 /* a subprogram; whatever else it loads stays as it is */

struct candidates {
	u32 nr;
	struct {
		struct insn insn;
		u64 weight;
	} all[MAX_CANDIDATES];
};

static bool worth_pinning(const struct insn *insn)
{
	if (insn->op == OP_LDMAPVAL)
		return true;
	return insn->op == OP_LDIMM64 && insn->imm != (s32)insn->imm && insn->imm != (u32)insn->imm;
}

static bool same_constant(const struct insn *a, const struct insn *b)
{
	return a->op == b->op && a->imm == b->imm && a->off == b->off;
}

static void note(struct candidates *c, const struct insn *insn, u64 weight)
{
	u32 i = 0;

	while (i < c->nr && !same_constant(&c->all[i].insn, insn))
		i++;
	if (i == MAX_CANDIDATES)
		return;
	if (i == c->nr) {
		c->all[c->nr++].weight = 0;
		c->all[i].insn = *insn;
	}
	c->all[i].weight += weight;
}

static s32 hottest(const struct candidates *c)
{
	s32 best = -1;

	for (u32 i = 0; i < c->nr; i++) {
		if (c->all[i].weight && (best < 0 || c->all[i].weight > c->all[best].weight))
			best = i;
	}
	return best;
}

static void replace(struct compilation *jit, const struct subprog *sub, const struct insn *pinned)
{
	for (u32 i = sub->start; i < sub->end; i++) {
		struct insn *insn = &jit->insns[i];

		if (worth_pinning(insn) && same_constant(insn, pinned))
			*insn = (struct insn){ .op = OP_MOV64_X,
					       .dst = insn->dst,
					       .src = pinned->dst };
	}
}

static void pin(struct compilation *jit, u32 s)
{
	const struct subprog *sub = &jit->prog->subprogs[s];
	struct sub_flow *flow = &jit->flow.subs[s];
	struct candidates c = { .nr = 0 };
	s32 best;

	for (u32 i = sub->start; i < sub->end; i++) {
		if (jit->flow.depth[i] && worth_pinning(&jit->insns[i]))
			note(&c, &jit->insns[i], skep__flow_weight(&jit->flow, i));
	}
	while ((best = hottest(&c)) >= 0 && spare_pays(&flow->spares, c.all[best].weight)) {
		struct insn *pinned = &flow->pinned[flow->nr_pinned++];

		*pinned = c.all[best].insn;
		pinned->dst = take_spare(&flow->spares);
		replace(jit, sub, pinned);
		c.all[best].weight = 0;
	}
	skep__flow_note(flow, jit->prog, sub);
}

void skep__pin_constants(struct compilation *jit)
{
	for (u32 s = 0; s < jit->prog->nr_subprogs; s++)
		pin(jit, s);
}
