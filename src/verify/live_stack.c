/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The data flow, for each chain of calls and each frame in it:
 *
 *	live after i  = union of live before s, over the successors s of i
 *	live before i = (live after i - surely written by i) + read by i
 *
 * A call instruction reads what its callee's first instruction has live, and surely writes what the
 *callee writes on all ways to its exits.
 */
#include "verify/live_stack.h"

#include <string.h>

#include "verify/live_flow.h"

#define BUCKETS 256

/* What is known of what an instruction surely writes. */
enum seen_writes { SEEN_NEVER, SEEN_NONE /* for good */, SEEN_SOME };

/* A subprogram as called through one chain. */
struct instance {
	struct instance *next;
	struct chain chain;
	u32 sub, len;
	bool updated, writes_dropped;
	struct live_flow *frames[MAX_CALL_FRAMES]; /* of each frame's stack; made when needed */
	u8 *seen; /* enum seen_writes, by instruction */
};

struct live_stack {
	struct live_graph graph;
	struct instance *buckets[BUCKETS];
	struct instance *cur; /* of the current path's innermost frame; NULL: to be looked up */
	u64 writes[MAX_CALL_FRAMES]; /* of the instruction at hand */
	bool wrote; /* there are some */
	u32 write_insn;
	struct instance *asked[MAX_CALL_FRAMES];
	u32 asked_cur, asked_insn;
};

int skep__live_stack_init(struct verify_env *env)
{
	env->live = skep__pool_zalloc(&env->pool, 1, sizeof(*env->live));
	return env->live ? skep__live_graph_init(env, &env->live->graph) : -ENOMEM;
}

static u32 hash_chain(const struct chain *c)
{
	u32 h = c->depth;

	for (u32 i = 0; i <= c->depth; i++)
		h = (h ^ c->sites[i]) * 0x9e3779b1u;
	return (h >> 16) % BUCKETS;
}

static bool same_chain(const struct chain *a, const struct chain *b)
{
	return a->depth == b->depth &&
	       !memcmp(a->sites, b->sites, (a->depth + 1) * sizeof(a->sites[0]));
}

static struct instance *find(struct verify_env *env, const struct chain *chain)
{
	struct instance **bucket = &env->live->buckets[hash_chain(chain)], *in;
	const struct subprog *sub;

	for (in = *bucket; in; in = in->next) {
		if (same_chain(&in->chain, chain))
			return in;
	}
	in = skep__pool_zalloc(&env->pool, 1, sizeof(*in));
	if (!in)
		return NULL;
	in->chain = *chain;
	in->sub = skep__sub_of(env, chain->starts[chain->depth]);
	sub = &env->prog->subprogs[in->sub];
	in->len = sub->end - sub->start;
	in->seen = skep__pool_zalloc(&env->pool, in->len, sizeof(*in->seen));
	if (!in->seen)
		return NULL;
	in->next = *bucket;
	return *bucket = in;
}

static struct instance *instance_of(struct verify_env *env, const struct state *s, u32 frame)
{
	struct chain chain = { .depth = frame };

	for (u32 i = 0; i <= frame; i++) {
		chain.starts[i] = sub_start(env, s->frames[i]->subprog);
		if (i < s->cur)
			chain.sites[i] = s->frames[i + 1]->callsite;
	}
	chain.sites[frame] = chain.starts[frame];
	return find(env, &chain);
}

static int need_current(struct verify_env *env)
{
	struct live_stack *live = env->live;

	if (!live->cur)
		live->cur = instance_of(env, env->cur, env->cur->cur);
	return live->cur ? 0 : -ENOMEM;
}

static struct marks *marks_at(const struct verify_env *env, const struct instance *in, u32 frame,
			      u32 insn)
{
	return in->frames[frame] ? flow_marks(env, in->frames[frame], insn) : NULL;
}

static struct marks *make_marks(struct verify_env *env, struct instance *in, u32 frame, u32 insn)
{
	if (!in->frames[frame])
		in->frames[frame] = skep__live_flow_new(env, in->sub, &in->chain, frame);
	return marks_at(env, in, frame, insn);
}

static void is_stale(const struct verify_env *env, struct instance *in, u32 frame, u32 insn)
{
	u32 place = env->live->graph.places[insn];

	if (place != NO_PLACE)
		flow_stale(env, in->frames[frame], place);
}

static int add_reads(struct verify_env *env, struct instance *in, u32 frame, u32 insn, u64 slots)
{
	struct marks *m = make_marks(env, in, frame, insn);

	if (!m)
		return -ENOMEM;
	if (!(slots & ~m->reads))
		return 0;
	m->reads |= slots;
	is_stale(env, in, frame, insn);
	if (m->reads & ~m->live)
		in->updated = true;
	return 0;
}

int skep__live_stack_read(struct verify_env *env, u32 frame, u64 slots)
{
	int err = need_current(env);

	return err ? err : add_reads(env, env->live->cur, frame, env->insn, slots);
}

void skep__live_stack_write(struct verify_env *env, u32 frame, u64 slots)
{
	env->live->writes[frame] |= slots;
	env->live->wrote |= slots != 0;
}

static void begin_writes(struct live_stack *live, u32 insn)
{
	live->write_insn = insn;
	if (live->wrote)
		memset(live->writes, 0, sizeof(live->writes));
	live->wrote = false;
}

/* What an instruction surely writes is what it wrote every time that it was seen. */
static int commit_writes(struct verify_env *env, struct instance *in)
{
	struct live_stack *live = env->live;
	bool first;
	u8 *seen;

	if (!in)
		return 0;
	seen = &in->seen[live->write_insn - in->chain.starts[in->chain.depth]];
	first = *seen == SEEN_NEVER;
	if (first)
		*seen = live->wrote ? SEEN_SOME : SEEN_NONE;
	for (u32 f = 0; f <= in->chain.depth && *seen == SEEN_SOME; f++) {
		u64 mask = live->writes[f];
		struct marks *m;

		if (!mask && (first || !in->frames[f]))
			continue;
		m = make_marks(env, in, f, live->write_insn);
		if (!m)
			return -ENOMEM;
		if (!first)
			mask &= m->writes;
		if (m->writes & ~mask)
			in->writes_dropped = true;
		if (m->writes == mask)
			continue;
		m->writes = mask;
		is_stale(env, in, f, live->write_insn);
		in->updated = true;
	}
	return 0;
}

int skep__live_stack_begin_insn(struct verify_env *env)
{
	int err = need_current(env);

	if (!err)
		begin_writes(env->live, env->insn);
	return err;
}

int skep__live_stack_end_insn(struct verify_env *env)
{
	return commit_writes(env, env->live->cur);
}

void skep__live_stack_new_frame(struct verify_env *env)
{
	env->live->cur = NULL;
}

/* What the subprogram does to its callers' stacks, the call instruction does. */
static int tell_caller(struct verify_env *env, struct instance *in)
{
	struct chain chain = in->chain;
	u32 start = chain.starts[chain.depth], site = chain.sites[chain.depth - 1];
	struct instance *caller;
	int err;

	chain.depth--;
	chain.sites[chain.depth] = chain.starts[chain.depth];
	caller = find(env, &chain);
	if (!caller)
		return -ENOMEM;
	begin_writes(env->live, site);
	for (u32 f = 0; f < in->chain.depth; f++) {
		const struct marks *first = marks_at(env, in, f, start);

		if (!first)
			continue;
		skep__live_stack_write(env, f, first->writes_on);
		err = add_reads(env, caller, f, site, first->live);
		if (err)
			return err;
	}
	return commit_writes(env, caller);
}

static int update(struct verify_env *env, struct instance *in)
{
	u32 sweeps = 0;
	bool changed;

	for (u32 f = 0; f <= in->chain.depth && in->writes_dropped; f++) {
		if (in->frames[f])
			skep__live_flow_restart(env, in->frames[f]);
	}
	do {
		sweeps++;
		changed = false;
		for (u32 f = 0; f <= in->chain.depth; f++) {
			if (in->frames[f])
				changed |= skep__live_flow_sweep(env, &env->live->graph,
								 in->frames[f]);
		}
	} while (changed);
	skep__vlog_live_done(env, &in->chain, sweeps);
	return in->chain.depth ? tell_caller(env, in) : 0;
}

int skep__live_stack_update(struct verify_env *env)
{
	env->live->cur = NULL;
	for (u32 f = env->cur->cur + 1; f-- > 0;) {
		struct instance *in = instance_of(env, env->cur, f);
		int err;

		if (!in)
			return -ENOMEM;
		if (!in->updated)
			continue;
		err = update(env, in);
		if (err)
			return err;
		in->updated = in->writes_dropped = false;
	}
	return 0;
}

int skep__live_stack_ask(struct verify_env *env, const struct state *s)
{
	struct live_stack *live = env->live;

	for (u32 f = 0; f <= s->cur; f++) {
		live->asked[f] = instance_of(env, s, f);
		if (!live->asked[f])
			return -ENOMEM;
	}
	live->asked_cur = s->cur;
	live->asked_insn = s->insn;
	return 0;
}

static u64 live_at(const struct verify_env *env, const struct instance *in, u32 insn, u32 frame)
{
	const struct marks *m = marks_at(env, in, frame, insn);

	return m ? m->live : 0;
}

u64 skep__live_stack_alive(const struct verify_env *env, u32 frame)
{
	const struct live_stack *live = env->live;
	const struct instance *in = live->asked[live->asked_cur];
	u64 alive = live_at(env, in, live->asked_insn, frame);

	for (u32 i = frame; i < live->asked_cur; i++) {
		u32 site = in->chain.sites[i];
		/* A callback is called again and again: what the call reads stays alive. */
		bool again = env->info[site].marks & MARK_CALLBACK;

		alive |= live_at(env, live->asked[i], again ? site : site + 1, frame);
	}
	return alive;
}
