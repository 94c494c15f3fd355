/* SPDX-License-Identifier: BSD-2-Clause */
/* What random programs are made with: numbers, opcodes, registers, places on the stack. */
#ifndef TESTS_RANDOM_GEN_H
#define TESTS_RANDOM_GEN_H

#include "exec/prog.h"

#define RANDOM_MAX 1200 /* instructions */
#define RANDOM_REGS 8 /* at random's disposal; R8 is a pointer, R9 an index, in between */
#define RANDOM_POOL 3

struct random_prog {
	struct insn insns[RANDOM_MAX];
	u32 len, loops;
	bool plain_stack; /* R10 is used for loads and stores only, so that slots may live in
			     registers */
	bool calls;
	bool light; /* nothing that takes scratch registers, so that slots may live in those */
	u8 regs[RANDOM_REGS], nr_regs; /* those that this program uses */
	s64 pool[RANDOM_POOL]; /* long constants that come again and again */
	u64 state; /* of the generator: the seed to begin with */
	struct subprog subs[2];
	struct prog prog;
};

static inline u32 rnd(struct random_prog *g, u32 below)
{
	g->state ^= g->state << 13;
	g->state ^= g->state >> 7;
	g->state ^= g->state << 17;
	return (g->state >> 11) % below;
}

static inline struct insn *emit(struct random_prog *g, u8 op, u8 dst, u8 src, s32 off, s64 imm)
{
	struct insn *insn = &g->insns[g->len++];

	*insn = (struct insn){ .op = op, .dst = dst, .src = src, .off = off, .imm = imm };
	return insn;
}

static inline s32 rnd_imm(struct random_prog *g)
{
	static const s32 edges[] = { 0,   1,   2,   3,      8,          16, 31, 32,   63,
				     127, 128, 255, 0xffff, 0x7fffffff, -1, -2, -128, -129 };

	if (rnd(g, 3))
		return edges[rnd(g, ARRAY_SIZE(edges))];
	return (s32)(g->state >> 7) >> rnd(g, 31);
}

static inline bool takes_scratch(const struct insn_desc *d)
{
	u8 code = BPF_OP(d->code);

	if (d->form == FORM_FETCH || d->form == FORM_CMPXCHG)
		return true;
	return (d->form == FORM_ALU_X || d->form == FORM_ALU_K) &&
	       (code == BPF_DIV || code == BPF_MOD);
}

/* An opcode of the form, any with equal chance. */
static inline u8 rnd_op(struct random_prog *g, u8 form)
{
	for (;;) {
		u8 op = rnd(g, NR_INSN_OPS);
		const struct insn_desc *d = &skep__insn_descs[op];

		if (d->form == form && !(g->light && takes_scratch(d)))
			return op;
	}
}

static inline u8 rnd_reg(struct random_prog *g)
{
	return g->regs[rnd(g, g->nr_regs)];
}

/* Mostly whole words, as spills are. */
static inline s32 rnd_slot(struct random_prog *g, u32 size)
{
	if (size == 8 || rnd(g, 3))
		return -64 + (s32)rnd(g, 8) * 8;
	return -64 + (s32)rnd(g, 8) * 8 + (s32)(rnd(g, 8 / size) * size);
}

#endif
