/* SPDX-License-Identifier: BSD-2-Clause */
/* Which stack slots are found to be live, and written, in the kernel's words. */
#include "verify/live_flow.h"

static void put_chain(struct verify_env *env, const struct chain *chain)
{
	skep__vlog_chain(env, chain->sites, chain->depth, chain->sites[chain->depth]);
	skep__vlog(env, " ");
}

/* Instructions in between only pass on what these say. */
static bool is_told(const struct verify_env *env, const struct live_flow *f, u32 insn)
{
	const struct marks *m = flow_marks(env, f, insn);

	return m->reads || m->writes || insn == sub_start(env, f->sub) ||
	       env->info[insn].marks & MARK_PRUNE;
}

static void put_change(struct verify_env *env, const struct live_flow *f, u32 insn,
		       const char *what, u64 old, u64 new)
{
	if (old == new)
		return;
	put_chain(env, f->chain);
	skep__vlog(env, "frame %u insn %u ", f->frame, insn);
	if (new & ~old) {
		skep__vlog(env, "+%s ", what);
		skep__vlog_slots(env, new & ~old);
		skep__vlog(env, " ");
	}
	if (old & ~new) {
		skep__vlog(env, "-%s ", what);
		skep__vlog_slots(env, old & ~new);
	}
	skep__vlog(env, "\n");
}

void skep__vlog_live_change(struct verify_env *env, const struct live_flow *f, u32 insn, u64 live,
			    u64 writes_on)
{
	const struct marks *m = flow_marks(env, f, insn);

	if (!is_told(env, f, insn))
		return;
	put_change(env, f, insn, "live", m->live, live);
	put_change(env, f, insn, "written", m->writes_on, writes_on);
}

void skep__vlog_live_done(struct verify_env *env, const struct chain *chain, u32 sweeps)
{
	if (!env_logs(env, LOG_ALL))
		return;
	put_chain(env, chain);
	skep__vlog(env, "live stack update done in %u iterations\n", sweeps);
}
