/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/dynptr.h"

#include <string.h>

#include "verify/live_stack.h"
#include "verify/memory.h"
#include "verify/ref.h"
#include "verify/stack_object.h"

/* Kinds behind which something is reserved. */
static bool is_counted(enum dynptr_kind kind)
{
	return kind == DYNPTR_RINGBUF;
}

static int slot_of(struct verify_env *env, const struct reg *r)
{
	return skep__object_slot(env, r, "dynptr", DYNPTR_SLOTS);
}

static void fill(struct reg *r, enum dynptr_kind kind, bool first, u32 id, u32 ref_id)
{
	skep__reg_pointer(r, REG_DYNPTR, 0);
	r->dyn.kind = kind;
	r->dyn.first = first;
	r->id = id;
	r->ref_id = ref_id;
}

void skep__dynptr_reg(struct verify_env *env, struct reg *r, enum dynptr_kind kind)
{
	fill(r, kind, true, new_id(env), 0);
}

u16 skep__slice_flag(enum dynptr_kind kind)
{
	static const u16 flags[] = {
		[DYNPTR_LOCAL] = REG_DYN_LOCAL,       [DYNPTR_RINGBUF] = REG_DYN_RINGBUF,
		[DYNPTR_SKB] = REG_DYN_SKB,           [DYNPTR_XDP] = REG_DYN_XDP,
		[DYNPTR_SKB_META] = REG_DYN_SKB_META,
	};

	return flags[kind];
}

/* ---- ending one ------------------------------------------------------------------------------ */

static void clear_slots(struct verify_env *env, struct frame *f, u32 first)
{
	for (u32 i = first + 1 - DYNPTR_SLOTS; i <= first; i++)
		slot_clear(own_slot(f, i));
	env->scratched_slots |= object_bits(first, DYNPTR_SLOTS);
	skep__live_stack_write(env, f->index, object_bits(first, DYNPTR_SLOTS));
}

/* As in the kernel, only slices without modifiers: those of bpf_dynptr_data. */
static void invalidate_slices(struct verify_env *env, u32 id)
{
	const struct reg *r;

	for (u32 f = 0; f <= env->cur->cur; f++) {
		for_each_frame_reg(env->cur->frames[f], r, i)
		{
			if (r->cls == REG_MEM && !(r->flags & ~REG_MAYBE_NULL) &&
			    r->mem.dynptr_id == id)
				skep__invalidate(env, own_reg(env->cur->frames[f], i));
		}
	}
}

int skep__overwrite_dynptr(struct verify_env *env, struct frame *f, u32 slot)
{
	u32 id;

	if (slot >= f->nr_slots || frame_slot(f, slot)->kind[0] != SLOT_DYNPTR)
		return 0;
	if (!frame_slot(f, slot)->reg.dyn.first)
		slot++;
	if (is_counted(frame_slot(f, slot)->reg.dyn.kind))
		return skep__vfail(env, -EINVAL, "cannot overwrite referenced dynptr\n");
	id = frame_slot(f, slot)->reg.id;
	clear_slots(env, f, slot);
	invalidate_slices(env, id);
	return 0;
}

int skep__check_dynptr_release(struct verify_env *env, u32 regno)
{
	const struct reg *r = cur_reg(env, regno);
	int slot;

	if (!reg_plain(r, REG_STACK))
		return skep__vfail(env, -EINVAL, "cannot release unowned const bpf_dynptr\n");
	slot = slot_of(env, r);
	if (slot < 0 || !frame_slot(stack_frame_of(env, r), slot)->reg.ref_id)
		return skep__vfail(env, -EINVAL, "arg %u is an unacquired reference\n", regno);
	return 0;
}

int skep__release_dynptr(struct verify_env *env, u32 regno)
{
	const struct reg *r = cur_reg(env, regno);
	struct frame *f = stack_frame_of(env, r);
	int slot = slot_of(env, r), err;
	u32 ref_id;

	if (slot < 0)
		return slot;
	ref_id = frame_slot(f, slot)->reg.ref_id;
	err = skep__release(env, ref_id);
	if (err)
		return err;
	for (u32 i = 1; i < f->nr_slots; i++) {
		const struct slot *s = frame_slot(f, i);

		if (s->kind[0] == SLOT_DYNPTR && s->reg.dyn.first && s->reg.ref_id == ref_id)
			clear_slots(env, f, i);
	}
	return 0;
}

/* ---- using one ------------------------------------------------------------------------------- */

static const struct reg *first_slot(struct verify_env *env, const struct reg *r)
{
	int slot = slot_of(env, r);
	const struct slot *s = slot < 0 ? NULL : frame_slot(stack_frame_of(env, r), slot);

	return s && s->kind[0] == SLOT_DYNPTR && s->reg.dyn.first ? &s->reg : NULL;
}

const struct reg *skep__dynptr_behind(struct verify_env *env, u32 regno)
{
	const struct reg *r = cur_reg(env, regno);

	return r->cls == REG_DYNPTR ? r : first_slot(env, r);
}

static int check_use(struct verify_env *env, u32 regno, const struct dynptr_arg *arg)
{
	const struct reg *r = cur_reg(env, regno), *dynptr;

	if (r->cls == REG_DYNPTR && arg->use != USE_READ)
		return skep__vfail(
			env, -EINVAL,
			"cannot pass pointer to const bpf_dynptr, the helper mutates it\n");
	dynptr = skep__dynptr_behind(env, regno);
	if (!dynptr)
		return skep__vfail(env, -EINVAL, "Expected an initialized dynptr as arg #%u\n",
				   regno - 1);
	if (arg->kind && dynptr->dyn.kind != arg->kind)
		return skep__vfail(env, -EINVAL, "Expected a dynptr of type %s as arg #%u\n",
				   skep__dynptr_kind_text(arg->kind), regno - 1);
	if (r->cls == REG_DYNPTR)
		return 0;
	return skep__object_read(env, r, slot_of(env, r), DYNPTR_SLOTS);
}

/* ---- making one ------------------------------------------------------------------------------ */

static int mark_slots(struct verify_env *env, const struct reg *r, const struct dynptr_arg *arg)
{
	struct frame *f = stack_frame_of(env, r);
	int first = slot_of(env, r), err = first < 0 ? first : 0;
	u32 id, ref_id = arg->ref_id;

	for (int i = first; i > first - DYNPTR_SLOTS && !err; i--)
		err = skep__overwrite_dynptr(env, f, i);
	if (err)
		return err;
	id = new_id(env);
	if (is_counted(arg->kind) && !ref_id) {
		err = skep__acquire(env, &ref_id);
		if (err)
			return err;
	}
	for (int i = first; i > first - DYNPTR_SLOTS; i--) {
		struct slot *slot = own_slot(f, i);

		fill(&slot->reg, arg->kind, i == first, id, ref_id);
		memset(slot->kind, SLOT_DYNPTR, SLOT_SIZE);
	}
	skep__live_stack_write(env, f->index, object_bits(first, DYNPTR_SLOTS));
	return 0;
}

static int check_make(struct verify_env *env, u32 regno, const struct dynptr_arg *arg)
{
	const struct reg *r = cur_reg(env, regno);
	int slot = r->cls == REG_DYNPTR ? -EINVAL : slot_of(env, r), err = 0;

	if (slot < 0 && slot != -ERANGE)
		return skep__vfail(env, -EINVAL, "Dynptr has to be an uninitialized dynptr\n");
	for (u32 i = 0; i < DYNPTR_SLOTS && !err; i++)
		err = skep__check_access(env, regno, (s32)i * SLOT_SIZE, SLOT_SIZE, true, NO_REG,
					 false, false);
	return err ? err : mark_slots(env, r, arg);
}

int skep__check_dynptr(struct verify_env *env, u32 regno, const struct dynptr_arg *arg)
{
	const struct reg *r = cur_reg(env, regno);

	if (!reg_plain(r, REG_STACK) && !reg_plain(r, REG_DYNPTR))
		return skep__vfail(env, -EINVAL,
				   "arg#%u expected pointer to stack or const struct bpf_dynptr\n",
				   regno - 1);
	return arg->use == USE_MAKE ? check_make(env, regno, arg) : check_use(env, regno, arg);
}
