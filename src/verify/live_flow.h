/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks of one frame's stack at each instruction of a subprogram, and how they spread along the
 * control flow. Sweeps go through the subprogram in postorder and compute what is stale alone: all
 * else would come out as it is.
 */
#ifndef SKEP_VERIFY_LIVE_FLOW_H
#define SKEP_VERIFY_LIVE_FLOW_H

#include "verify/env.h"

struct marks {
	u64 reads, writes; /* may read; surely writes */
	u64 writes_on; /* surely written from here to the exit */
	u64 live; /* before it */
};

/* The call instructions that lead to a subprogram, and its own start. */
struct chain {
	u32 sites[MAX_CALL_FRAMES]; /* [depth] is the subprogram's start */
	u32 starts[MAX_CALL_FRAMES];
	u32 depth;
};

struct live_flow {
	const struct chain *chain;
	u32 sub, frame; /* the stack is that of this frame of the chain's */
	struct marks *marks; /* by instruction, from the subprogram's first */
	u64 *stale; /* a bit for each place in the subprogram's postorder */
	u32 stale_low, stale_high; /* the words with bits are from low on and below high */
};

#define NO_PLACE UINT32_MAX
/* The graph, backwards, once for the program. */
struct live_graph {
	u32 *places; /* of instructions in env->postorder; NO_PLACE: no way leads there */
	u32 *pred_start, *preds; /* places before instruction i: from preds[pred_start[i]] on */
};
int skep__live_graph_init(struct verify_env *env, struct live_graph *g);

/* Nothing is marked, everything is stale. NULL: no memory. */
struct live_flow *skep__live_flow_new(struct verify_env *env, u32 sub, const struct chain *chain,
				      u32 frame);

static inline struct marks *flow_marks(const struct verify_env *env, const struct live_flow *f,
				       u32 insn)
{
	return &f->marks[insn - sub_start(env, f->sub)];
}

/* The marks of the instruction at a place changed, or those behind it did. */
static inline void flow_stale(const struct verify_env *env, struct live_flow *f, u32 place)
{
	u32 i = place - env->subs[f->sub].order_start;

	f->stale[i / 64] |= 1ull << i % 64;
	f->stale_low = min(f->stale_low, i / 64);
	f->stale_high = max(f->stale_high, i / 64 + 1);
}

/* Writes that were taken for sure are not: what is said of ways to the exit begins anew. */
void skep__live_flow_restart(const struct verify_env *env, struct live_flow *f);

/* One sweep; false: nothing changed, and nothing is stale. */
bool skep__live_flow_sweep(struct verify_env *env, const struct live_graph *g, struct live_flow *f);

/* log_live.c, at level 2: the marks of an instruction become these; all sweeps are done. */
void skep__vlog_live_change(struct verify_env *env, const struct live_flow *f, u32 insn, u64 live,
			    u64 writes_on);
void skep__vlog_live_done(struct verify_env *env, const struct chain *chain, u32 sweeps);

#endif
