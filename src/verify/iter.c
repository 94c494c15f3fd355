/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators that programs advance themselves. One lives in slots of the stack and is a reference
 * from _new to _destroy. Each _next forks the path: nothing is left, or there is one more; the loop
 * converges when the slots and registers say nothing new (prune.c).
 */
#include <string.h>

#include "verify/explore.h"
#include "verify/jump.h"
#include "verify/kfunc.h"
#include "verify/live_stack.h"
#include "verify/prune.h"
#include "verify/ref.h"
#include "verify/stack_object.h"

#define PREFIX "bpf_iter_"

/* An iterator as an argument. */
struct iter_arg {
	struct verify_env *env;
	const struct btf *btf;
	u32 id, nr; /* its type, and how many slots that takes */
	u32 regno;
	const struct reg *reg;
	const char *name; /* "num" */
};

static bool is_unused(const struct iter_arg *it)
{
	int first = skep__object_slot(it->env, it->reg, "iter", it->nr);
	const struct frame *f = stack_frame_of(it->env, it->reg);

	if (first == -ERANGE)
		return true; /* the stores say whether it may be there */
	for (u32 i = 0; first >= 0 && i < it->nr; i++) {
		for (u32 j = 0; j < SLOT_SIZE; j++) {
			if (frame_slot(f, first - i)->kind[j] == SLOT_ITER)
				return false;
		}
	}
	return first >= 0;
}

static int mark(struct kcall *k, const struct iter_arg *it)
{
	struct verify_env *env = k->env;
	struct frame *f = stack_frame_of(env, it->reg);
	int first = skep__object_slot(env, it->reg, "iter", it->nr), err;
	u16 flags = 0;
	u32 ref_id;

	if (first < 0)
		return first;
	err = skep__acquire(env, &ref_id);
	if (err)
		return err;
	if (k->flags & KFUNC_RCU_PROTECTED)
		flags = state_in_rcu(env->cur) ? REG_RCU : REG_UNTRUSTED;
	for (u32 i = 0; i < it->nr; i++) {
		struct slot *slot = own_slot(f, first - i);

		skep__reg_pointer(&slot->reg, REG_STACK, flags);
		slot->reg.ref_id = i ? 0 : ref_id; /* the first has it */
		slot->reg.iter.btf = it->btf;
		slot->reg.iter.id = it->id;
		slot->reg.iter.state = ITER_ACTIVE;
		slot->reg.iter.depth = 0;
		memset(slot->kind, SLOT_ITER, SLOT_SIZE);
	}
	env->scratched_slots |= object_bits(first, it->nr);
	skep__live_stack_write(env, f->index, object_bits(first, it->nr));
	return 0;
}

static int start(struct kcall *k, const struct iter_arg *it)
{
	if (!is_unused(it))
		return skep__vfail(k->env, -EINVAL, "expected uninitialized iter_%s as arg #%u\n",
				   it->name, it->regno - 1);
	for (u32 i = 0; i < it->nr; i++) {
		int err = skep__check_access(k->env, it->regno, i * SLOT_SIZE, SLOT_SIZE, true,
					     NO_REG, false, false);

		if (err)
			return err;
	}
	return mark(k, it);
}

/* 0; -EPROTO: the RCU section that it began in is over; -EINVAL: it is none, or another's. */
static int check_started(const struct iter_arg *it, int first)
{
	const struct frame *f = stack_frame_of(it->env, it->reg);

	if (first < 0)
		return -EINVAL;
	for (u32 i = 0; i < it->nr; i++) {
		const struct slot *slot = frame_slot(f, first - i);

		for (u32 j = 0; j < SLOT_SIZE; j++) {
			if (slot->kind[j] != SLOT_ITER)
				return -EINVAL;
		}
		if (slot->reg.flags & REG_UNTRUSTED)
			return -EPROTO;
		if (!slot->reg.ref_id != (i != 0) || slot->reg.iter.btf != it->btf ||
		    slot->reg.iter.id != it->id)
			return -EINVAL;
	}
	return 0;
}

static void unmark(const struct iter_arg *it, u32 first)
{
	struct frame *f = stack_frame_of(it->env, it->reg);

	skep__release(it->env, frame_slot(f, first)->reg.ref_id);
	for (u32 i = 0; i < it->nr; i++)
		slot_clear(own_slot(f, first - i));
	it->env->scratched_slots |= object_bits(first, it->nr);
	skep__live_stack_write(it->env, f->index, object_bits(first, it->nr));
}

static int use(struct kcall *k, const struct iter_arg *it)
{
	struct frame *f = stack_frame_of(k->env, it->reg);
	int first = skep__object_slot(k->env, it->reg, "iter", it->nr);
	int err = check_started(it, first);

	if (err == -EPROTO)
		return skep__vfail(k->env, err, "expected an RCU CS when using %s\n", k->name);
	if (err)
		return skep__vfail(k->env, err, "expected an initialized iter_%s as arg #%u\n",
				   it->name, it->regno - 1);
	err = skep__object_read(k->env, it->reg, first, it->nr);
	if (err)
		return err;
	k->iter.frame = f->index;
	k->iter.slot = first;
	k->call.ref_id = frame_slot(f, first)->reg.ref_id;
	if (k->flags & KFUNC_ITER_DESTROY)
		unmark(it, first);
	return 0;
}

/* Iterators over all tasks of a group hold a lock: not for programs that may run anywhere. */
static bool may_walk_tasks(const struct verify_env *env)
{
	const struct prog *prog = env->prog;

	return prog->type == BPF_PROG_TYPE_LSM ||
	       (prog->type == BPF_PROG_TYPE_TRACING &&
		prog->expected_attach_type == BPF_TRACE_ITER) ||
	       env->cur->in_sleepable;
}

int skep__karg_iter(struct kcall *k, struct karg *a)
{
	struct iter_arg it = {
		.env = k->env, .btf = k->btf, .id = a->ref_id, .regno = a->regno, .reg = a->reg
	};

	if (k->id == KFUNC_bpf_iter_css_task_new && !may_walk_tasks(k->env))
		return skep__vfail(
			k->env, -EINVAL,
			"css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs\n");
	if (!reg_plain(a->reg, REG_STACK))
		return skep__vfail(k->env, -EINVAL,
				   "arg#%u expected pointer to an iterator on stack\n", a->i);
	if (!a->ref || btf_kind(a->ref) != BTF_KIND_STRUCT ||
	    strncmp(a->ref_name, PREFIX, strlen(PREFIX)))
		return skep__vfail(k->env, -EINVAL, "expected valid iter pointer as arg #%u\n",
				   a->i);
	it.name = a->ref_name + strlen(PREFIX);
	it.nr = a->ref->size / SLOT_SIZE;
	return k->flags & KFUNC_ITER_NEW ? start(k, &it) : use(k, &it);
}

static struct reg *iter_in(struct state *s, const struct kcall *k)
{
	return &own_slot(s->frames[k->iter.frame], k->iter.slot)->reg;
}

const struct reg *skep__kfunc_iter(const struct kcall *k)
{
	return &frame_slot(k->env->cur->frames[k->iter.frame], k->iter.slot)->reg;
}

int skep__iter_next(struct kcall *k)
{
	struct verify_env *env = k->env;
	struct reg *r0;
	struct state *prev, *more;
	int err;

	if (skep__kfunc_iter(k)->iter.state == ITER_ACTIVE) {
		/* The state stored just now is of this very call. */
		prev = env->cur->parent ? skep__find_loop_entry(env, env->cur->parent, env->insn)
					: NULL;
		more = skep__push_path(env, env->insn + 1, env->insn, false, &err);
		if (!more)
			return err;
		iter_in(more, k)->iter.depth++;
		if (prev)
			skep__widen(env, prev, more);
		r0 = &state_frame(more)->regs[BPF_REG_0];
		if (reg_maybe_null(r0))
			skep__mark_not_null(r0);
	}
	iter_in(env->cur, k)->iter.state = ITER_DRAINED;
	r0 = cur_reg(env, BPF_REG_0);
	skep__reg_const(r0, 0);
	r0->precise = !env->capable;
	return 0;
}
