/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/prune.h"

#include <string.h>

#include "verify/explore.h"
#include "verify/live_stack.h"
#include "verify/precise.h"

static struct state **bucket_of(struct verify_env *env, const struct state *s, u32 insn)
{
	return &env->info[(insn ^ s->frames[s->cur]->callsite) % env->prog->len].states;
}

void skep__note_peak(struct verify_env *env)
{
	env->peak_states = max(env->peak_states, env->nr_stored + env->nr_free + env->nr_backedges);
}

/* ---- states that are not needed any more ----------------------------------------------------- */

static void unlink_state(struct state **list, struct state *s)
{
	while (*list != s)
		list = &(*list)->next;
	*list = s->next;
}

/* Evicted states stay while paths through them are open: precision is marked in them. */
static void maybe_free(struct verify_env *env, struct state *s)
{
	if (!s->in_free_list || s->branches || skep__loop_open(env, s))
		return;
	unlink_state(&env->free_list, s);
	env->nr_free--;
	skep__state_free(&env->pool, s);
}

static void evict(struct verify_env *env, struct state **at)
{
	struct state *s = *at;

	*at = s->next;
	s->in_free_list = true;
	s->next = env->free_list;
	env->free_list = s;
	env->nr_free++;
	env->nr_stored--;
	maybe_free(env, s);
}

int skep__path_done(struct verify_env *env, struct state *s)
{
	struct state *stored = NULL;
	int err;

	while (s) {
		struct state *parent = s->parent;

		if (--s->branches)
			break;
		err = skep__loop_exit(env, s);
		if (err)
			return err;
		if (stored)
			maybe_free(env, stored);
		stored = s = parent;
	}
	return 0;
}

void skep__forget_states(struct verify_env *env)
{
	for (u32 i = 0; i < env->prog->len; i++) {
		while (env->info[i].states) {
			struct state *s = env->info[i].states;

			env->info[i].states = s->next;
			skep__state_free(&env->pool, s);
		}
	}
	while (env->free_list) {
		struct state *s = env->free_list;

		env->free_list = s->next;
		skep__state_free(&env->pool, s);
	}
	skep__loops_forget(env);
}

/* ---- forgetting what is dead ----------------------------------------------------------------- */

static void clean_frame(struct verify_env *env, struct frame *f, u16 live)
{
	for (u32 i = 0; i < BPF_REG_10; i++) {
		if (!(live & 1u << i))
			skep__reg_not_init(&f->regs[i]);
	}
	if (!env->in->watch || !env->in->watch->whole_stack)
		f->dead_slots = ~skep__live_stack_alive(env, f->index);
}

/* Stored states whose paths have all ended know for good what they need. */
static int clean_stored(struct verify_env *env, struct state *list, u32 insn)
{
	for (struct state *s = list; s; s = s->next) {
		int err;

		if (s->branches || s->insn != insn || s->cleaned ||
		    !skep__same_calls(s, env->cur) || skep__loop_open(env, s))
			continue;
		err = skep__live_stack_ask(env, s);
		if (err)
			return err;
		s->cleaned = true;
		for (u32 f = 0; f <= s->cur; f++)
			clean_frame(env, s->frames[f], env->info[frame_insn(s, f)].live_regs);
	}
	return 0;
}

static void forget_precision(struct state *s)
{
	for (u32 f = 0; f <= s->cur; f++) {
		struct frame *frame = s->frames[f];
		const struct reg *r;

		for_each_frame_reg(frame, r, i)
		{
			if (r->precise && r->cls == REG_SCALAR)
				own_reg(frame, i)->precise = false;
		}
	}
}

/* Links count: a number that was one of several and is so no more has changed. */
static bool has_changed(struct verify_env *env, const struct reg *old, const struct reg *r)
{
	return old->cls == REG_SCALAR && r->cls == REG_SCALAR && !old->precise && !r->precise &&
	       !skep__reg_exact(old, r, &env->id_map);
}

void skep__widen(struct verify_env *env, const struct state *old, struct state *s)
{
	env->id_map.nr = 0;
	/* From the innermost frame out, as the kernel does: the first of two ids to be seen counts.
	 */
	for (u32 f = old->cur + 1; f-- > 0;) {
		const struct frame *a = old->frames[f];
		struct frame *b = s->frames[f];

		for (u32 i = 0; i < MAX_BPF_REG; i++) {
			if (has_changed(env, &a->regs[i], &b->regs[i]))
				skep__reg_unknown(&b->regs[i]);
		}
		for (u32 i = 0; i < a->nr_slots && i < b->nr_slots; i++) {
			const struct slot *x = frame_slot(a, i), *y = frame_slot(b, i);

			if (slot_is_spill(x) && slot_is_spill(y) &&
			    has_changed(env, &x->reg, &y->reg))
				skep__reg_unknown(&own_slot(b, i)->reg);
		}
	}
}

/* ---- loops ----------------------------------------------------------------------------------- */

struct state *skep__find_loop_entry(struct verify_env *env, struct state *s, u32 insn)
{
	if (!s)
		return NULL;
	for (struct state *st = *bucket_of(env, env->cur, insn); st; st = st->next) {
		if (st->insn == insn && st->branches && skep__same_calls(st, s) &&
		    st->dfs_depth < s->dfs_depth)
			return st;
	}
	return NULL;
}

static bool is_same_reg(const struct reg *a, const struct reg *b)
{
	return a->cls == b->cls && a->flags == b->flags && a->off == b->off && a->id == b->id &&
	       a->ref_id == b->ref_id && a->words[0] == b->words[0] && a->words[1] == b->words[1] &&
	       num_equal(&a->n, &b->n);
}

/*
 * A cheap look before the whole comparison: the same registers, id for id. A loop's counter, once
 * found, is looked at first.
 */
static bool looks_the_same(struct state *old, const struct state *cur)
{
	const struct reg *a, *b;

	if (old->cur != cur->cur)
		return false;
	a = old->frames[old->cur]->regs;
	b = cur->frames[cur->cur]->regs;
	if (old->apart < MAX_BPF_REG && !is_same_reg(&a[old->apart], &b[old->apart]))
		return false;
	for (u32 i = 0; i < MAX_BPF_REG; i++) {
		if (!is_same_reg(&a[i], &b[i])) {
			old->apart_frame = old->cur;
			old->apart = i;
			return false;
		}
	}
	return true;
}

/* An iterator that went on since then: it will end, whatever else is the same. */
static bool iterators_moved(const struct state *old, const struct state *cur)
{
	for (u32 f = 0; f <= old->cur; f++) {
		const struct frame *a = old->frames[f], *b = cur->frames[f];

		for (u32 i = 0; i < a->nr_slots && i < b->nr_slots; i++) {
			const struct slot *x = frame_slot(a, i), *y = frame_slot(b, i);

			if (x->kind[0] == SLOT_ITER && x->reg.iter.state == ITER_ACTIVE &&
			    x->reg.iter.depth != y->reg.iter.depth)
				return true;
		}
	}
	return false;
}

static int refuse_loop(struct verify_env *env, const struct state *old)
{
	skep__vlog_source(env, env->insn, "; ");
	skep__vlog(env, "infinite loop detected at insn %u\n", env->insn);
	skep__vlog(env, "cur state:");
	skep__vlog_state(env, env->cur, env->cur->cur, true);
	skep__vlog(env, "old state:");
	skep__vlog_state(env, old, env->cur->cur, true);
	return -EINVAL;
}

/* Is the iterator that the call at hand advances still active? R1 points to it. */
static bool iterator_is_active(struct verify_env *env)
{
	const struct reg *r = cur_reg(env, BPF_REG_1);
	const struct frame *f;
	u32 index;

	if (!reg_plain(r, REG_STACK))
		return false;
	f = stack_frame_of(env, r);
	index = (u32)(-(r->off + (s32)reg_const(r)) - 1) / SLOT_SIZE;
	return index < f->nr_slots && frame_slot(f, index)->reg.iter.state == ITER_ACTIVE;
}

enum verdict { MISS, MISS_QUIETLY, HIT, HIT_LOOP };

/* A stored state on the very path that is being followed: 0.. enum verdict, or -errno. */
static int compare_open(struct verify_env *env, struct state *old)
{
	struct state *cur = env->cur;
	const struct frame *frame = old->frames[old->cur];
	u8 marks = env->info[env->insn].marks;

	if (frame->in_async_callback && frame->async_entries != state_frame(cur)->async_entries)
		return MISS_QUIETLY;
	if (marks & MARK_ITER_NEXT) {
		if (skep__states_equal(env, old, cur, EQUAL_RANGES) && iterator_is_active(env))
			return HIT_LOOP;
		return MISS_QUIETLY;
	}
	if (insn_desc(env_insn(env, env->insn))->form == FORM_MAY_GOTO &&
	    old->may_goto_depth != cur->may_goto_depth &&
	    skep__states_equal(env, old, cur, EQUAL_RANGES))
		return HIT_LOOP;
	if (marks & MARK_CALLBACK) {
		if (skep__states_equal(env, old, cur, EQUAL_RANGES))
			return HIT;
		return MISS_QUIETLY;
	}
	if (looks_the_same(old, cur) && skep__states_equal(env, old, cur, EQUAL_EXACT) &&
	    !iterators_moved(old, cur) && old->may_goto_depth == cur->may_goto_depth &&
	    old->callback_unroll_depth == cur->callback_unroll_depth)
		return refuse_loop(env, old);
	return MISS_QUIETLY;
}

static int hit(struct verify_env *env, struct state *old, bool loop)
{
	int err = 0;

	old->hits++;
	if (env->info[env->insn].marks & MARK_JUMP)
		err = skep__jump_record(env, env->cur, 0, 0);
	if (!err)
		err = skep__spread_precision(env, old, env->cur, NULL);
	if (!err && loop)
		err = skep__loop_back(env, old);
	return err ? err : 1;
}

/* ---- storing --------------------------------------------------------------------------------- */

static int store(struct verify_env *env, struct state **bucket)
{
	struct state *cur = env->cur, *s = skep__state_new(&env->pool);
	int err;

	if (!s)
		return -ENOMEM;
	env->total_states++;
	env->nr_stored++;
	skep__note_peak(env);
	env->prev_jumps_processed = env->jumps_processed;
	env->prev_processed = env->processed;
	if (env->capable)
		forget_precision(cur);
	err = skep__state_copy(&env->pool, s, cur);
	if (err)
		return err;
	s->insn = env->insn;
	err = skep__loop_enter(env, s);
	if (err)
		return err;
	cur->parent = s;
	cur->first_insn = env->insn;
	cur->dfs_depth = s->dfs_depth + 1;
	cur->nr_jumps = 0;
	s->next = *bucket;
	*bucket = s;
	return 0;
}

/* Loops: states of many iterations help nobody. */
static bool came_far(const struct verify_env *env, u32 jumps, u32 insns)
{
	return env->jumps_processed - env->prev_jumps_processed >= jumps &&
	       env->processed - env->prev_processed >= insns;
}

static int compare(struct verify_env *env, struct state *old, bool *loop)
{
	int verdict;

	*loop = false;
	if (old->branches) {
		verdict = compare_open(env, old);
		*loop = verdict == HIT_LOOP;
		return verdict;
	}
	*loop = skep__loop_open(env, old);
	return skep__states_equal(env, old, env->cur, *loop ? EQUAL_RANGES : EQUAL_ENOUGH) ? HIT
											   : MISS;
}

int skep__state_visited(struct verify_env *env)
{
	struct state **bucket = bucket_of(env, env->cur, env->insn), **next;
	bool checkpoint = env->info[env->insn].marks & MARK_CHECKPOINT, loop;
	bool force = env->test_state_freq || checkpoint || env->cur->nr_jumps > 40;
	bool add = force || came_far(env, 2, 8);
	u32 count = 0;
	int err = clean_stored(env, *bucket, env->insn);

	if (err)
		return err;
	for (struct state **at = bucket; *at; at = next) {
		struct state *old = *at;
		u32 patience;
		int verdict;

		next = &old->next;
		count++;
		if (old->insn != env->insn)
			continue;
		verdict = compare(env, old, &loop);
		if (verdict < 0)
			return verdict;
		if (verdict == HIT || verdict == HIT_LOOP)
			return hit(env, old, loop);
		if (verdict == MISS_QUIETLY && !force &&
		    env->jumps_processed - env->prev_jumps_processed < 20 &&
		    env->processed - env->prev_processed < 100)
			add = false;
		old->misses += add;
		/* A state that rarely helps is dropped; checkpoints are what loops converge on. */
		patience = checkpoint && old->branches ? 64 : 3;
		if (old->misses > old->hits * patience + patience) {
			evict(env, at);
			next = at;
		}
	}
	env->max_states_per_insn = max(env->max_states_per_insn, count);
	if (!add || (!env->capable && count > MAX_STATES))
		return 0;
	return store(env, bucket);
}
