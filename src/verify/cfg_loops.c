/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Strongly connected components of each subprogram (Tarjan's algorithm, without recursion). A
 * component is a loop when it has more than one instruction, or one that goes to itself; loops are
 * numbered from 1.
 */
#include "verify/cfg.h"

struct tarjan {
	struct verify_env *env;
	u32 *pre, *low; /* order of discovery (0: none yet), lowest order that is reached */
	u32 *stack, depth; /* of the algorithm */
	u32 *dfs, dfs_depth; /* of the walk */
	u8 *next;
	u32 order;
};

enum { NONE = UINT32_MAX };

static void close_component(struct tarjan *t, u32 root)
{
	struct verify_env *env = t->env;
	u32 succ[2], insn, n;
	bool is_loop = t->stack[t->depth - 1] != root;

	n = skep__successors(env, root, succ);
	for (u32 i = 0; i < n; i++)
		is_loop |= succ[i] == root;
	if (is_loop)
		env->nr_sccs++;
	do {
		insn = t->stack[--t->depth];
		t->low[insn] = NONE;
		if (is_loop)
			env->info[insn].scc = env->nr_sccs;
	} while (insn != root);
}

static void enter(struct tarjan *t, u32 insn)
{
	t->pre[insn] = t->low[insn] = ++t->order;
	t->stack[t->depth++] = insn;
	t->dfs[t->dfs_depth++] = insn;
}

static void visit(struct tarjan *t)
{
	u32 insn = t->dfs[t->dfs_depth - 1], succ[2];
	u32 n = skep__successors(t->env, insn, succ);

	while (t->next[insn] < n) {
		u32 to = succ[t->next[insn]];

		if (!t->pre[to]) {
			enter(t, to);
			return; /* and comes back to the same edge */
		}
		t->low[insn] = min(t->low[insn], t->low[to]);
		t->next[insn]++;
	}
	t->dfs_depth--;
	if (t->low[insn] == t->pre[insn])
		close_component(t, insn);
}

int skep__cfg_loops(struct verify_env *env)
{
	struct pool *pool = &env->pool;
	u32 len = env->prog->len;
	struct tarjan t = { .env = env };

	t.pre = skep__pool_zalloc(pool, len, sizeof(u32));
	t.low = skep__pool_zalloc(pool, len, sizeof(u32));
	t.stack = skep__pool_zalloc(pool, len, sizeof(u32));
	t.dfs = skep__pool_zalloc(pool, len, sizeof(u32));
	t.next = skep__pool_zalloc(pool, len, 1);
	if (!t.pre || !t.low || !t.stack || !t.dfs || !t.next)
		return -ENOMEM;
	for (u32 s = 0; s < env->prog->nr_subprogs; s++) {
		enter(&t, sub_start(env, s));
		while (t.dfs_depth)
			visit(&t);
	}
	skep__pool_free(pool, t.pre, len * sizeof(u32));
	skep__pool_free(pool, t.low, len * sizeof(u32));
	skep__pool_free(pool, t.stack, len * sizeof(u32));
	skep__pool_free(pool, t.dfs, len * sizeof(u32));
	skep__pool_free(pool, t.next, len);
	return 0;
}
