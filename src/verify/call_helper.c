/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helper calls: may this program call it here, are its arguments right, what does it do with them.
 * What is true of a helper stands in its row (helper/helpers.def); the few rules of single helpers
 * stand here.
 */
#include <stdio.h>

#include "verify/attach.h"
#include "verify/dynptr.h"
#include "verify/explore.h"
#include "verify/kptr.h"
#include "verify/linked.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/ref.h"

/* ---- may it be called ------------------------------------------------------------------------ */

/* What skep's kernel does not offer: writing to other processes, and making functions fail. */
static bool is_locked_down(u32 number)
{
	return number == BPF_FUNC_probe_write_user || number == BPF_FUNC_override_return;
}

static int check_allowed(struct call *c)
{
	struct verify_env *env = c->env;
	const struct prog *prog = env->prog;
	const struct helper *any = skep__helper(c->number);

	if (!any)
		return skep__vfail(env, -EINVAL, "invalid func unknown#%u\n", c->number);
	if (!skep__attach_allows(env, c->number))
		return skep__vfail(env, -EINVAL,
				   "program of this type cannot use helper bpf_%s#%u\n", any->name,
				   c->number);
	c->helper = skep__helper_for(c->number, prog->type);
	if (is_locked_down(c->number) || (c->helper->flags & HELPER_CAPBPF && !env->capable) ||
	    (c->helper->flags & HELPER_PERFMON && !env->allow_ptr_leaks))
		return skep__vfail(env, -EINVAL,
				   "program of this type cannot use helper bpf_%s#%u\n", any->name,
				   c->number);
	if (c->helper->flags & HELPER_GPL && !prog->gpl)
		return skep__vfail(
			env, -EINVAL,
			"cannot call GPL-restricted function from non-GPL compatible program\n");
	return 0;
}

static int check_sleep(const struct call *c)
{
	struct verify_env *env = c->env;
	const struct state *s = env->cur;
	const char *where = s->active_rcu       ? "rcu_read_lock region"
			    : s->active_preempt ? "non-preemptible region"
			    : s->active_irq_id  ? "IRQ-disabled region"
						: NULL;

	if (!(c->helper->flags & HELPER_SLEEPS))
		return 0;
	if (!s->in_sleepable)
		return skep__vfail(env, -EINVAL,
				   "helper call might sleep in a non-sleepable prog\n");
	if (where)
		return skep__vfail(env, -EINVAL, "sleepable helper bpf_%s#%u in %s\n",
				   c->helper->name, c->number, where);
	return 0;
}

/* ---- the map, remembered for later passes ---------------------------------------------------- */

static bool changes_map(u32 number)
{
	return number == BPF_FUNC_map_update_elem || number == BPF_FUNC_map_delete_elem ||
	       number == BPF_FUNC_map_push_elem || number == BPF_FUNC_map_pop_elem;
}

static int note_map(struct call *c)
{
	struct insn_info *info = &c->env->info[c->env->insn];

	if (!c->map)
		return 0;
	if (c->map->def->flags & BPF_F_RDONLY_PROG && changes_map(c->number))
		return skep__vfail(c->env, -EACCES, "write into map forbidden\n");
	info->map_poison |= info->map && info->map != c->map;
	info->map = c->map;
	return 0;
}

/* ---- single helpers -------------------------------------------------------------------------- */

static int check_tail_call(struct call *c)
{
	struct verify_env *env = c->env;
	const struct reg *index = cur_reg(env, BPF_REG_3);
	int err;

	if (!c->map || c->map->def->type != BPF_MAP_TYPE_PROG_ARRAY)
		return skep__vfail(env, -EINVAL, "expected prog array map for tail call");
	if (reg_is_const(index) && reg_const(index) < c->map->def->max_entries) {
		err = skep__mark_precise(env, BPF_REG_3);
		if (err)
			return err;
	}
	return skep__check_leaks(env, false, true, "tail_call");
}

/* For CPUs that do not exist there is NULL: what is surely one of the others decides something. */
static int check_cpu(struct call *c)
{
	const struct reg *cpu = cur_reg(c->env, BPF_REG_2);

	c->cpu_exists = cpu->cls == REG_SCALAR && cpu->n.u32_max < c->env->in->nr_cpus;
	return c->cpu_exists ? skep__mark_precise(c->env, BPF_REG_2) : 0;
}

static int check_dynptr_from_mem(struct call *c)
{
	const struct reg *r = cur_reg(c->env, BPF_REG_1);
	struct class_name name;

	if (reg_plain(r, REG_MAP_VALUE))
		return 0;
	return skep__vfail(c->env, -EACCES,
			   "Unsupported reg type %s for bpf_dynptr_from_mem data\n",
			   skep__class_name(r, &name));
}

static int check_special(struct call *c)
{
	struct verify_env *env = c->env;

	switch (c->number) {
	case BPF_FUNC_tail_call:
		return check_tail_call(c);
	case BPF_FUNC_get_local_storage:
		if (!reg_is_null(cur_reg(env, BPF_REG_2)))
			return skep__vfail(env, -EINVAL,
					   "get_local_storage() doesn't support non-zero flags\n");
		return 0;
	case BPF_FUNC_snprintf:
		if (!num_is_const(&cur_reg(env, BPF_REG_5)->n) ||
		    reg_const(cur_reg(env, BPF_REG_5)) % 8)
			return -EINVAL;
		return 0;
	case BPF_FUNC_per_cpu_ptr:
		return check_cpu(c);
	case BPF_FUNC_dynptr_from_mem:
		return check_dynptr_from_mem(c);
	case BPF_FUNC_for_each_map_elem:
	case BPF_FUNC_loop:
	case BPF_FUNC_find_vma:
	case BPF_FUNC_user_ringbuf_drain:
	case BPF_FUNC_timer_set_callback:
		return skep__call_callback(c);
	default:
		return 0;
	}
}

/* ---- the call -------------------------------------------------------------------------------- */

/* Stack that the function fills: each byte of it becomes something. */
static int fill_raw(struct call *c)
{
	int err = 0;

	for (s32 i = 0; i < c->raw.size && !err; i++)
		err = skep__check_access(c->env, c->raw.regno, i, 1, true, NO_REG, false, false);
	return err;
}

static int give_up(struct call *c)
{
	struct verify_env *env = c->env;
	int err = -EINVAL;

	if (!c->release_regno)
		return 0;
	if (ARG_CLASS(c->helper->args[c->release_regno - 1]) == ARG_DYNPTR)
		err = skep__release_dynptr(env, c->release_regno);
	else if (c->ref_id && c->number == BPF_FUNC_kptr_xchg)
		err = skep__give_to_kptr(c);
	else if (c->ref_id)
		err = skep__release(env, c->ref_id);
	else if (reg_is_null(cur_reg(env, c->release_regno)))
		err = 0;
	return err ? skep__vfail(env, err,
				 "func bpf_%s#%u reference has not been acquired before\n",
				 c->helper->name, c->number)
		   : 0;
}

static int check_args(struct call *c)
{
	int err = 0;

	for (u32 i = 0; i < 5 && !err; i++)
		err = skep__check_arg(c, i);
	return err;
}

/* It may not come back: then the subprogram's caller goes on, with another program's packet and
 * result. */
static int leave_by_tail_call(struct verify_env *env)
{
	struct reg unknown;
	int err;

	if (!skep__push_path(env, env->insn + 1, env->insn, false, &err))
		return err;
	skep__invalidate_packets(env);
	skep__reg_unknown(&unknown);
	unknown.precise = !env->capable;
	*cur_reg(env, BPF_REG_0) = unknown;
	return skep__return_to_caller(env);
}

int skep__check_helper_call(struct verify_env *env, const struct insn *insn)
{
	static int (*const steps[])(struct call *) = {
		check_args, note_map, fill_raw, give_up, check_special,
	};
	struct call c = { .env = env, .number = (u32)insn->imm, .const_key = -1 };
	int err = check_allowed(&c);

	if (!err)
		err = check_sleep(&c);
	for (size_t i = 0; i < ARRAY_SIZE(steps) && !err; i++)
		err = steps[i](&c);
	if (err)
		return err;
	skep__clear_caller_saved(env);
	err = skep__call_return(&c);
	if (!err && c.number == BPF_FUNC_tail_call && env->cur->cur)
		return leave_by_tail_call(env);
	env->insn += err ? 0 : 1;
	return err;
}
