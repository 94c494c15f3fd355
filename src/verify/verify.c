/* SPDX-License-Identifier: BSD-2-Clause */
/* The verifier's passes in order: what the shape tells, every path of the program, of its global
 * functions, stack. */
#include "verify/verify.h"

#include <string.h>

#include "base/clock.h"
#include "verify/attach.h"
#include "verify/cfg.h"
#include "verify/depth.h"
#include "verify/explore.h"
#include "verify/live_stack.h"
#include "verify/lock.h"
#include "verify/precise.h"

#define DEFAULT_MEMORY_LIMIT (1ull << 30)

static void init_env(struct verify_env *env, const struct verify_input *in, struct strbuf *log)
{
	bool perfmon = in->caps & VERIFY_CAP_PERFMON;

	*env = (struct verify_env){
		.in = in,
		.prog = in->prog,
		.kernel_btf = in->kernel_btf,
		.log = log,
		.log_level = in->log_level,
		.capable = in->caps & VERIFY_CAP_BPF,
		.allow_ptr_leaks = perfmon,
		.allow_uninit_stack = perfmon,
		.bypass_spec_v1 = perfmon,
		.bypass_spec_v4 = perfmon,
		.strict_alignment = (in->flags & (BPF_F_STRICT_ALIGNMENT | BPF_F_ANY_ALIGNMENT)) ==
				    BPF_F_STRICT_ALIGNMENT,
		.test_state_freq = in->flags & BPF_F_TEST_STATE_FREQ,
		.test_reg_invariants = in->flags & BPF_F_TEST_REG_INVARIANTS,
		.start_nsec = now_ns(CLOCK_MONOTONIC),
	};
	skep__pool_init(&env->pool, in->memory_limit ? in->memory_limit : DEFAULT_MEMORY_LIMIT);
}

static enum linkage linkage_of(const struct verify_env *env, u32 sub)
{
	const struct btf_type *t;

	if (!env->in->nr_func_info)
		return LINK_STATIC;
	t = skep__btf_type(env->in->btf, env->in->func_info[sub].type_id);
	return btf_vlen(t) == 1 ? LINK_GLOBAL : LINK_STATIC;
}

static int init_tables(struct verify_env *env)
{
	u32 nr_subs = env->prog->nr_subprogs;

	env->info = skep__pool_zalloc(&env->pool, env->prog->len + 1, sizeof(*env->info));
	env->subs = skep__pool_zalloc(&env->pool, nr_subs + 1, sizeof(*env->subs));
	if (!env->info || !env->subs)
		return -ENOMEM;
	for (u32 i = 0; i < nr_subs; i++) {
		struct sub_info *sub = &env->subs[i];

		sub->name = env->prog->subprogs[i].name ? env->prog->subprogs[i].name : "";
		sub->linkage = linkage_of(env, i);
		if (env->prog->subprogs[i].is_exception_callback) {
			sub->is_exception_callback = sub->is_async_callback = sub->is_callback =
				true;
			sub->called = true;
		}
		sub->type_id = env->in->nr_func_info ? env->in->func_info[i].type_id : 0;
	}
	return 0;
}

static int run_static_passes(struct verify_env *env)
{
	static int (*const passes[])(struct verify_env *) = {
		init_tables,        skep__check_attach,      skep__check_maps,
		skep__cfg_mark,     skep__check_early_exits, skep__cfg_order,
		skep__cfg_loops,    skep__live_regs,         skep__live_stack_init,
		skep__precise_init,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = passes[i](env);
	return err;
}

/* Functions that are called may call others: until no called one is left. */
static int explore_global_functions(struct verify_env *env)
{
	bool *done = skep__pool_zalloc(&env->pool, env->prog->nr_subprogs, sizeof(*done));
	bool again;
	int err;

	if (!done)
		return -ENOMEM;
	do {
		again = false;
		for (u32 i = 1; i < env->prog->nr_subprogs; i++) {
			if (env->subs[i].linkage != LINK_GLOBAL || !env->subs[i].called || done[i])
				continue;
			err = skep__explore(env, i);
			if (err)
				return err;
			done[i] = again = true;
			if (env_logs(env, LOG_PATH | LOG_ALL))
				skep__vlog(env,
					   "Func#%u ('%s') is safe for any args that match its "
					   "prototype\n",
					   i, env->subs[i].name);
		}
	} while (again);
	return 0;
}

/* The kernel makes jumps of tail calls whose map is known, and where lookups must not be speculated
 * on it must be. */
static int check_tail_calls(struct verify_env *env)
{
	for (u32 i = 0; !env->bypass_spec_v1 && i < env->prog->len; i++) {
		const struct insn *insn = env_insn(env, i);

		if (insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_tail_call &&
		    env->info[i].map_poison)
			return skep__vfail(env, -EINVAL, "tail_call abusing map_ptr\n");
	}
	return 0;
}

/* What running needs to know: which memory is the arena's, and what is the handle of an object. */
static void mark_insns(struct verify_env *env)
{
	for (u32 i = 0; env->in->insns && i < env->prog->len; i++) {
		struct insn *insn = &env->in->insns[i];
		const struct insn_info *info = &env->info[i];

		if (env->arena && (insn->op == OP_CAST_AS || info->mem_cls == REG_ARENA))
			insn->flags |= INSN_ARENA;
		if (info->loads == LOADS_KPTR)
			insn->flags |= INSN_KPTR;
		if (info->loads == LOADS_KNOWN) {
			insn->flags |= INSN_KNOWN;
			insn->off = info->known_field;
		}
		if (info->loads == LOADS_PROBE)
			insn->flags |= INSN_PROBE;
		if (info->loads == LOADS_PROBE || info->loads == LOADS_MIXED)
			env->follows_kernel = true;
	}
}

static void tell_reached(const struct verify_env *env)
{
	for (u32 i = 0; env->in->reached && i < env->prog->len; i++)
		env->in->reached[i] = env->info[i].marks & MARK_SEEN;
}

static void log_stats(struct verify_env *env, u64 nsec)
{
	if (env_logs(env, LOG_STATS)) {
		skep__vlog(env, "verification time %llu usec\n", (unsigned long long)(nsec / 1000));
		skep__vlog(env, "stack depth ");
		for (u32 i = 0; i < env->prog->nr_subprogs; i++)
			skep__vlog(env, i ? "+%u" : "%u", env->subs ? env->subs[i].stack_depth : 0);
		skep__vlog(env, "\n");
	}
	if (env->log_level)
		skep__vlog(env,
			   "processed %u insns (limit %d) max_states_per_insn %u total_states %u "
			   "peak_states %u mark_read %u\n",
			   env->processed, MAX_PROCESSED, env->max_states_per_insn,
			   env->total_states, env->peak_states, 0);
}

void skep__verify_nothing(u32 log_level, struct strbuf *log)
{
	struct verify_env env = { .log = log, .log_level = log_level & ~LOG_STATS };

	log_stats(&env, 0);
}

static void fill_stats(const struct verify_env *env, struct verify_stats *stats)
{
	*stats = (struct verify_stats){
		.processed = env->processed,
		.max_states_per_insn = env->max_states_per_insn,
		.total_states = env->total_states,
		.peak_states = env->peak_states,
		.max_ctx_offset = env->max_ctx_offset,
		.follows_kernel = env->follows_kernel,
		.memory = env->pool.bytes,
		.nsec = now_ns(CLOCK_MONOTONIC) - env->start_nsec,
	};
	for (u32 i = 0;
	     env->subs && i < env->prog->nr_subprogs && i < ARRAY_SIZE(stats->stack_depth); i++)
		stats->stack_depth[i] = env->subs[i].stack_depth;
	for (u32 i = 1; env->subs && i < env->prog->nr_subprogs; i++) {
		if (env->subs[i].is_exception_callback)
			stats->exception_callback = i;
	}
}

/* The instructions with the most visits, by insertion: few of them are more than those before. */
static void find_busiest(const struct verify_env *env, struct verify_stats *stats)
{
	for (u32 i = 0; env->info && i < env->prog->len; i++) {
		u32 visits = env->info[i].visits, at = stats->nr_busiest;

		if (!visits || (at == NR_BUSIEST && stats->busiest[at - 1].visits >= visits))
			continue;
		if (at == NR_BUSIEST)
			at--;
		else
			stats->nr_busiest++;
		for (; at > 0 && stats->busiest[at - 1].visits < visits; at--)
			stats->busiest[at] = stats->busiest[at - 1];
		stats->busiest[at] = (struct verify_visits){ i, visits };
	}
}

/* Calls of functions that no BTF had may stand where no path comes. */
static int check_missing_kfuncs(struct verify_env *env)
{
	for (u32 i = 0; i < env->prog->len; i++) {
		if (env_insn(env, i)->op == OP_CALL_KFUNC && !env_insn(env, i)->imm &&
		    env->info[i].marks & MARK_SEEN)
			return skep__vfail(
				env, -EINVAL,
				"invalid kernel function call not eliminated in verifier "
				"pass\n");
	}
	return 0;
}

int skep__verify(const struct verify_input *in, struct strbuf *log, struct verify_stats *stats)
{
	struct verify_env env;
	int err;

	init_env(&env, in, log);
	err = run_static_passes(&env);
	if (!err)
		err = skep__explore(&env, 0);
	if (!err)
		err = explore_global_functions(&env);
	if (!err)
		err = skep__check_stack_depth(&env);
	if (!err)
		err = check_missing_kfuncs(&env);
	if (!err)
		err = check_tail_calls(&env);
	if (!err) {
		mark_insns(&env);
		tell_reached(&env);
		if (in->watch && in->watch->accepted)
			in->watch->accepted(in->watch->opaque, &env);
	}
	fill_stats(&env, stats);
	if (err)
		find_busiest(&env, stats);
	log_stats(&env, stats->nsec);
	skep__pool_fini(&env.pool);
	return err;
}
