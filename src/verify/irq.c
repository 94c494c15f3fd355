/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts off: what they were before is kept in a slot of the stack, which is a reference until
 * it is given back; in reverse order, and by functions of the family that it came from.
 */
#include <string.h>

#include "verify/kfunc.h"
#include "verify/live_stack.h"
#include "verify/stack_object.h"

enum irq_family { IRQ_NATIVE, IRQ_LOCK };

static const char *const families[] = { "native", "lock" };

static bool all_are(const struct slot *slot, u8 kind)
{
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		if (slot->kind[i] != kind)
			return false;
	}
	return true;
}

static bool is_unused(struct verify_env *env, const struct reg *r)
{
	int index = skep__object_slot(env, r, "irq_flag", 1);
	const struct slot *slot;

	if (index == -ERANGE)
		return true; /* the store says whether it may be there */
	if (index < 0)
		return false;
	slot = frame_slot(stack_frame_of(env, r), index);
	for (u32 i = 0; i < SLOT_SIZE; i++) {
		if (slot->kind[i] == SLOT_IRQ_FLAG)
			return false;
	}
	return true;
}

static void touched(struct verify_env *env, const struct reg *r, u32 index)
{
	env->scratched_slots |= 1ull << index;
	skep__live_stack_write(env, stack_frame_of(env, r)->index, 1ull << index);
}

static int save(struct kcall *k, const struct karg *a, enum irq_family family)
{
	struct verify_env *env = k->env;
	struct ref ref = { .type = REF_IRQ, .insn = env->insn };
	struct slot *slot;
	int index, err;

	if (!is_unused(env, a->reg))
		return skep__vfail(env, -EINVAL, "expected uninitialized irq flag as arg#%u\n",
				   a->i);
	err = skep__check_access(env, a->regno, 0, SLOT_SIZE, true, NO_REG, false, false);
	if (err)
		return err;
	index = skep__object_slot(env, a->reg, "irq_flag", 1);
	if (index < 0)
		return index;
	ref.id = new_id(env);
	err = skep__state_add_ref(&env->pool, env->cur, &ref);
	if (err)
		return err;
	env->cur->active_irq_id = ref.id;
	slot = own_slot(stack_frame_of(env, a->reg), index);
	skep__reg_pointer(&slot->reg, REG_STACK, 0);
	slot->reg.ref_id = ref.id;
	slot->reg.irq.cls = family;
	memset(slot->kind, SLOT_IRQ_FLAG, SLOT_SIZE);
	touched(env, a->reg, index);
	return 0;
}

/* The one before becomes the active one again. */
static int release(struct verify_env *env, u32 id)
{
	struct state *s = env->cur;
	struct ref *active = skep__state_find_ref(s, s->active_irq_id);
	u32 prev = 0;

	if (id != s->active_irq_id)
		return skep__vfail(
			env, -EACCES,
			"cannot restore irq state out of order, expected id=%u acquired at "
			"insn_idx=%u\n",
			s->active_irq_id, active ? active->insn : 0);
	for (u32 i = 0; i < s->nr_refs; i++) {
		if (s->refs[i].type != REF_IRQ)
			continue;
		if (s->refs[i].id == id) {
			skep__state_drop_ref(s, i);
			s->active_irq_id = prev;
			return 0;
		}
		prev = s->refs[i].id;
	}
	return -EINVAL;
}

static int restore(struct kcall *k, const struct karg *a, enum irq_family family)
{
	struct verify_env *env = k->env;
	struct frame *f = stack_frame_of(env, a->reg);
	int index = skep__object_slot(env, a->reg, "irq_flag", 1), err;
	struct slot *slot = index >= 0 ? own_slot(f, index) : NULL;

	if (!slot || !all_are(slot, SLOT_IRQ_FLAG) || !slot->reg.ref_id)
		return skep__vfail(env, -EINVAL, "expected an initialized irq flag as arg#%u\n",
				   a->i);
	err = skep__object_read(env, a->reg, index, 1);
	if (err)
		return err;
	if (slot->reg.irq.cls != family)
		return skep__vfail(
			env, -EINVAL,
			"irq flag acquired by %s kfuncs cannot be restored with %s kfuncs\n",
			families[slot->reg.irq.cls], families[family]);
	err = release(env, slot->reg.ref_id);
	if (err)
		return err;
	slot_clear(slot);
	touched(env, a->reg, index);
	return 0;
}

int skep__karg_irq_flag(struct kcall *k, struct karg *a)
{
	if (!reg_plain(a->reg, REG_STACK))
		return skep__vfail(k->env, -EINVAL,
				   "arg#%u doesn't point to an irq flag on stack\n", a->i);
	switch (k->id) {
	case KFUNC_bpf_local_irq_save:
		return save(k, a, IRQ_NATIVE);
	case KFUNC_bpf_local_irq_restore:
		return restore(k, a, IRQ_NATIVE);
	case KFUNC_bpf_res_spin_lock_irqsave:
		return save(k, a, IRQ_LOCK);
	default:
		return restore(k, a, IRQ_LOCK);
	}
}
