/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going back along a path. Within a state the history tells which instruction came before; at a
 * stored state what is looked for is marked there, and the search goes on with its parent for what
 * was not yet marked.
 */
#include "verify/precise.h"

#include <string.h>

int skep__precise_init(struct verify_env *env)
{
	env->bt = skep__pool_zalloc(&env->pool, 1, sizeof(*env->bt));
	env->back_regs = skep__pool_zalloc(&env->pool, env->prog->len, sizeof(*env->back_regs));
	if (!env->bt || !env->back_regs)
		return -ENOMEM;
	for (u32 i = 0; i < env->prog->len; i++)
		env->back_regs[i] = skep__backtrack_regs(env, i);
	return 0;
}

static bool is_empty(const struct backtrack *bt)
{
	u64 any = 0;

	for (u32 f = 0; f <= bt->frame; f++)
		any |= bt->regs[f] | bt->slots[f];
	return !any;
}

void skep__all_precise(struct state *s)
{
	for (s = s->parent; s; s = s->parent) {
		for (u32 f = 0; f <= s->cur; f++) {
			struct frame *frame = s->frames[f];

			for (u32 i = 0; i < BPF_REG_10; i++)
				frame->regs[i].precise |= frame->regs[i].cls == REG_SCALAR;
			for (u32 i = 0; i < frame->nr_slots; i++) {
				const struct slot *slot = frame_slot(frame, i);

				if (slot_is_scalar_spill(slot) && !slot->reg.precise)
					own_slot(frame, i)->reg.precise = true;
			}
		}
	}
}

/* Where a walk back is. */
struct way {
	struct verify_env *env;
	struct state *start, *s;
	u32 nr_jumps; /* records of s that are still ahead */
	s64 insn, after; /* the instruction, and the one behind it on the path */
	bool *changed;
};

static const struct jump *record_at(const struct way *w)
{
	const struct jump *last = w->nr_jumps ? &w->s->jumps[w->nr_jumps - 1] : NULL;

	return last && last->insn == w->insn ? last : NULL;
}

/* The instruction before; false at the state's first one. */
static bool step_back(struct way *w, const struct jump *rec)
{
	if (w->insn == w->s->first_insn && (!w->nr_jumps || (w->nr_jumps == 1 && rec)))
		return false;
	w->after = w->insn;
	if (rec) {
		w->nr_jumps--;
		w->insn = rec->prev;
	} else {
		w->insn--;
	}
	return true;
}

static bool is_slot_wanted(const struct backtrack *bt, const struct jump *rec)
{
	return rec->flags & JUMP_STACK &&
	       bt->slots[rec->flags & JUMP_FRAME] >> (rec->flags >> JUMP_SLOT_SHIFT & 0x3f) & 1;
}

static bool matters(const struct verify_env *env, u32 insn, const struct jump *rec)
{
	const struct backtrack *bt = env->bt;

	return (bt->regs[bt->frame] | BACK_ALWAYS) & env->back_regs[insn] ||
	       (rec && (rec->linked || is_slot_wanted(bt, rec)));
}

/* 1: nothing is looked for any more. 0: at the state's start. -ENOTSUPP: lost track. */
static int search_state(struct way *w, bool skip_first)
{
	struct verify_env *env = w->env;
	const struct jump *rec = record_at(w);

	for (;; rec = record_at(w)) {
		if (!skip_first && unlikely(env_logs(env, LOG_ALL)))
			skep__vlog_precise_insn(env, w->insn);
		if (!skip_first && matters(env, w->insn, rec)) {
			int err = skep__backtrack_insn(env, w->insn, w->after, rec, env->bt);

			if (err)
				return err;
			if (is_empty(env->bt))
				return 1;
		}
		skip_first = false;
		if (!step_back(w, rec)) {
			w->after = w->insn;
			return 0;
		}
		if (w->insn < 0 || w->insn >= env->prog->len)
			return -ENOTSUPP;
	}
}

/* What was not marked before: for it, the search goes on. */
static bool may_mark(const struct reg *r)
{
	return r && r->cls == REG_SCALAR && !r->precise;
}

static void mark_frame(struct way *w, struct frame *f, u32 *regs, u64 *slots)
{
	for (u32 rest = *regs; rest; rest &= rest - 1) {
		u32 i = __builtin_ctz(rest);

		if (may_mark(&f->regs[i]))
			f->regs[i].precise = true;
		else
			*regs &= ~(1u << i);
	}
	for (u64 rest = *slots; rest; rest &= rest - 1) {
		u32 i = __builtin_ctzll(rest);

		if (i < f->nr_slots && may_mark(frame_reg(f, MAX_BPF_REG + i)))
			own_slot(f, i)->reg.precise = true;
		else
			*slots &= ~(1ull << i);
	}
	if (w->changed && (*regs || *slots))
		*w->changed = true;
}

/* At the entry of a global function, its arguments may be looked for: nobody set them. */
static int at_entry(struct way *w)
{
	struct backtrack *bt = w->env->bt;
	struct frame *f = w->s->frames[0];

	if (w->s->cur || bt->slots[0] || bt->regs[0] & ~0x3eu)
		return -ENOTSUPP;
	for (u32 i = BPF_REG_1; i <= BPF_REG_5; i++) {
		if (bt->regs[0] & 1u << i && f->regs[i].cls == REG_SCALAR)
			f->regs[i].precise = true;
	}
	return 1;
}

static int search(struct way *w)
{
	struct backtrack *bt = w->env->bt;
	bool skip_first = true;

	for (;;) {
		struct state *s = w->s;
		int found;

		w->nr_jumps = s->nr_jumps;
		skep__vlog_precise_walk(w->env, w->insn, s->first_insn, w->after);
		found = search_state(w, skip_first);
		skip_first = false;
		if (found)
			return found;
		if (!s->parent)
			return -ENOTSUPP;
		w->s = s->parent;
		for (u32 f = bt->frame + 1; f-- > 0;) {
			if (f > w->s->cur) {
				if (bt->regs[f] || bt->slots[f])
					return -ENOTSUPP;
				continue;
			}
			mark_frame(w, w->s->frames[f], &bt->regs[f], &bt->slots[f]);
			skep__vlog_precise_state(w->env, w->s, f);
		}
		if (is_empty(bt))
			return 1;
		if (w->s->last_insn == UINT32_MAX)
			return at_entry(w);
		w->after = s->first_insn;
		w->insn = w->s->last_insn;
	}
}

/* For what the caller put into env->bt, which is empty again afterwards. */
static int run_search(struct verify_env *env, struct state *s, bool *changed)
{
	struct way w = {
		.env = env, .start = s, .s = s, .insn = s->insn, .after = -1, .changed = changed
	};
	int err = is_empty(env->bt) ? 1 : search(&w);

	if (err == -ENOTSUPP)
		skep__all_precise(s);
	memset(env->bt, 0, sizeof(*env->bt));
	return err == -ENOTSUPP || err > 0 ? 0 : err;
}

int skep__mark_precise(struct verify_env *env, u32 regno)
{
	if (!env->capable)
		return 0;
	env->bt->frame = env->cur->cur;
	env->bt->regs[env->bt->frame] = 1u << regno;
	return run_search(env, env->cur, NULL);
}

int skep__mark_slot_precise(struct verify_env *env, u32 frame, u32 slot)
{
	if (!env->capable)
		return 0;
	env->bt->frame = env->cur->cur;
	env->bt->slots[frame] = 1ull << slot;
	return run_search(env, env->cur, NULL);
}

int skep__spread_precision(struct verify_env *env, struct state *old, struct state *s,
			   bool *changed)
{
	struct backtrack *bt = env->bt;

	if (!env->capable)
		return 0;
	bt->frame = s->cur;
	for (u32 f = old->cur + 1; f-- > 0;) {
		struct frame *frame = old->frames[f];

		for (u32 i = 0; i < BPF_REG_10; i++) {
			if (frame->regs[i].cls == REG_SCALAR && frame->regs[i].precise)
				bt->regs[f] |= 1u << i;
		}
		for (u32 i = 0; i < frame->nr_slots; i++) {
			const struct slot *slot = frame_slot(frame, i);

			if (slot_is_scalar_spill(slot) && slot->reg.precise)
				bt->slots[f] |= 1ull << i;
		}
		bt->slots[f] &= ~frame->dead_slots;
		skep__vlog_spread(env, bt, f);
	}
	return run_search(env, s, changed);
}
