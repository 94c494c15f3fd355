/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop over paths, depth first: an instruction changes the current state or puts a second state
 * aside; a path ends at the program's exit, or where a stored state says that the rest is known to
 * be safe.
 */
#include "verify/explore.h"

#include "verify/live_stack.h"
#include "verify/prune.h"
#include "verify/speculate.h"

static void free_pending(struct verify_env *env)
{
	while (env->pending) {
		struct pending *p = env->pending;

		env->pending = p->next;
		skep__state_free(&env->pool, p->state);
		skep__pool_free(&env->pool, p, sizeof(*p));
	}
	env->nr_pending = 0;
}

static struct pending *add_pending(struct verify_env *env, u32 insn, u32 prev_insn, int *err)
{
	struct pending *p = skep__pool_zalloc(&env->pool, 1, sizeof(*p));

	*err = -ENOMEM;
	if (!p)
		return NULL;
	p->state = skep__state_new(&env->pool);
	if (!p->state)
		return NULL;
	p->insn = insn;
	p->prev_insn = prev_insn;
	p->log_len = env->log->len;
	p->next = env->pending;
	env->pending = p;
	*err = 0;
	if (++env->nr_pending > MAX_PENDING)
		*err = skep__vfail(env, -ENOMEM, "The sequence of %u jumps is too complex.\n",
				   env->nr_pending);
	return *err ? NULL : p;
}

struct state *skep__push_path(struct verify_env *env, u32 insn, u32 prev_insn, bool speculative,
			      int *err)
{
	struct pending *p = add_pending(env, insn, prev_insn, err);

	if (!p)
		return NULL;
	*err = skep__state_copy(&env->pool, p->state, env->cur);
	if (*err)
		return NULL;
	p->state->speculative |= speculative;
	if (p->state->parent)
		p->state->parent->branches++;
	return p->state;
}

struct frame *skep__enter_frame(struct verify_env *env, u32 callsite, u32 index, u32 sub)
{
	struct frame *f = skep__frame_new(&env->pool);

	if (!f)
		return NULL;
	f->callsite = callsite;
	f->index = index;
	f->subprog = sub;
	skep__reg_pointer(&f->regs[BPF_REG_10], REG_STACK, 0);
	f->regs[BPF_REG_10].stack.frame = index;
	env->scratched_regs = (u16)~0u;
	env->scratched_slots = ~0ull;
	return f;
}

struct state *skep__push_async_path(struct verify_env *env, u32 sub, bool sleepable, int *err)
{
	u32 start = sub_start(env, sub);
	struct pending *p = add_pending(env, start, env->insn, err);
	struct state *s;

	if (!p)
		return NULL;
	s = p->state;
	s->branches = 1;
	s->in_sleepable = sleepable;
	s->frames[0] = skep__enter_frame(env, UINT32_MAX, 0, sub);
	if (!s->frames[0]) {
		*err = -ENOMEM;
		return NULL;
	}
	return s;
}

/* Takes the path that was put aside last; false: none is left. */
static bool next_path(struct verify_env *env)
{
	struct pending *p = env->pending;

	if (!p)
		return false;
	skep__state_free(&env->pool, env->cur);
	env->cur = p->state;
	env->insn = p->insn;
	env->prev_insn = p->prev_insn;
	if (!env_logs(env, LOG_ALL)) {
		env->log->len = p->log_len;
		env->log->text[p->log_len] = 0;
	}
	env->pending = p->next;
	env->nr_pending--;
	skep__pool_free(&env->pool, p, sizeof(*p));
	return true;
}

static const char *speculation(const struct verify_env *env)
{
	return env->cur->speculative ? " (speculative execution)" : "";
}

static void log_insn(struct verify_env *env, bool *print_state)
{
	size_t start;

	if (env_logs(env, LOG_ALL) && *print_state) {
		skep__vlog(env, "\nfrom %d to %u%s:", (int)env->prev_insn, env->insn,
			   speculation(env));
		skep__vlog_state(env, env->cur, env->cur->cur, true);
		*print_state = false;
	}
	if (env->scratched_regs || env->scratched_slots)
		skep__vlog_state_behind(env, env->cur, env->cur->cur);
	skep__vlog_source(env, env->insn, "; ");
	start = env->log->len;
	skep__vlog(env, "%u: ", env->insn);
	skep__vlog_insn(env, env->insn);
	env->insn_log_end = env->log->len;
	env->insn_log_len = env->log->len - start;
}

static void log_safe(struct verify_env *env, bool print_state)
{
	if (!env_logs(env, LOG_PATH | LOG_ALL))
		return;
	if (print_state)
		skep__vlog(env, "\nfrom %d to %u%s: safe\n", (int)env->prev_insn, env->insn,
			   speculation(env));
	else
		skep__vlog(env, "%u: safe\n", env->insn);
}

/* The path has ended well: what it taught is spread, and the next one begins. 1: there was one; 0;
 * -errno. */
static int end_path(struct verify_env *env)
{
	int err;

	env->scratched_regs = (u16)~0u;
	env->scratched_slots = ~0ull;
	err = skep__path_done(env, env->cur);
	if (!err)
		err = skep__live_stack_update(env);
	return err ? err : next_path(env);
}

/* At one instruction: PATH_GOES_ON, PATH_ENDS or -errno. */
static int step(struct verify_env *env, bool *print_state)
{
	struct insn_info *info;
	u32 at = env->insn;
	bool stopped;
	int err, done;

	if (env->insn >= env->prog->len)
		return skep__vfail(env, -EFAULT, "invalid insn idx %u insn_cnt %u\n", env->insn,
				   env->prog->len);
	info = &env->info[env->insn];
	if (++env->processed > MAX_PROCESSED)
		return skep__vfail(env, -E2BIG, "BPF program is too large. Processed %u insn\n",
				   env->processed);
	info->visits++;
	env->cur->last_insn = env->prev_insn;
	env->cur->insn = env->insn;
	if (info->marks & MARK_PRUNE) {
		done = skep__state_visited(env);
		if (done > 0)
			log_safe(env, *print_state);
		if (done)
			return done < 0 ? done : PATH_ENDS;
	}
	if (info->marks & MARK_JUMP) {
		err = skep__jump_record(env, env->cur, 0, 0);
		if (err)
			return err;
	}
	if (env_logs(env, LOG_PATH | LOG_ALL))
		log_insn(env, print_state);
	if (!env->cur->speculative)
		info->marks |= MARK_SEEN;
	else if (info->marks & MARK_BARRIER_BEFORE)
		return PATH_ENDS;
	if (env->in->watch)
		env->in->watch->before(env->in->watch->opaque, env);
	err = skep__live_stack_begin_insn(env);
	if (err)
		return err;
	done = skep__check_insn(env);
	if (done < 0 && !skep__speculate_stops(env, at, done))
		return done;
	err = skep__live_stack_end_insn(env);
	if (err)
		return err;
	stopped = done < 0 || (env->cur->speculative && info->marks & MARK_BARRIER_AFTER);
	return stopped ? PATH_ENDS : done;
}

static int follow_all(struct verify_env *env)
{
	bool print_state = false;
	int more;

	env->prev_insn = UINT32_MAX;
	for (;;) {
		u32 at = env->insn, depth = env->cur->cur;
		int done;

		env->jump = NULL;
		done = step(env, &print_state);
		if (env->pool.exhausted)
			return -ENOMEM;
		if (done < 0)
			return done;
		if (done == PATH_GOES_ON) {
			print_state |= env->cur->cur < depth;
			env->prev_insn = at;
			continue;
		}
		more = end_path(env);
		if (more <= 0)
			return env->pool.exhausted ? -ENOMEM : more;
		print_state = true;
	}
}

int skep__explore(struct verify_env *env, u32 sub)
{
	int err;

	env->insn_log_end = 0;
	env->prev_line = 0;
	env->insn = sub_start(env, sub);
	env->cur = skep__state_new(&env->pool);
	if (!env->cur)
		return -ENOMEM;
	env->cur->branches = 1;
	env->cur->frames[0] = skep__enter_frame(env, UINT32_MAX, 0, sub);
	if (!env->cur->frames[0])
		return -ENOMEM;
	env->cur->first_insn = env->insn;
	env->cur->last_insn = UINT32_MAX;
	env->cur->in_sleepable = env->prog->sleepable;
	skep__live_stack_new_frame(env);
	err = skep__entry_args(env, sub);
	if (!err)
		err = follow_all(env);
	skep__state_free(&env->pool, env->cur);
	env->cur = NULL;
	free_pending(env);
	if (!err && !env_logs(env, LOG_ALL))
		skep__strbuf_clear(env->log);
	skep__forget_states(env);
	return err;
}
