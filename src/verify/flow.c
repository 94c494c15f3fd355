/* SPDX-License-Identifier: BSD-2-Clause */
/* Control flow: from the start of every subprogram, each instruction must be reached. */
#include <string.h>

#include "base/alloc.h"
#include "verify/passes.h"

struct walk {
	struct prep *p;
	u32 *stack; /* instructions still to be looked at; each is pushed once */
	u32 depth;
	u8 *seen;
};

static void push(struct walk *w, u32 i)
{
	if (w->seen[i])
		return;
	w->seen[i] = 1;
	w->stack[w->depth++] = i;
}

static bool is_wide(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* Jumps were checked to stay in their subprogram, and subprograms to end in an exit or a jump. */
static void follow(struct walk *w, u32 i)
{
	const struct bpf_insn *insn = &w->p->in->insns[i];
	bool always = insn->code == (BPF_JMP | BPF_JA) || insn->code == (BPF_JMP32 | BPF_JA);
	s64 target;

	if (insn->code == (BPF_JMP | BPF_EXIT))
		return;
	if (skep__prep_jump_target(insn, i, &target))
		push(w, target);
	if (!always)
		push(w, i + (is_wide(insn) ? 2 : 1));
}

static int check_seen(const struct walk *w)
{
	for (u32 i = 0; i < w->p->len; i++) {
		if (!w->seen[i])
			return skep__prep_fail(w->p, -EINVAL, "unreachable insn %u\n", i);
		if (!is_wide(&w->p->in->insns[i]))
			continue;
		if (w->seen[i + 1])
			return skep__prep_fail(w->p, -EINVAL,
					       "jump into the middle of ldimm64 insn %u\n", i);
		i++;
	}
	return 0;
}

int skep__prep_check_flow(struct prep *p)
{
	struct walk w = { .p = p };
	int err = -ENOMEM;

	w.stack = skep__zalloc_array(p->len, sizeof(*w.stack));
	w.seen = skep__zalloc(p->len + 1); /* a wide load in the last slot was refused before */
	if (w.stack && w.seen) {
		for (u32 i = 0; i < p->nr_subprogs; i++)
			push(&w, p->subprogs[i].start);
		while (w.depth)
			follow(&w, w.stack[--w.depth]);
		err = check_seen(&w);
	}
	skep__free(w.stack);
	skep__free(w.seen);
	return err;
}
