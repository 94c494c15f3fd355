/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of kernel functions: may this program call it here, are its arguments right, what does it
 * do. The order of the steps is the kernel's: the first that fails decides the verdict.
 */
#include "verify/kfunc.h"

#include "verify/explore.h"
#include "verify/ref.h"

#define MAX_ERRNO 4095

enum kfunc_id skep__env_kfunc_id(const struct verify_env *env, const struct insn *insn)
{
	if (insn->op != OP_CALL_KFUNC || !insn->imm || (u32)insn->off >= env->prog->nr_kfuncs)
		return KFUNC_NONE;
	return env->prog->kfuncs[insn->off].id;
}

const struct kfunc *skep__env_kfunc(const struct verify_env *env, const struct insn *insn)
{
	enum kfunc_id id = skep__env_kfunc_id(env, insn);

	if (!skep__kfunc_allowed(id, env->prog->type, env->prog->expected_attach_type))
		return NULL;
	return skep__kfunc(id);
}

static const struct btf_type *proto_of(const struct verify_env *env, u32 btf_id)
{
	const struct btf *btf = env->kernel_btf;

	return skep__btf_type(btf, skep__btf_type(btf, btf_id)->type);
}

u32 skep__kfunc_params(const struct verify_env *env, const struct insn *insn)
{
	return min(btf_vlen(proto_of(env, (u32)insn->imm)), 5u);
}

static int check_allowed(struct kcall *k)
{
	if (!skep__kfunc_allowed(k->id, k->env->prog->type, k->env->prog->expected_attach_type))
		return skep__vfail(k->env, -EACCES, "calling kernel function %s is not allowed\n",
				   k->name);
	k->flags = skep__kfunc(k->id)->flags;
	return 0;
}

/* Locks that can fail do so on a path of its own, on which nothing is held. */
static int fork_failure(struct kcall *k)
{
	struct state *s;
	struct reg *r0;
	int err;

	if (k->id != KFUNC_bpf_res_spin_lock && k->id != KFUNC_bpf_res_spin_lock_irqsave)
		return 0;
	s = skep__push_path(k->env, k->env->insn + 1, k->env->insn, false, &err);
	if (!s)
		return err;
	for (u32 i = BPF_REG_0; i <= BPF_REG_5; i++)
		skep__reg_not_init(&state_frame(s)->regs[i]);
	r0 = &state_frame(s)->regs[BPF_REG_0];
	skep__reg_unknown(r0);
	r0->n.s32_min = -MAX_ERRNO;
	r0->n.s32_max = -1;
	skep__num_sync(&r0->n);
	return 0;
}

/* What a session's program keeps from entry to return: a number that it may change. */
static int set_cookie(struct kcall *k)
{
	if (k->id == KFUNC_bpf_session_cookie)
		k->r0_size = sizeof(u64);
	return 0;
}

static int check_here(struct kcall *k)
{
	const struct state *s = k->env->cur;

	if (k->id == KFUNC___bpf_trap)
		return skep__vfail(k->env, -EFAULT,
				   "unexpected __bpf_trap() due to uninitialized variable?\n");
	if (k->flags & KFUNC_SLEEPS && !s->in_sleepable)
		return skep__vfail(k->env, -EACCES,
				   "program must be sleepable to call sleepable kfunc %s\n",
				   k->name);
	return 0;
}

static int give_up(struct kcall *k)
{
	int err = k->call.release_regno ? skep__release(k->env, k->call.ref_id) : 0;

	return err ? skep__vfail(k->env, err,
				 "kfunc %s#%u reference has not been acquired before\n", k->name,
				 k->btf_id)
		   : 0;
}

/* An exception ends the program; without a callback of its own, with what is thrown as its result.
 */
static int throw(struct kcall * k)
{
	struct verify_env *env = k->env;

	if (!(k->flags & KFUNC_THROWS))
		return 0;
	env->seen_exception = true;
	for (u32 i = 0; i < env->prog->nr_subprogs; i++) {
		if (env->subs[i].is_exception_callback)
			return 0;
	}
	return skep__check_return_value(env, BPF_REG_1, "R1");
}

static int check_acquired(struct kcall *k)
{
	u32 id = k->proto->type;
	const struct btf_type *t = skep__btf_strip(k->btf, &id);

	if (!(k->flags & KFUNC_ACQUIRES) || k->id == KFUNC_bpf_obj_new_impl ||
	    k->id == KFUNC_bpf_percpu_obj_new_impl || k->id == KFUNC_bpf_refcount_acquire_impl)
		return 0;
	if (t && btf_kind(t) == BTF_KIND_PTR) {
		id = t->type;
		t = skep__btf_strip(k->btf, &id);
		if (t && btf_kind(t) == BTF_KIND_STRUCT)
			return 0;
	}
	return skep__vfail(k->env, -EINVAL,
			   "acquire kernel function does not return PTR_TO_BTF_ID\n");
}

static int finish(struct kcall *k)
{
	int err;

	skep__clear_caller_saved(k->env);
	err = check_acquired(k);
	if (!err)
		err = skep__kfunc_return(k);
	if (err)
		return err;
	if (k->flags & KFUNC_MOVES)
		skep__invalidate_packets(k->env);
	return k->flags & KFUNC_ITER_NEXT ? skep__iter_next(k) : 0;
}

int skep__check_kfunc_call(struct verify_env *env, const struct insn *insn)
{
	static int (*const steps[])(struct kcall *) = {
		check_allowed,
		fork_failure,
		check_here,
		skep__check_kfunc_args,
		set_cookie,
		skep__kfunc_callback,
		skep__kfunc_region,
		give_up,
		skep__give_to_graph,
		throw,
		finish,
	};
	const struct prog_kfunc *kfunc;
	struct kcall k;
	int err = 0;

	/* Of no BTF: refused in the end, if it can be reached (verify.c). */
	if (!insn->imm) {
		env->insn++;
		return 0;
	}
	kfunc = &env->prog->kfuncs[insn->off];
	k = (struct kcall){
		.call = { .env = env, .const_key = -1 },
		.env = env,
		.id = kfunc->id,
		.name = kfunc->name,
		.btf = env->kernel_btf,
		.btf_id = kfunc->btf_id,
	};
	k.proto = proto_of(env, k.btf_id);
	k.params = (const struct btf_param *)(k.proto + 1);
	k.nr_params = btf_vlen(k.proto);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !err; i++)
		err = steps[i](&k);
	if (err)
		return err;
	if (k.flags & KFUNC_THROWS)
		return skep__check_exit(env, true);
	env->insn++;
	return 0;
}
