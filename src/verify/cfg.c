/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where states are stored and compared. The kernel's choice decides how many instructions a program
 * costs, so the marks are its check_cfg's: at jumps, at their targets, behind calls, at iterators
 * and callbacks. Every instruction is reached (flow.c saw to that), so one pass over them does.
 */
#include "verify/cfg.h"
#include "verify/kfunc.h"

static void mark(struct verify_env *env, u32 insn, u8 marks)
{
	env->info[insn].marks |= marks;
}

u32 skep__successors(const struct verify_env *env, u32 insn, u32 succ[2])
{
	const struct insn *in = env_insn(env, insn);
	u32 n = 0;

	switch (insn_desc(in)->form) {
	case FORM_NONE: /* no path goes on behind it */
	case FORM_EXIT:
		return 0;
	case FORM_JA:
	case FORM_GOTOL:
		succ[0] = insn + 1 + in->off;
		return 1;
	case FORM_JMP_X:
	case FORM_JMP_K:
	case FORM_MAY_GOTO:
		succ[n++] = insn + 1;
		succ[n++] = insn + 1 + in->off;
		return n;
	case FORM_LDIMM:
		succ[0] = insn + 2;
		return 1;
	default:
		succ[0] = insn + 1;
		return 1;
	}
}

/* Behind a call, and behind a load of a callback's address. */
static void mark_behind_call(struct verify_env *env, u32 behind)
{
	mark(env, behind, MARK_PRUNE | MARK_JUMP);
}

static void mark_helper_call(struct verify_env *env, u32 i)
{
	const struct insn *insn = env_insn(env, i);
	const struct helper *helper = skep__env_helper(env, insn);
	struct sub_info *sub = &env->subs[skep__sub_of(env, i)];

	if (skep__calls_async_callback(env, insn))
		mark(env, i, MARK_PRUNE);
	if (skep__calls_sync_callback(env, insn))
		mark(env, i, MARK_CALLBACK | MARK_CHECKPOINT | MARK_PRUNE | MARK_JUMP);
	if (helper && helper->flags & HELPER_PKT)
		sub->moves_packet = true;
	if (helper && helper->flags & HELPER_SLEEPS)
		sub->might_sleep = true;
	if (insn->imm == BPF_FUNC_tail_call)
		sub->has_tail_call = true;
	mark_behind_call(env, i + 1);
}

static void mark_kfunc_call(struct verify_env *env, u32 i)
{
	const struct kfunc *kfunc = skep__env_kfunc(env, env_insn(env, i));
	struct sub_info *sub = &env->subs[skep__sub_of(env, i)];

	if (skep__calls_async_callback(env, env_insn(env, i)))
		mark(env, i, MARK_PRUNE);
	if (skep__calls_sync_callback(env, env_insn(env, i)))
		mark(env, i, MARK_CALLBACK | MARK_CHECKPOINT | MARK_PRUNE | MARK_JUMP);
	if (kfunc && kfunc->flags & KFUNC_ITER_NEXT)
		mark(env, i, MARK_ITER_NEXT | MARK_CHECKPOINT | MARK_PRUNE);
	if (kfunc && kfunc->flags & KFUNC_MOVES)
		sub->moves_packet = true;
	if (kfunc && kfunc->flags & KFUNC_SLEEPS)
		sub->might_sleep = true;
	mark_behind_call(env, i + 1);
}

static void mark_insn(struct verify_env *env, u32 i)
{
	const struct insn *insn = env_insn(env, i);

	switch (insn_desc(insn)->form) {
	case FORM_JA:
	case FORM_GOTOL:
		mark(env, i + 1 + insn->off, MARK_PRUNE | MARK_JUMP);
		break;
	case FORM_MAY_GOTO:
		mark(env, i, MARK_CHECKPOINT);
		/* fallthrough */
	case FORM_JMP_X:
	case FORM_JMP_K:
		mark(env, i, MARK_PRUNE);
		mark(env, i + 1 + insn->off, MARK_PRUNE | MARK_JUMP);
		break;
	case FORM_CALL_HELPER:
		mark_helper_call(env, i);
		break;
	case FORM_CALL_KFUNC:
		mark_kfunc_call(env, i);
		break;
	case FORM_CALL_LOCAL:
		mark_behind_call(env, i + 1);
		mark(env, i, MARK_PRUNE);
		mark(env, i + 1 + insn->off, MARK_PRUNE | MARK_JUMP);
		break;
	case FORM_LDIMM:
		if (insn->op == OP_LDFUNC) {
			mark_behind_call(env, i + 2);
			mark(env, i, MARK_PRUNE);
			mark(env, sub_start(env, insn->imm), MARK_PRUNE | MARK_JUMP);
		}
		break;
	case FORM_LDPKT:
		env->subs[skep__sub_of(env, i)].has_ld_abs = true;
		break;
	default:
		break;
	}
}

/* What a callee does to packets and to time, its callers do. */
static void spread_effects(struct verify_env *env)
{
	bool changed;

	do {
		changed = false;
		for (u32 i = 0; i < env->prog->len; i++) {
			const struct insn *insn = env_insn(env, i);
			struct sub_info *caller, *callee;
			int to = -1;

			if (insn->op == OP_CALL_LOCAL)
				to = skep__sub_at(env, i + 1 + insn->off);
			else if (insn->op == OP_LDFUNC)
				to = insn->imm;
			if (to < 0)
				continue;
			caller = &env->subs[skep__sub_of(env, i)];
			callee = &env->subs[to];
			if ((callee->moves_packet && !caller->moves_packet) ||
			    (callee->might_sleep && !caller->might_sleep)) {
				caller->moves_packet |= callee->moves_packet;
				caller->might_sleep |= callee->might_sleep;
				changed = true;
			}
		}
	} while (changed);
}

/* Depth-first walks with a stack of their own: programs can be a million instructions long. */
struct walk {
	struct verify_env *env;
	u32 *stack, depth;
	u8 *color; /* 0 unseen, 1 on the path, 2 done */
	u8 *next; /* which successor comes next */
};

static int walk_new(struct verify_env *env, struct walk *w)
{
	*w = (struct walk){ .env = env };
	w->stack = skep__pool_zalloc(&env->pool, env->prog->len, sizeof(*w->stack));
	w->color = skep__pool_zalloc(&env->pool, env->prog->len, 1);
	w->next = skep__pool_zalloc(&env->pool, env->prog->len, 1);
	return w->stack && w->color && w->next ? 0 : -ENOMEM;
}

static void walk_end(struct walk *w)
{
	u32 len = w->env->prog->len;

	skep__pool_free(&w->env->pool, w->stack, len * sizeof(*w->stack));
	skep__pool_free(&w->env->pool, w->color, len);
	skep__pool_free(&w->env->pool, w->next, len);
}

static void walk_push(struct walk *w, u32 insn)
{
	w->color[insn] = 1;
	w->stack[w->depth++] = insn;
}

/* Goes down one edge; false when there is none left, and the instruction is done. *back: the edge
 * closes a loop. */
static bool walk_step(struct walk *w, u32 *back)
{
	u32 insn = w->stack[w->depth - 1], succ[2];
	u32 n = skep__successors(w->env, insn, succ);

	*back = UINT32_MAX;
	while (w->next[insn] < n) {
		u32 to = succ[w->next[insn]++];

		if (!w->color[to]) {
			walk_push(w, to);
			return true;
		}
		if (w->color[to] == 1) {
			*back = to;
			return true;
		}
	}
	w->color[insn] = 2;
	w->depth--;
	return false;
}

/* Loops are for loaders with CAP_BPF. */
static int check_back_edges(struct verify_env *env)
{
	struct walk w;
	int err = walk_new(env, &w);

	for (u32 s = 0; s < env->prog->nr_subprogs && !err; s++) {
		walk_push(&w, sub_start(env, s));
		while (w.depth && !err) {
			u32 from = w.stack[w.depth - 1], back;

			if (walk_step(&w, &back) && back != UINT32_MAX)
				err = skep__vfail(env, -EINVAL, "back-edge from insn %u to %u\n",
						  from, back);
		}
	}
	if (!err)
		walk_end(&w);
	return err;
}

int skep__cfg_mark(struct verify_env *env)
{
	for (u32 i = 0; i < env->prog->len; i++)
		mark_insn(env, i);
	spread_effects(env);
	return env->capable ? 0 : check_back_edges(env);
}

int skep__cfg_order(struct verify_env *env)
{
	struct walk w;
	u32 n = 0;
	int err = walk_new(env, &w);

	if (err)
		return err;
	env->postorder = skep__pool_zalloc(&env->pool, env->prog->len, sizeof(*env->postorder));
	if (!env->postorder)
		return -ENOMEM;
	for (u32 s = 0; s < env->prog->nr_subprogs; s++) {
		env->subs[s].order_start = n;
		walk_push(&w, sub_start(env, s));
		while (w.depth) {
			u32 insn = w.stack[w.depth - 1], back;

			if (!walk_step(&w, &back))
				env->postorder[n++] = insn;
		}
	}
	env->subs[env->prog->nr_subprogs].order_start = n;
	walk_end(&w);
	return 0;
}
