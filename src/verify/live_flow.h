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

struct live_flow {
	u32 sub;
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
struct live_flow *skep__live_flow_new(struct verify_env *env, u32 sub);

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
bool skep__live_flow_sweep(const struct verify_env *env, const struct live_graph *g,
			   struct live_flow *f);

#endif
