/* SPDX-License-Identifier: BSD-2-Clause */
/* How precision is traced back, in the kernel's words: level 2 of the log tells every step. */
#include "verify/precise.h"

static void put_regs(struct verify_env *env, u32 regs)
{
	const char *comma = "";

	for (; regs; regs &= regs - 1, comma = ",")
		skep__vlog(env, "%sr%d", comma, __builtin_ctz(regs));
}

void skep__vlog_slots(struct verify_env *env, u64 slots)
{
	const char *comma = "";

	for (; slots; slots &= slots - 1, comma = ",")
		skep__vlog(env, "%s%d", comma, -8 * (__builtin_ctzll(slots) + 1));
}

static void put_wanted(struct verify_env *env, const struct backtrack *bt, u32 frame)
{
	skep__vlog(env, "regs=");
	put_regs(env, bt->regs[frame]);
	skep__vlog(env, " stack=");
	skep__vlog_slots(env, bt->slots[frame]);
}

void skep__vlog_precise_walk(struct verify_env *env, s64 last, s64 first, s64 after)
{
	if (env_logs(env, LOG_ALL))
		skep__vlog(env, "mark_precise: frame%u: last_idx %d first_idx %d subseq_idx %d \n",
			   env->bt->frame, (int)last, (int)first, (int)after);
}

void skep__vlog_precise_insn(struct verify_env *env, u32 insn)
{
	if (env_insn(env, insn)->op == OP_LDIMM_HI)
		return;
	skep__vlog(env, "mark_precise: frame%u: ", env->bt->frame);
	put_wanted(env, env->bt, env->bt->frame);
	skep__vlog(env, " before %u: ", insn);
	skep__vlog_insn(env, insn);
}

void skep__vlog_precise_state(struct verify_env *env, const struct state *s, u32 frame)
{
	if (!env_logs(env, LOG_ALL))
		return;
	skep__vlog(env, "mark_precise: frame%u: parent state ", frame);
	put_wanted(env, env->bt, frame);
	skep__vlog(env, ": ");
	skep__vlog_state(env, s, frame, true);
}

void skep__vlog_spread(struct verify_env *env, const struct backtrack *bt, u32 frame)
{
	const char *between = "propagating ";

	if (!env_logs(env, LOG_ALL) || !(bt->regs[frame] | bt->slots[frame]))
		return;
	skep__vlog(env, "frame %u: ", frame);
	for (u32 rest = bt->regs[frame]; rest; rest &= rest - 1, between = ",")
		skep__vlog(env, "%sr%d", between, __builtin_ctz(rest));
	for (u64 rest = bt->slots[frame]; rest; rest &= rest - 1, between = ",")
		skep__vlog(env, "%sfp%d", between, -8 * (__builtin_ctzll(rest) + 1));
	skep__vlog(env, "\n");
}
