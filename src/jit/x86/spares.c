/* SPDX-License-Identifier: BSD-2-Clause */
/* Machine registers that a subprogram leaves unused. */
#include "jit/x86/lower.h"

bool x86_needs_run(const struct compilation *jit)
{
	for (u32 s = 0; s < jit->prog->nr_subprogs; s++) {
		if (jit->flow.subs[s].calls)
			return true;
	}
	return false;
}

static void add(struct spares *spares, enum x86_reg reg)
{
	if (spares->nr < NR_SPARES)
		spares->regs[spares->nr++] = reg;
}

/* What a call would spoil: good where there is none. Divisions and their like need scratch, rax and
 * rdx. */
static void add_free(struct spares *spares, const struct sub_flow *sub, u16 used, u32 features)
{
	static const struct {
		u8 bpf, machine;
		bool for_divisions;
	} args[] = {
		{ BPF_REG_5, R8, false },  { BPF_REG_4, RCX, true },  { BPF_REG_3, RDX, true },
		{ BPF_REG_2, RSI, false }, { BPF_REG_1, RDI, false },
	};
	bool keep_scratch = sub->divides || sub->may_gotos || !(features & JIT_X86_BMI2);

	if (!keep_scratch) {
		add(spares, R9);
		add(spares, R10);
		add(spares, R11);
	}
	for (u32 i = 0; i < ARRAY_SIZE(args); i++) {
		if (!(used & REG_BIT(args[i].bpf)) && !(keep_scratch && args[i].for_divisions))
			add(spares, args[i].machine);
	}
}

/* What has to be saved for the caller, and then survives calls. */
static void add_saved(struct spares *spares, const struct compilation *jit,
		      const struct sub_flow *sub, u16 used)
{
	static const u8 machine[] = { RBX, R13, R14, R15 };

	for (u8 i = 0; i < ARRAY_SIZE(machine); i++) {
		if (!(used & REG_BIT(BPF_REG_6 + i)))
			add(spares, machine[i]);
	}
	if (!sub->fp_escapes && !(jit->flow.unwinds && sub == jit->flow.subs))
		add(spares, RBP);
	if (!x86_needs_run(jit))
		add(spares, REG_RUN);
}

void skep__target_spares(struct compilation *jit, u32 s)
{
	struct sub_flow *sub = &jit->flow.subs[s];
	u16 used = sub->read | sub->written;

	sub->spares = (struct spares){ 0 };
	if (!sub->calls)
		add_free(&sub->spares, sub, used, jit->features);
	sub->spares.nr_free = sub->spares.nr;
	add_saved(&sub->spares, jit, sub, used);
}
