/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which registers matter before each instruction: those that some way on from there reads before it
 * writes them. Textbook data flow over each subprogram; a stored state is compared in live
 * registers only.
 */
#include "isa/insn_regs.h"
#include "verify/cfg.h"
#include "verify/kfunc.h"

struct usage {
	u16 use, def;
};

#define BIT(n) ((u16)(1u << (n)))
#define CALLER_SAVED 0x3f /* R0..R5 */
#define ALL_REGS 0xffff

/* A call reads as many argument registers as the function has parameters, where that is known. */
static u16 call_uses(const struct verify_env *env, const struct insn *insn)
{
	const struct helper *helper;
	u32 n = 5;

	if (insn->op == OP_CALL_HELPER) {
		helper = skep__env_helper(env, insn);
		if (helper) {
			for (n = 0; n < 5 && helper->args[n] != ARG_NONE; n++)
				;
		}
	}
	if (insn->op == OP_CALL_KFUNC && skep__env_kfunc(env, insn))
		n = skep__kfunc_params(env, insn);
	return (u16)(((1u << n) - 1) << 1);
}

static struct usage usage_of(const struct verify_env *env, const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_NONE:
	case FORM_LDPKT:
		return (struct usage){ ALL_REGS, 0 };
	case FORM_CALL_HELPER:
	case FORM_CALL_LOCAL:
	case FORM_CALL_KFUNC:
		return (struct usage){ call_uses(env, insn), CALLER_SAVED };
	case FORM_EXIT:
		return (struct usage){ BIT(BPF_REG_0), 0 };
	default:
		return (struct usage){ insn_reads(insn), insn_writes(insn) };
	}
}

/* Also which loop an instruction belongs to, if to any. */
static void log_live_regs(struct verify_env *env)
{
	const struct prog *prog = env->prog;

	if (!env_logs(env, LOG_ALL))
		return;
	skep__vlog(env, "Live regs before insn:\n");
	for (u32 i = 0; i < prog->len; i++) {
		const struct insn_info *info = &env->info[i];

		if (env_insn(env, i)->op == OP_LDIMM_HI)
			continue;
		if (info->scc)
			skep__vlog(env, "%3u ", info->scc);
		else
			skep__vlog(env, "    ");
		skep__vlog(env, "%3u: ", i);
		for (u32 r = 0; r < BPF_REG_10; r++)
			skep__strbuf_putc(env->log, info->live_regs & BIT(r) ? '0' + r : '.');
		skep__vlog(env, " ");
		skep__vlog_insn(env, i);
	}
}

int skep__live_regs(struct verify_env *env)
{
	const struct prog *prog = env->prog;
	struct usage *usage = skep__pool_zalloc(&env->pool, prog->len, sizeof(*usage));
	bool changed;

	if (!usage)
		return -ENOMEM;
	for (u32 i = 0; i < prog->len; i++)
		usage[i] = usage_of(env, env_insn(env, i));
	do {
		changed = false;
		for (u32 o = 0; o < env->subs[prog->nr_subprogs].order_start; o++) {
			u32 i = env->postorder[o], succ[2];
			u32 n = skep__successors(env, i, succ);
			u16 live = 0;

			while (n)
				live |= env->info[succ[--n]].live_regs;
			live = (u16)((live & ~usage[i].def) | usage[i].use);
			changed |= live != env->info[i].live_regs;
			env->info[i].live_regs = live;
		}
	} while (changed);
	skep__pool_free(&env->pool, usage, prog->len * sizeof(*usage));
	log_live_regs(env);
	return 0;
}
