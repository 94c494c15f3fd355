/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of the program's own functions. Static ones are followed as if they stood at the call;
 * global ones are verified once, for any arguments that fit their prototype, and are only held
 * against it here.
 */
#include "verify/call.h"
#include "verify/explore.h"
#include "verify/live_stack.h"
#include "verify/operand.h"
#include "verify/ref.h"

int skep__push_frame(struct verify_env *env, struct state *s, u32 sub, u32 callsite,
		     struct frame **out)
{
	struct frame *f;

	if (s->cur + 1 >= MAX_CALL_FRAMES)
		return skep__vfail(env, -E2BIG, "the call stack of %u frames is too deep\n",
				   s->cur + 2);
	f = skep__enter_frame(env, callsite, s->cur + 1, sub);
	if (!f)
		return -ENOMEM;
	s->frames[++s->cur] = f;
	*out = f;
	return 0;
}

static bool in_atomic_region(const struct verify_env *env)
{
	const struct state *s = env->cur;

	return s->active_rcu || s->active_preempt || s->active_irq_id || !s->in_sleepable;
}

static int call_global(struct verify_env *env, u32 sub)
{
	struct sub_info *info = &env->subs[sub];
	int err = skep__check_sub_args(env, sub);

	if (err == -EFAULT)
		return err;
	if (env->cur->active_locks)
		return skep__vfail(env, -EINVAL,
				   "global function calls are not allowed while holding a lock,\n"
				   "use static function instead\n");
	if (info->might_sleep && in_atomic_region(env))
		return skep__vfail(env, -EINVAL,
				   "global functions that may sleep are not allowed in "
				   "non-sleepable context,\n"
				   "i.e., in a RCU/IRQ/preempt-disabled section, or in\n"
				   "a non-sleepable BPF program context\n");
	if (err)
		return skep__vfail(env, err, "Caller passes invalid args into func#%u ('%s')\n",
				   sub, info->name);
	if (env_logs(env, LOG_PATH | LOG_ALL))
		skep__vlog(env, "Func#%u ('%s') is global and assumed valid.\n", sub, info->name);
	if (info->moves_packet)
		skep__invalidate_packets(env);
	info->called = true;
	skep__clear_caller_saved(env);
	skep__reg_unknown(cur_reg(env, BPF_REG_0));
	cur_reg(env, BPF_REG_0)->precise = !env->capable;
	env->insn++;
	return 0;
}

static int call_static(struct verify_env *env, u32 sub)
{
	struct state *s = env->cur;
	struct frame *caller = state_frame(s), *callee;
	int err = skep__push_frame(env, s, sub, env->insn, &callee);

	if (err)
		return err;
	for (u32 i = BPF_REG_1; i <= BPF_REG_5; i++)
		callee->regs[i] = caller->regs[i];
	for (u32 i = BPF_REG_0; i <= BPF_REG_5; i++)
		skep__reg_not_init(&caller->regs[i]);
	env->insn = sub_start(env, sub);
	skep__live_stack_new_frame(env);
	if (env_logs(env, LOG_PATH | LOG_ALL)) {
		skep__vlog(env, "caller:\n");
		skep__vlog_state(env, s, caller->index, true);
		skep__vlog(env, "callee:\n");
		skep__vlog_state(env, s, callee->index, true);
	}
	return 0;
}

int skep__check_local_call(struct verify_env *env, const struct insn *insn)
{
	int sub = skep__sub_at(env, env->insn + 1 + insn->off);

	if (sub < 0)
		return -EFAULT;
	return env->subs[sub].linkage == LINK_GLOBAL ? call_global(env, sub)
						     : call_static(env, sub);
}
