/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Functions that call the program back. Each call forks: one path goes into the callback, and comes
 * back to the call when it returns, where the loop converges; the other goes on behind it.
 */
#include "verify/dynptr.h"
#include "verify/explore.h"
#include "verify/kfunc.h"
#include "verify/precise.h"

static void pass_map(const struct call *c, struct reg *r, enum reg_class cls)
{
	skep__reg_pointer(r, cls, 0);
	r->map.map = c->map;
	r->map.uid = c->map_uid;
}

/* R1.. of the callback. */
static int set_helper_args(struct call *c, const struct frame *caller, struct frame *callee)
{
	const struct reg *from = caller->regs;
	struct reg *to = callee->regs;
	s64 vma;

	switch (c->number) {
	case BPF_FUNC_loop:
		skep__reg_unknown(&to[BPF_REG_1]);
		to[BPF_REG_2] = from[BPF_REG_3];
		break;
	case BPF_FUNC_for_each_map_elem:
		if (c->map->map && !c->map->map->ops->for_each)
			return skep__vfail(c->env, -ENOTSUPP,
					   "callback function not allowed for map\n");
		to[BPF_REG_1] = from[BPF_REG_1];
		pass_map(c, &to[BPF_REG_2], REG_MAP_KEY);
		pass_map(c, &to[BPF_REG_3], REG_MAP_VALUE);
		to[BPF_REG_4] = from[BPF_REG_3];
		break;
	case BPF_FUNC_user_ringbuf_drain:
		skep__dynptr_reg(c->env, &to[BPF_REG_1], DYNPTR_LOCAL);
		to[BPF_REG_2] = from[BPF_REG_3];
		break;
	case BPF_FUNC_find_vma:
		vma = skep__btf_find(c->env->in->kernel_btf, "vm_area_struct", BTF_KIND_STRUCT);
		if (vma < 0)
			return skep__vfail_later(c->env, "this kind of callback");
		to[BPF_REG_1] = from[BPF_REG_1];
		skep__reg_pointer(&to[BPF_REG_2], REG_BTF, 0);
		to[BPF_REG_2].btf.btf = c->env->in->kernel_btf;
		to[BPF_REG_2].btf.id = (u32)vma;
		to[BPF_REG_3] = from[BPF_REG_4];
		break;
	default:
		return skep__vfail_later(c->env, "this kind of callback");
	}
	callee->in_callback = true;
	callee->ret = (struct ret_bounds){ 0, 1 };
	return 0;
}

typedef int args_fn(struct call *c, const struct frame *caller, struct frame *callee);

static int push_callback(struct call *c, args_fn *set_args)
{
	struct verify_env *env = c->env;
	struct frame *caller = cur_frame(env), *callee;
	struct state *s;
	int err;

	env->subs[c->sub].is_callback = true;
	s = skep__push_path(env, sub_start(env, c->sub), env->insn, false, &err);
	if (!s)
		return err;
	err = skep__push_frame(env, s, c->sub, env->insn, &callee);
	if (!err)
		err = set_args(c, caller, callee);
	if (err)
		return err;
	s->callback_unroll_depth++;
	s->frames[s->cur - 1]->callback_depth++;
	caller->callback_depth = 0;
	return 0;
}

/* bpf_loop with a known number of rounds calls back no more often than that. */
static int check_loop(struct call *c)
{
	struct verify_env *env = c->env;
	struct frame *f = cur_frame(env);
	int err = skep__mark_precise(env, BPF_REG_1);

	if (err)
		return err;
	if (f->callback_depth < f->regs[BPF_REG_1].n.umax)
		return push_callback(c, set_helper_args);
	f->callback_depth = 0;
	if (env_logs(env, LOG_ALL))
		skep__vlog(env, "frame%u bpf_loop iteration limit reached\n", f->index);
	return 0;
}

/* It runs later, on its own: a path of its own, with nothing of this one. */
static int push_async_callback(struct call *c, bool sleepable, struct ret_bounds ret)
{
	struct verify_env *env = c->env;
	struct state *s;
	struct frame *f;
	int err;

	env->subs[c->sub].is_callback = env->subs[c->sub].is_async_callback = true;
	s = skep__push_async_path(env, c->sub, sleepable, &err);
	if (!s)
		return err;
	f = s->frames[0];
	f->async_entries = cur_frame(env)->async_entries + 1;
	pass_map(c, &f->regs[BPF_REG_1], REG_MAP_PTR);
	pass_map(c, &f->regs[BPF_REG_2], REG_MAP_KEY);
	pass_map(c, &f->regs[BPF_REG_3], REG_MAP_VALUE);
	f->in_async_callback = true;
	f->ret = ret;
	return 0;
}

int skep__call_callback(struct call *c)
{
	if (c->number == BPF_FUNC_timer_set_callback)
		return push_async_callback(c, false, (struct ret_bounds){ 0, 0 });
	return c->number == BPF_FUNC_loop ? check_loop(c) : push_callback(c, set_helper_args);
}

/* Two nodes of a tree are compared while its lock is held. */
static int set_tree_args(struct call *c, const struct frame *caller, struct frame *callee)
{
	(void)caller;
	for (u32 i = BPF_REG_1; i <= BPF_REG_2; i++) {
		skep__graph_node(&c->root, &callee->regs[i]);
		skep__set_non_owning(&callee->regs[i]);
	}
	callee->in_callback = true;
	callee->ret = (struct ret_bounds){ 0, 1 };
	return 0;
}

int skep__kfunc_callback(struct kcall *k)
{
	switch (k->id) {
	case KFUNC_bpf_wq_set_callback_impl:
		return push_async_callback(&k->call, true, (struct ret_bounds){ 0, 0 });
	case KFUNC_bpf_task_work_schedule_signal_impl:
	case KFUNC_bpf_task_work_schedule_resume_impl:
		return push_async_callback(&k->call, true,
					   (struct ret_bounds){ INT32_MIN, INT32_MAX });
	case KFUNC_bpf_rbtree_add_impl:
		return push_callback(&k->call, set_tree_args);
	default:
		return 0;
	}
}
