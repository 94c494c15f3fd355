/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/live_flow.h"

#include "verify/cfg.h"

static u32 nr_places(const struct verify_env *env, u32 sub)
{
	return env->subs[sub + 1].order_start - env->subs[sub].order_start;
}

int skep__live_graph_init(struct verify_env *env, struct live_graph *g)
{
	u32 len = env->prog->len, nr = env->subs[env->prog->nr_subprogs].order_start, succ[2];

	g->places = skep__pool_zalloc(&env->pool, len, sizeof(*g->places));
	g->pred_start = skep__pool_zalloc(&env->pool, len + 1, sizeof(*g->pred_start));
	g->preds = skep__pool_zalloc(&env->pool, 2 * (size_t)nr, sizeof(*g->preds));
	if (!g->places || !g->pred_start || !g->preds)
		return -ENOMEM;
	for (u32 i = 0; i < len; i++)
		g->places[i] = NO_PLACE;
	for (u32 place = 0; place < nr; place++) {
		g->places[env->postorder[place]] = place;
		for (u32 n = skep__successors(env, env->postorder[place], succ); n--;)
			g->pred_start[succ[n]]++;
	}
	/* Where the lists end; filling them from their ends leaves where they start. */
	for (u32 i = 0; i < len; i++)
		g->pred_start[i + 1] += g->pred_start[i];
	for (u32 place = 0; place < nr; place++) {
		for (u32 n = skep__successors(env, env->postorder[place], succ); n--;)
			g->preds[--g->pred_start[succ[n]]] = place;
	}
	return 0;
}

static void all_stale(const struct verify_env *env, struct live_flow *f)
{
	for (u32 i = 0; i < nr_places(env, f->sub); i++)
		flow_stale(env, f, env->subs[f->sub].order_start + i);
}

struct live_flow *skep__live_flow_new(struct verify_env *env, u32 sub, const struct chain *chain,
				      u32 frame)
{
	const struct subprog *s = &env->prog->subprogs[sub];
	struct live_flow *f = skep__pool_zalloc(&env->pool, 1, sizeof(*f));

	if (!f)
		return NULL;
	f->chain = chain;
	f->sub = sub;
	f->frame = frame;
	f->marks = skep__pool_zalloc(&env->pool, s->end - s->start, sizeof(*f->marks));
	f->stale = skep__pool_zalloc(&env->pool, nr_places(env, sub) / 64 + 1, sizeof(*f->stale));
	if (!f->marks || !f->stale)
		return NULL;
	all_stale(env, f);
	return f;
}

void skep__live_flow_restart(const struct verify_env *env, struct live_flow *f)
{
	const struct subprog *s = &env->prog->subprogs[f->sub];

	for (u32 i = 0; i < s->end - s->start; i++)
		f->marks[i].writes_on = 0;
	all_stale(env, f);
}

static bool compute(struct verify_env *env, struct live_flow *f, u32 insn)
{
	struct marks *m = flow_marks(env, f, insn);
	u64 live = 0, on = UINT64_MAX;
	u32 succ[2], n = skep__successors(env, insn, succ);
	bool changed;

	if (!n)
		return false;
	while (n) {
		const struct marks *next = flow_marks(env, f, succ[--n]);

		live |= next->live;
		on &= next->writes_on;
	}
	live = (live & ~m->writes) | m->reads;
	on |= m->writes;
	changed = live != m->live || on != m->writes_on;
	if (changed && unlikely(env_logs(env, LOG_ALL)))
		skep__vlog_live_change(env, f, insn, live, on);
	m->live = live;
	m->writes_on = on;
	return changed;
}

bool skep__live_flow_sweep(struct verify_env *env, const struct live_graph *g, struct live_flow *f)
{
	u32 first = env->subs[f->sub].order_start, word = f->stale_low;
	bool changed = false;

	f->stale_low = UINT32_MAX;
	for (; word < f->stale_high; word++) {
		for (u64 ahead = UINT64_MAX; f->stale[word] & ahead;) {
			u32 bit = __builtin_ctzll(f->stale[word] & ahead);
			u32 insn = env->postorder[first + word * 64 + bit];

			ahead = UINT64_MAX << bit << 1;
			f->stale[word] &= ~(1ull << bit);
			if (!compute(env, f, insn))
				continue;
			changed = true;
			for (u32 i = g->pred_start[insn]; i < g->pred_start[insn + 1]; i++)
				flow_stale(env, f, g->preds[i]);
		}
	}
	if (!changed)
		f->stale_high = 0;
	return changed;
}
