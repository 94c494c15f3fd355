/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every chain of calls from the entry (and from each asynchronous callback) has 512 bytes of stack
 * together, and at most eight frames. The kernel's x86 compiler gives large frames of some program
 * types a stack of their own, which then counts alone.
 */
#include "verify/depth.h"
#include "verify/kfunc.h"

#define MIN_PRIVATE 64
#define TAIL_CALL_LIMIT 256

struct depth {
	struct verify_env *env;
	u32 total, nr_frames;
	u32 subs[MAX_CALL_FRAMES], behind[MAX_CALL_FRAMES]; /* where each frame goes on */
	u8 *private; /* by subprogram: has a stack of its own */
	bool may_private, tail_call;
};

static u32 frame_size(const struct verify_env *env, u32 sub)
{
	return round_up(env->subs[sub].stack_depth, 16);
}

/* Program types that the kernel may run nested, or that it knows to be deep. */
static bool has_private_stacks(const struct verify_env *env)
{
	switch (env->prog->type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		break;
	case BPF_PROG_TYPE_TRACING:
		if (env->prog->expected_attach_type == BPF_TRACE_ITER)
			return false;
		break;
	default:
		return false;
	}
	for (u32 i = 0; i < env->prog->nr_subprogs; i++) {
		if (env->subs[i].has_tail_call)
			return false;
	}
	return true;
}

static bool in_callback(const struct depth *d, u32 sub)
{
	bool in = d->env->subs[sub].is_callback;

	for (u32 f = 0; f < d->nr_frames; f++)
		in |= d->env->subs[d->subs[f]].is_callback;
	return in;
}

static int enter(struct depth *d, u32 sub)
{
	struct verify_env *env = d->env;
	u32 size = frame_size(env, sub);

	if (env->subs[sub].has_ld_abs && in_callback(d, sub))
		return skep__vfail(env, -EINVAL, "cannot use BPF_LD_[ABS|IND] within callback\n");
	if (sub && env->subs[sub].has_tail_call && d->total >= TAIL_CALL_LIMIT)
		return skep__vfail(env, -EACCES,
				   "tail_calls are not allowed when call stack of previous frames "
				   "is %u bytes. Too large\n",
				   d->total);
	if (d->may_private && size >= MIN_PRIVATE)
		d->private[sub] = true;
	if (d->private[sub]) {
		if (size > MAX_STACK)
			return skep__vfail(env, -EACCES,
					   "stack size of subprog %u is %u. Too large\n", sub,
					   size);
		return 0;
	}
	d->total += size;
	if (d->total > MAX_STACK)
		return skep__vfail(env, -EACCES,
				   "combined stack size of %u calls is %u. Too large\n",
				   d->nr_frames + 1, d->total);
	return 0;
}

/* The subprogram that an instruction calls or takes the address of; -1: none. */
static int called_by(const struct verify_env *env, u32 i)
{
	const struct insn *insn = env_insn(env, i);

	if (insn->op == OP_CALL_LOCAL)
		return skep__sub_at(env, i + 1 + insn->off);
	return insn->op == OP_LDFUNC ? (int)insn->imm : -1;
}

/* 1: goes into the callee; 0: goes on behind; -errno. */
static int go_into(struct depth *d, u32 sub, u32 i, u32 callee)
{
	struct verify_env *env = d->env;

	if (env->subs[callee].is_async_callback && env_insn(env, i)->op != OP_CALL_LOCAL)
		return 0; /* runs later, on a stack of its own */
	if (env->subs[callee].is_exception_callback)
		return skep__vfail(env, -EINVAL, "insn %u cannot call exception cb directly\n", i);
	d->tail_call |= env->subs[callee].has_tail_call;
	d->subs[d->nr_frames] = sub;
	d->behind[d->nr_frames] = i + 1;
	if (++d->nr_frames >= MAX_CALL_FRAMES)
		return skep__vfail(env, -E2BIG, "the call stack of %u frames is too deep !\n",
				   d->nr_frames);
	return 1;
}

/* Whoever called back goes on afterwards: an exception may not take that away. */
static int check_throw(const struct depth *d, u32 sub, u32 i)
{
	struct verify_env *env = d->env;

	if (skep__env_kfunc_id(env, env_insn(env, i)) != KFUNC_bpf_throw || !in_callback(d, sub))
		return 0;
	return skep__vfail(env, -EINVAL,
			   "bpf_throw kfunc (insn %u) cannot be called from callback subprog %u\n",
			   i, sub);
}

static void mark_tail_calls(struct depth *d)
{
	for (u32 f = 0; d->tail_call && f < d->nr_frames; f++)
		d->env->subs[d->subs[f]].tail_call_reachable = true;
}

static int check_from(struct depth *d, u32 sub)
{
	struct verify_env *env = d->env;
	u32 i = sub_start(env, sub);
	int err = enter(d, sub);

	while (!err) {
		int callee = i < env->prog->subprogs[sub].end ? called_by(env, i) : -1;
		int into = callee < 0 ? 0 : go_into(d, sub, i, callee);

		if (into < 0)
			return into;
		if (into) {
			sub = callee;
			i = sub_start(env, sub);
			err = enter(d, sub);
			continue;
		}
		if (i < env->prog->subprogs[sub].end) {
			err = check_throw(d, sub, i++);
			continue;
		}
		mark_tail_calls(d);
		if (!d->nr_frames)
			return 0;
		if (!d->private[sub])
			d->total -= frame_size(env, sub);
		d->nr_frames--;
		sub = d->subs[d->nr_frames];
		i = d->behind[d->nr_frames];
	}
	return err;
}

int skep__check_stack_depth(struct verify_env *env)
{
	struct depth d = { .env = env };
	int err = 0;

	d.private = skep__pool_zalloc(&env->pool, env->prog->nr_subprogs, 1);
	if (!d.private)
		return -ENOMEM;
	for (u32 i = env->prog->nr_subprogs; i-- > 0 && !err;) {
		if (i && !env->subs[i].is_async_callback)
			continue;
		d.may_private = !i && has_private_stacks(env);
		d.total = d.nr_frames = 0;
		err = check_from(&d, i);
	}
	return err;
}
