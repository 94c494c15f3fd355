/* SPDX-License-Identifier: BSD-2-Clause */
/* How precision is traced back, in the kernel's words: level 2 of the log tells every step. */
#include "verify/precise.h"

/* Lists have `before` before the first; what comes before the next is the result. */
static const char *put_regs(struct verify_env *env, const char *before, u32 regs)
{
	for (; regs; regs &= regs - 1, before = ",")
		skep__vlog(env, "%sr%d", before, __builtin_ctz(regs));
	return before;
}

static void put_slots(struct verify_env *env, const char *before, const char *name, u64 slots)
{
	for (; slots; slots &= slots - 1, before = ",")
		skep__vlog(env, "%s%s%d", before, name, -8 * (__builtin_ctzll(slots) + 1));
}

void skep__vlog_slots(struct verify_env *env, u64 slots)
{
	put_slots(env, "", "", slots);
}

static void put_wanted(struct verify_env *env, const struct backtrack *bt, u32 frame)
{
	skep__vlog(env, "regs=");
	put_regs(env, "", bt->regs[frame]);
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
	if (!env_logs(env, LOG_ALL) || !(bt->regs[frame] | bt->slots[frame]))
		return;
	skep__vlog(env, "frame %u: ", frame);
	put_slots(env, put_regs(env, "propagating ", bt->regs[frame]), "fp", bt->slots[frame]);
	skep__vlog(env, "\n");
}
