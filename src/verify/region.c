/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sections of the program that RCU protects, that cannot be preempted, or that no interrupt comes
 * into; and what may not be called there.
 */
#include "verify/kfunc.h"

/* What was protected may go away from here on. */
static void forget_rcu(struct state *s)
{
	for (u32 i = 0; i <= s->cur; i++) {
		struct frame *f = s->frames[i];

		for (u32 j = 0; j < MAX_BPF_REG + f->nr_slots; j++) {
			const struct slot *slot =
				j < MAX_BPF_REG ? NULL : frame_slot(f, j - MAX_BPF_REG);
			struct reg *r;

			if (slot && slot->kind[SLOT_SIZE - 1] != SLOT_SPILL &&
			    slot->kind[SLOT_SIZE - 1] != SLOT_ITER)
				continue;
			if (!((slot ? &slot->reg : &f->regs[j])->flags & REG_RCU))
				continue;
			r = own_reg(f, j);
			r->flags &= ~(REG_RCU | REG_MAYBE_NULL);
			r->flags |= REG_UNTRUSTED;
		}
	}
}

static int check_rcu(struct kcall *k)
{
	struct state *s = k->env->cur;
	bool lock = k->id == KFUNC_bpf_rcu_read_lock, unlock = k->id == KFUNC_bpf_rcu_read_unlock;

	if (!s->active_rcu) {
		if (unlock)
			return skep__vfail(k->env, -EINVAL,
					   "unmatched rcu read unlock (kernel function %s)\n",
					   k->name);
		s->active_rcu = lock;
		return 0;
	}
	if (lock)
		return skep__vfail(k->env, -EINVAL, "nested rcu read lock (kernel function %s)\n",
				   k->name);
	if (unlock) {
		forget_rcu(s);
		s->active_rcu = 0;
	} else if (k->flags & KFUNC_SLEEPS) {
		return skep__vfail(k->env, -EACCES,
				   "kernel func %s is sleepable within rcu_read_lock region\n",
				   k->name);
	}
	return 0;
}

static int check_preempt(struct kcall *k)
{
	struct state *s = k->env->cur;

	if (k->id == KFUNC_bpf_preempt_disable) {
		s->active_preempt++;
	} else if (k->id == KFUNC_bpf_preempt_enable) {
		if (!s->active_preempt)
			return skep__vfail(
				k->env, -EINVAL,
				"unmatched attempt to enable preemption (kernel function %s)\n",
				k->name);
		s->active_preempt--;
	} else if (s->active_preempt && k->flags & KFUNC_SLEEPS) {
		return skep__vfail(k->env, -EACCES,
				   "kernel func %s is sleepable within non-preemptible region\n",
				   k->name);
	}
	return 0;
}

/* Whoever compares nodes of a tree is called under its lock, and is in such a section already. */
static int check_needless(struct kcall *k)
{
	if (!k->env->cur->active_rcu || !skep__in_tree_callback(k->env) ||
	    (k->id != KFUNC_bpf_rcu_read_lock && k->id != KFUNC_bpf_rcu_read_unlock))
		return 0;
	return skep__vfail(k->env, -EACCES,
			   "Calling bpf_rcu_read_{lock,unlock} in unnecessary rbtree callback\n");
}

int skep__kfunc_region(struct kcall *k)
{
	int err = check_needless(k);

	if (!err)
		err = check_rcu(k);
	if (!err)
		err = check_preempt(k);
	if (err)
		return err;
	if (k->env->cur->active_irq_id && k->flags & KFUNC_SLEEPS)
		return skep__vfail(k->env, -EACCES,
				   "kernel func %s is sleepable within IRQ-disabled region\n",
				   k->name);
	if (k->flags & KFUNC_RCU_PROTECTED && !state_in_rcu(k->env->cur))
		return skep__vfail(k->env, -EACCES,
				   "kernel func %s requires RCU critical section protection\n",
				   k->name);
	return 0;
}
