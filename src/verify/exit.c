/* SPDX-License-Identifier: BSD-2-Clause */
/* Exits: of subprograms to their callers, of callbacks to who calls them again, of the program. */
#include "ctx/ctx.h"
#include "verify/explore.h"
#include "verify/live_stack.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/prune.h"
#include "verify/ref.h"
#include "verify/struct_ops.h"

static int refuse_value(struct verify_env *env, const struct reg *r, struct ret_bounds range,
			const char *when, const char *name)
{
	bool unknown = r->n.smin == INT64_MIN && r->n.smax == INT64_MAX;

	skep__vlog(env, "%s the register %s has", when, name);
	if (r->n.smin > INT64_MIN)
		skep__vlog(env, " smin=%lld", (long long)r->n.smin);
	if (r->n.smax < INT64_MAX)
		skep__vlog(env, " smax=%lld", (long long)r->n.smax);
	if (unknown)
		skep__vlog(env, " unknown scalar value");
	return skep__vfail(env, -EINVAL, " should have been in [%d, %d]\n", range.min, range.max);
}

static int check_range(struct verify_env *env, u32 regno, struct ret_bounds range, const char *when,
		       const char *name)
{
	const struct reg *r = cur_reg(env, regno);
	struct class_name cls;
	int err;

	if (r->cls != REG_SCALAR)
		return skep__vfail(env, -EINVAL, "%s the register R%u is not a known value (%s)\n",
				   when, regno, skep__class_name(r, &cls));
	err = skep__mark_precise(env, regno);
	if (err)
		return err;
	if (r->n.smin < range.min || r->n.smax > range.max)
		return refuse_value(env, r, range, when, name);
	return 0;
}

int skep__check_return_value(struct verify_env *env, u32 regno, const char *name)
{
	const struct frame *f = cur_frame(env);
	struct ret_range range;
	struct class_name cls;
	int err;

	if ((!f->subprog || f->in_exception_callback) && !f->in_async_callback &&
	    skep__struct_ops_is_void(env))
		return 0;
	err = skep__need_reg(env, regno);
	if (err)
		return err;
	if (is_secret(env, cur_reg(env, regno)))
		return skep__vfail(env, -EACCES, "R%u leaks addr as return value\n", regno);
	if (f->in_async_callback)
		return check_range(env, regno, f->ret, "At async callback return", name);
	if (f->subprog && !f->in_exception_callback) {
		if (cur_reg(env, regno)->cls != REG_SCALAR)
			return skep__vfail(
				env, -EINVAL,
				"At subprogram exit the register R%u is not a scalar value (%s)\n",
				regno, skep__class_name(cur_reg(env, regno), &cls));
		return 0;
	}
	if (!skep__prog_ret_range(env->prog->type, env->prog->expected_attach_type, &range))
		return 0;
	return check_range(env, regno, (struct ret_bounds){ range.min, range.max },
			   "At program exit", name);
}

static int check_callback_value(struct verify_env *env, const struct frame *f)
{
	const struct reg *r0 = &f->regs[BPF_REG_0];
	int err;

	if (r0->cls != REG_SCALAR)
		return skep__vfail(env, -EACCES, "R0 not a scalar value\n");
	err = skep__mark_precise(env, BPF_REG_0);
	if (err)
		return err;
	if (r0->n.smin < f->ret.min || r0->n.smax > f->ret.max)
		return refuse_value(env, r0, f->ret, "At callback return", "R0");
	return 0;
}

int skep__return_to_caller(struct verify_env *env)
{
	struct state *s = env->cur, *prev;
	struct frame *callee = state_frame(s), *caller = s->frames[s->cur - 1];
	bool callback = callee->in_callback;
	int err = skep__live_stack_update(env);

	if (err)
		return err;
	if (reg_plain(&callee->regs[BPF_REG_0], REG_STACK))
		return skep__vfail(env, -EINVAL, "cannot return stack pointer to the caller\n");
	if (callback) {
		err = check_callback_value(env, callee);
		if (err)
			return err;
	} else {
		caller->regs[BPF_REG_0] = callee->regs[BPF_REG_0];
	}
	env->insn = callback ? callee->callsite : callee->callsite + 1;
	if (env_logs(env, LOG_PATH | LOG_ALL)) {
		skep__vlog(env, "returning from callee:\n");
		skep__vlog_state(env, s, callee->index, true);
		skep__vlog(env, "to caller at %u:\n", env->insn);
		skep__vlog_state(env, s, caller->index, true);
	}
	s->frames[s->cur--] = NULL;
	skep__frame_free(&env->pool, callee);
	if (callback) {
		prev = skep__find_loop_entry(env, s, env->insn);
		if (prev)
			skep__widen(env, prev, s);
	}
	return 0;
}

int skep__exit_early(struct verify_env *env, struct reg r0)
{
	int err;

	if (!skep__push_path(env, env->insn + 1, env->insn, false, &err))
		return err;
	*cur_reg(env, BPF_REG_0) = r0;
	mark_scratched(env, BPF_REG_0);
	return skep__return_to_caller(env);
}

int skep__check_exit(struct verify_env *env, bool exception)
{
	bool nested = env->cur->cur;
	int err = skep__check_leaks(env, exception, exception || !nested,
				    exception ? "bpf_throw" : "BPF_EXIT instruction in main prog");

	if (err)
		return err;
	if (exception)
		return PATH_ENDS;
	if (nested)
		return skep__return_to_caller(env);
	err = skep__check_return_value(env, BPF_REG_0, "R0");
	return err ? err : PATH_ENDS;
}
