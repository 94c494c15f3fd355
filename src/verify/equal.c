/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing states, class by class. An old state that went well covers a new one when everything
 * live in it holds no less than what the new one holds. Ids differ between paths: old ids map to
 * new ones, one to one.
 */
#include "verify/prune.h"

bool skep__ids_match(struct id_map *ids, u32 old, u32 cur)
{
	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (u32 i = 0; i < ids->nr; i++) {
		if (ids->pairs[i].old == old)
			return ids->pairs[i].cur == cur;
		if (ids->pairs[i].cur == cur)
			return false;
	}
	if (ids->nr == ID_MAP_SIZE)
		return false;
	ids->pairs[ids->nr].old = old;
	ids->pairs[ids->nr++].cur = cur;
	return true;
}

/*
 * What was linked must stay linked; links that are new only tell more. Numbers without an id get
 * one of their own, so that two of them do not pass for linked ones.
 */
static bool scalar_ids_match(struct id_map *ids, u32 old, u32 cur)
{
	if (!old)
		return true;
	cur = cur ? cur : ++ids->next_temp;
	if (!skep__ids_match(ids, old, cur))
		return false;
	return !(old & ID_ADD_CONST) ||
	       skep__ids_match(ids, old & ~ID_ADD_CONST, cur & ~ID_ADD_CONST);
}

static bool same_pointer(const struct reg *old, const struct reg *cur)
{
	return old->off == cur->off && old->words[0] == cur->words[0] &&
	       old->words[1] == cur->words[1];
}

static bool scalar_covers(struct verify_env *env, const struct reg *old, const struct reg *cur,
			  enum exactness exact)
{
	if (env->explore_alu_limits)
		return old->off == cur->off && num_equal(&old->n, &cur->n) &&
		       scalar_ids_match(&env->id_map, old->id, cur->id);
	if (!old->precise && exact == EQUAL_ENOUGH && !env->in->watch)
		return true;
	if (old->id && (old->id ^ cur->id) & ID_ADD_CONST)
		return false;
	if (old->id & ID_ADD_CONST && old->off != cur->off)
		return false;
	return skep__num_subsumes(&old->n, &cur->n) &&
	       scalar_ids_match(&env->id_map, old->id, cur->id);
}

/* At least as many bytes must be there. */
static bool packet_covers(struct verify_env *env, const struct reg *old, const struct reg *cur)
{
	if (old->pkt.range < 0 || cur->pkt.range < 0) {
		if (old->pkt.range != cur->pkt.range)
			return false;
	} else if (old->pkt.range > cur->pkt.range) {
		return false;
	}
	return old->off == cur->off && skep__ids_match(&env->id_map, old->id, cur->id) &&
	       skep__num_subsumes(&old->n, &cur->n);
}

static bool reg_covers(struct verify_env *env, const struct reg *old, const struct reg *cur,
		       enum exactness exact)
{
	struct id_map *ids = &env->id_map;

	if (exact == EQUAL_EXACT)
		return skep__reg_exact(old, cur, ids);
	if (old->cls == REG_NOT_INIT)
		return true;
	if (old->cls != cur->cls || old->flags != cur->flags)
		return false;
	switch (old->cls) {
	case REG_SCALAR:
		return scalar_covers(env, old, cur, exact);
	case REG_MAP_KEY:
	case REG_MAP_VALUE:
	case REG_MEM:
	case REG_BUF:
	case REG_TP_BUFFER:
		return same_pointer(old, cur) && skep__num_subsumes(&old->n, &cur->n) &&
		       skep__ids_match(ids, old->id, cur->id) &&
		       skep__ids_match(ids, old->ref_id, cur->ref_id);
	case REG_PACKET_META:
	case REG_PACKET:
		return packet_covers(env, old, cur);
	case REG_ARENA:
		return true;
	default:
		return skep__reg_exact(old, cur, ids);
	}
}

static bool is_all_something(const struct verify_env *env, const struct slot *slot)
{
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		if (slot->kind[i] != SLOT_MISC &&
		    !(slot->kind[i] == SLOT_INVALID && env->allow_uninit_stack))
			return false;
	}
	return true;
}

/* The number that a load of the whole slot gives; NULL: it gives something else, or nothing. */
static const struct reg *number_in(const struct verify_env *env, const struct slot *slot)
{
	static const struct reg unknown = { .cls = REG_SCALAR, .n = NUM_UNKNOWN };

	if (slot->kind[0] == SLOT_SPILL && slot->reg.cls == REG_SCALAR)
		return &slot->reg;
	return is_all_something(env, slot) ? &unknown : NULL;
}

/* Slots that are objects of their own. */
static bool object_covers(struct verify_env *env, const struct slot *old, const struct slot *cur,
			  enum exactness exact)
{
	const struct reg *a = &old->reg, *b = &cur->reg;
	bool same_ref;

	switch (old->kind[SLOT_SIZE - 1]) {
	case SLOT_SPILL:
		return reg_covers(env, a, b, exact);
	case SLOT_MISC:
	case SLOT_ZERO:
	case SLOT_INVALID:
		return true;
	default:
		break;
	}
	same_ref = skep__ids_match(&env->id_map, a->ref_id, b->ref_id);
	switch (old->kind[SLOT_SIZE - 1]) {
	case SLOT_DYNPTR:
		return same_ref && a->dyn.kind == b->dyn.kind && a->dyn.first == b->dyn.first;
	case SLOT_ITER: /* how often it went on does not matter */
		return same_ref && a->iter.btf == b->iter.btf && a->iter.id == b->iter.id &&
		       a->iter.state == b->iter.state;
	case SLOT_IRQ_FLAG:
		return same_ref && a->irq.cls == b->irq.cls;
	default:
		return false;
	}
}

static bool kinds_cover(const struct verify_env *env, const struct slot *old,
			const struct slot *cur, enum exactness exact)
{
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		u8 a = old->kind[i], b = cur->kind[i];

		if (exact != EQUAL_ENOUGH && a != b)
			return false;
		if (a == SLOT_INVALID ||
		    (a == SLOT_MISC && (env->allow_uninit_stack || b == SLOT_ZERO)))
			continue;
		if (a != b)
			return false;
	}
	return true;
}

static bool is_empty(const struct slot *slot)
{
	u64 kinds;

	__builtin_memcpy(&kinds, slot->kind, sizeof(kinds));
	static_assert(SLOT_INVALID == 0, "an empty slot is all zero");
	return !kinds;
}

static bool slot_covers(struct verify_env *env, const struct slot *old, const struct slot *cur,
			enum exactness exact)
{
	const struct reg *a, *b;

	if (exact != EQUAL_ENOUGH && !kinds_cover(env, old, cur, exact))
		return false;
	/* A number that was spilled, and bytes that may be anything, are both numbers. */
	a = number_in(env, old);
	b = a ? number_in(env, cur) : NULL;
	if (a && b)
		return reg_covers(env, a, b, exact);
	return kinds_cover(env, old, cur, exact) && object_covers(env, old, cur, exact);
}

static bool missing_covers(const struct verify_env *env, const struct slot *old)
{
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		if (old->kind[i] != SLOT_INVALID &&
		    !(old->kind[i] == SLOT_MISC && env->allow_uninit_stack))
			return false;
	}
	return true;
}

/* Slots that the new state does not have are empty in it. */
static bool stack_covers(struct verify_env *env, const struct frame *old, const struct frame *cur,
			 u32 i, enum exactness exact)
{
	const struct slot *a = frame_slot(old, i), *b;

	if (i >= cur->nr_slots && exact != EQUAL_ENOUGH)
		return false;
	if (old->dead_slots & 1ull << i || is_empty(a))
		return exact == EQUAL_ENOUGH || is_empty(frame_slot(cur, i));
	if (i >= cur->nr_slots)
		return missing_covers(env, a);
	b = frame_slot(cur, i);
	if (a == b && !a->reg.id && !a->reg.ref_id) /* in a block that the states share */
		return true;
	return slot_covers(env, a, b, exact);
}

/* What frames hold, by number: registers, and slots behind them. */
static bool place_covers(struct verify_env *env, const struct frame *old, const struct frame *cur,
			 u16 live, u32 i, enum exactness exact)
{
	if (i >= MAX_BPF_REG)
		return stack_covers(env, old, cur, i - MAX_BPF_REG, exact);
	return !(live & 1u << i) || reg_covers(env, &old->regs[i], &cur->regs[i], exact);
}

/* *apart: the place that is not covered. */
static bool frame_covers(struct verify_env *env, const struct frame *old, const struct frame *cur,
			 u32 insn, enum exactness exact, u8 *apart)
{
	u16 live = env->info[insn].live_regs;

	if (old->callback_depth > cur->callback_depth)
		return false;
	for (u32 i = 0; i < MAX_BPF_REG + old->nr_slots; i++) {
		if (!place_covers(env, old, cur, live, i, exact)) {
			*apart = i;
			return false;
		}
	}
	return true;
}

static bool refs_match(struct verify_env *env, const struct state *old, const struct state *cur)
{
	struct id_map *ids = &env->id_map;

	if (old->nr_refs != cur->nr_refs || old->active_locks != cur->active_locks ||
	    old->active_preempt != cur->active_preempt || old->active_rcu != cur->active_rcu ||
	    !skep__ids_match(ids, old->active_irq_id, cur->active_irq_id) ||
	    !skep__ids_match(ids, old->active_lock_id, cur->active_lock_id) ||
	    old->active_lock_ptr != cur->active_lock_ptr)
		return false;
	for (u32 i = 0; i < old->nr_refs; i++) {
		if (!skep__ids_match(ids, old->refs[i].id, cur->refs[i].id) ||
		    old->refs[i].type != cur->refs[i].type || old->refs[i].ptr != cur->refs[i].ptr)
			return false;
	}
	return true;
}

bool skep__same_calls(const struct state *a, const struct state *b)
{
	if (a->cur != b->cur)
		return false;
	for (u32 f = 0; f <= a->cur; f++) {
		if (a->frames[f]->callsite != b->frames[f]->callsite)
			return false;
	}
	return true;
}

static void forget_ids(struct verify_env *env)
{
	env->id_map.nr = 0;
	env->id_map.next_temp = env->next_id;
}

/*
 * What told the old state from the one before, likely tells it from this one. Ids that were met
 * earlier could only forbid more.
 */
static bool is_still_apart(struct verify_env *env, const struct state *old, const struct state *cur,
			   enum exactness exact)
{
	const struct frame *frame = old->frames[old->apart_frame];
	u16 live = env->info[frame_insn(old, old->apart_frame)].live_regs;

	if (old->apart >= MAX_BPF_REG + frame->nr_slots)
		return false;
	forget_ids(env);
	return !place_covers(env, frame, cur->frames[old->apart_frame], live, old->apart, exact);
}

bool skep__states_equal(struct verify_env *env, struct state *old, struct state *cur,
			enum exactness exact)
{
	if (!skep__same_calls(old, cur) || (old->speculative && !cur->speculative) ||
	    old->in_sleepable != cur->in_sleepable || is_still_apart(env, old, cur, exact))
		return false;
	forget_ids(env);
	if (!refs_match(env, old, cur))
		return false;
	for (u32 f = 0; f <= old->cur; f++) {
		if (!frame_covers(env, old->frames[f], cur->frames[f], frame_insn(old, f), exact,
				  &old->apart)) {
			old->apart_frame = f;
			return false;
		}
	}
	return true;
}
