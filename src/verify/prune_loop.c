/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A path that comes back to a loop's beginning ends there, before it is known what the rest of the
 * loop needs. Such states are kept until all paths of that visit to the loop have ended; then
 * precision is spread through them, round and round, until nothing changes. A visit is told by the
 * calls that lead to the loop.
 */
#include <string.h>

#include "verify/precise.h"
#include "verify/prune.h"

#define MAX_ROUNDS 64

struct loop_calls {
	u32 sites[MAX_CALL_FRAMES - 1]; /* of the frames around the loop's */
	u32 scc;
};

struct backedge {
	struct backedge *next;
	struct state *state;
};

struct visit {
	struct visit *next;
	struct loop_calls calls;
	struct state *entry; /* the first stored state in the loop on this path; NULL: left */
	struct backedge *backedges;
	u32 nr_backedges;
};

struct scc_visits {
	struct visit *visits;
};

/* The outermost loop that the state stands in; false: none. */
static bool calls_of(const struct verify_env *env, const struct state *s, struct loop_calls *calls)
{
	memset(calls, 0, sizeof(*calls));
	for (u32 f = 0; f <= s->cur; f++) {
		u32 insn = frame_insn(s, f);

		calls->scc = env->info[insn].scc;
		if (calls->scc)
			return true;
		if (f < s->cur)
			calls->sites[f] = insn;
	}
	return false;
}

static struct visit *find(const struct verify_env *env, const struct state *s)
{
	struct loop_calls calls;

	if (!env->scc_visits || !calls_of(env, s, &calls))
		return NULL;
	for (struct visit *v = env->scc_visits[calls.scc].visits; v; v = v->next) {
		if (!memcmp(&v->calls, &calls, sizeof(calls)))
			return v;
	}
	return NULL;
}

static void log_visit(struct verify_env *env, const char *what, const struct loop_calls *calls)
{
	u32 depth = 0;

	if (!env_logs(env, LOG_ALL))
		return;
	while (depth < ARRAY_SIZE(calls->sites) && calls->sites[depth])
		depth++;
	skep__vlog(env, "SCC %s ", what);
	skep__vlog_chain(env, calls->sites, depth, calls->scc);
	skep__vlog(env, "\n");
}

int skep__loop_enter(struct verify_env *env, struct state *s)
{
	struct visit *v = find(env, s);
	struct loop_calls calls;

	if (!calls_of(env, s, &calls))
		return 0;
	if (!env->scc_visits)
		env->scc_visits =
			skep__pool_zalloc(&env->pool, env->nr_sccs + 1, sizeof(*env->scc_visits));
	if (!env->scc_visits)
		return -ENOMEM;
	if (!v) {
		v = skep__pool_zalloc(&env->pool, 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		v->calls = calls;
		v->next = env->scc_visits[calls.scc].visits;
		env->scc_visits[calls.scc].visits = v;
	}
	if (!v->entry) {
		v->entry = s;
		log_visit(env, "enter", &calls);
	}
	return 0;
}

static void free_backedges(struct verify_env *env, struct visit *v)
{
	while (v->backedges) {
		struct backedge *b = v->backedges;

		v->backedges = b->next;
		skep__state_free(&env->pool, b->state);
		skep__pool_free(&env->pool, b, sizeof(*b));
	}
}

static int spread(struct verify_env *env, struct visit *v)
{
	u32 rounds = 0;
	bool changed;

	do {
		changed = false;
		for (struct backedge *b = v->backedges; b; b = b->next) {
			int err;

			if (rounds == MAX_ROUNDS) {
				skep__all_precise(b->state);
				continue;
			}
			err = skep__spread_precision(env, b->state->equal, b->state, &changed);
			if (err)
				return err;
		}
	} while (changed && rounds++ < MAX_ROUNDS);
	return 0;
}

int skep__loop_exit(struct verify_env *env, struct state *s)
{
	struct visit *v = find(env, s);
	int err;

	if (!v || v->entry != s)
		return 0;
	log_visit(env, "exit", &v->calls);
	v->entry = NULL;
	env->nr_backedges -= v->nr_backedges;
	v->nr_backedges = 0;
	skep__note_peak(env);
	err = spread(env, v);
	free_backedges(env, v);
	return err;
}

int skep__loop_back(struct verify_env *env, struct state *stored)
{
	struct visit *v = find(env, stored);
	struct backedge *b = skep__pool_zalloc(&env->pool, 1, sizeof(*b));
	int err;

	if (!v)
		return -EFAULT;
	if (!b)
		return -ENOMEM;
	b->state = skep__state_new(&env->pool);
	if (!b->state)
		return -ENOMEM;
	err = skep__state_copy(&env->pool, b->state, env->cur);
	if (err)
		return err;
	b->state->equal = stored;
	b->state->insn = env->insn;
	b->next = v->backedges;
	v->backedges = b;
	v->nr_backedges++;
	env->nr_backedges++;
	skep__note_peak(env);
	return 0;
}

bool skep__loop_open(struct verify_env *env, const struct state *s)
{
	const struct visit *v = find(env, s);

	return v && v->backedges;
}

void skep__loops_forget(struct verify_env *env)
{
	for (u32 i = 0; env->scc_visits && i <= env->nr_sccs; i++) {
		while (env->scc_visits[i].visits) {
			struct visit *v = env->scc_visits[i].visits;

			env->scc_visits[i].visits = v->next;
			free_backedges(env, v);
			skep__pool_free(&env->pool, v, sizeof(*v));
		}
	}
	env->nr_backedges = 0;
}
