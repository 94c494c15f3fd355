/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A conditional jump. What decides it must be precise; where nothing decides, the other way is put
 * aside, and each way learns what the comparison says about its operands, about everything linked
 * to them, about the packet, and about pointers that may be null.
 */
#include "verify/jump.h"

#include "verify/explore.h"
#include "verify/linked.h"
#include "verify/operand.h"
#include "verify/precise.h"
#include "verify/prune.h"
#include "verify/speculate.h"

/* A comparison in progress. */
struct compare {
	struct verify_env *env;
	const struct insn *insn;
	u8 op;
	bool is32, has_src;
	struct reg *dst, *src; /* src: the register, or one that stands for the constant */
};

static bool leaks(const struct verify_env *env, const struct reg *r)
{
	return !env->allow_ptr_leaks && r->cls != REG_SCALAR;
}

static int refuse_pointer(struct verify_env *env, u32 regno)
{
	return skep__vfail(env, -EACCES, "R%u pointer comparison prohibited\n", regno);
}

static int read_operands(struct compare *c)
{
	struct verify_env *env = c->env;
	const struct insn *insn = c->insn;
	u32 flags = 0;
	int err = skep__need_reg(env, insn->dst);

	if (err)
		return err;
	c->dst = cur_reg(env, insn->dst);
	if (c->has_src) {
		err = skep__need_reg(env, insn->src);
		if (err)
			return err;
		c->src = cur_reg(env, insn->src);
		if (!(reg_is_packet(c->dst) && reg_is_packet(c->src)) && leaks(env, c->src))
			return refuse_pointer(env, insn->src);
		if (reg_plain(c->src, REG_STACK))
			flags |= JUMP_SRC_STACK;
	} else {
		c->src = &env->scratch[0];
		skep__reg_const(c->src, insn->imm);
	}
	if (reg_plain(c->dst, REG_STACK))
		flags |= JUMP_DST_STACK;
	return flags ? skep__jump_record(env, env->cur, flags, 0) : 0;
}

static bool is_known(const struct reg *r, bool is32)
{
	return r->cls == REG_SCALAR && (is32 ? num_is_const32(&r->n) : num_is_const(&r->n));
}

/* A pointer against a number: only null tests say something. */
static int pointer_branch(const struct compare *c)
{
	const struct reg *ptr = c->dst, *number = c->src;
	u8 op = c->op;

	if (c->is32)
		return -1;
	if (!is_known(number, false)) {
		ptr = c->src;
		number = c->dst;
		op = skep__flip_compare(op);
	}
	if (!is_known(number, false) || !skep__never_null(ptr) || reg_const(number))
		return -1;
	return op == BPF_JEQ ? 0 : op == BPF_JNE ? 1 : -1;
}

/* 1 taken, 0 not, -1 either. */
static int branch_taken(const struct compare *c)
{
	if (reg_is_packet(c->dst) && reg_is_packet(c->src) && !c->is32)
		return skep__packet_branch(c->dst, c->src, c->op);
	if (c->dst->cls != REG_SCALAR || c->src->cls != REG_SCALAR)
		return pointer_branch(c);
	return skep__num_branch_taken(&c->dst->n, &c->src->n, c->op, c->is32 ? 32 : 64);
}

static void log_state(struct verify_env *env)
{
	if (env_logs(env, LOG_PATH | LOG_ALL))
		skep__vlog_state_behind(env, env->cur, env->cur->cur);
}

static int go_one_way(const struct compare *c, bool taken)
{
	struct verify_env *env = c->env;
	int err = 0;

	if (c->dst->cls == REG_SCALAR)
		err = skep__mark_precise(env, c->insn->dst);
	if (!err && c->has_src && c->src->cls == REG_SCALAR)
		err = skep__mark_precise(env, c->insn->src);
	if (!err)
		err = skep__speculate_branch(env, c->insn,
					     env->insn + 1 + (taken ? 0 : c->insn->off));
	if (err)
		return err;
	log_state(env);
	env->insn += 1 + (taken ? c->insn->off : 0);
	return 0;
}

/* Both numbers on both ways; constants stay what they are. */
static int refine(const struct compare *c, struct frame *there)
{
	struct reg *dst2 = &there->regs[c->insn->dst], *src2;
	struct reg constant = *c->src;
	const char *bad;

	if (c->dst->cls != REG_SCALAR || c->src->cls != REG_SCALAR)
		return 0;
	src2 = c->has_src ? &there->regs[c->insn->src] : &constant;
	bad = skep__num_refine(&c->dst->n, &c->src->n, &dst2->n, &src2->n, c->op,
			       c->is32 ? 32 : 64);
	if (bad && c->env->test_reg_invariants)
		return skep__vfail(c->env, -EFAULT, "REG INVARIANTS VIOLATION: %s\n", bad);
	return 0;
}

static void spread(const struct compare *c, struct state *there, const struct linked_set *set)
{
	struct state *here = c->env->cur;
	struct frame *f = state_frame(there);

	if (c->has_src && c->src->cls == REG_SCALAR && c->src->id) {
		skep__linked_spread(here, c->src, set);
		skep__linked_spread(there, &f->regs[c->insn->src], set);
	}
	if (c->dst->cls == REG_SCALAR && c->dst->id) {
		skep__linked_spread(here, c->dst, set);
		skep__linked_spread(there, &f->regs[c->insn->dst], set);
	}
}

/* An address that cannot be 0: a sum with an unbounded offset could, and what nobody vouches for.
 */
static bool is_somewhere(const struct reg *r)
{
	return !reg_maybe_null(r) && !(r->flags & REG_UNTRUSTED) && r->n.smin > -MAX_VAR_OFFSET &&
	       r->n.smax < MAX_VAR_OFFSET;
}

/* Equal to a pointer that is not null: not null either. */
static void compare_pointers(const struct compare *c, struct frame *there)
{
	struct frame *equal = c->op == BPF_JEQ   ? there
			      : c->op == BPF_JNE ? cur_frame(c->env)
						 : NULL;

	if (c->is32 || !c->has_src || !equal || c->src->cls == REG_SCALAR ||
	    c->dst->cls == REG_SCALAR || c->src->cls == REG_BTF || c->dst->cls == REG_BTF)
		return;
	if (is_somewhere(c->dst) && reg_maybe_null(c->src))
		skep__mark_not_null(&equal->regs[c->insn->src]);
	if (is_somewhere(c->src) && reg_maybe_null(c->dst))
		skep__mark_not_null(&equal->regs[c->insn->dst]);
}

static int collect_linked(const struct compare *c, struct linked_set *set)
{
	struct state *here = c->env->cur;

	if (c->has_src && c->src->cls == REG_SCALAR && c->src->id)
		skep__linked_collect(c->env, here, c->src->id, set);
	if (c->dst->cls == REG_SCALAR && c->dst->id)
		skep__linked_collect(c->env, here, c->dst->id, set);
	return set->nr > 1 ? skep__jump_record(c->env, here, 0, skep__linked_pack(set)) : 0;
}

static int go_both_ways(const struct compare *c)
{
	struct verify_env *env = c->env;
	const struct insn *insn = c->insn;
	struct linked_set set = { 0 };
	struct state *there;
	int err = collect_linked(c, &set);

	if (err)
		return err;
	there = skep__push_path(env, env->insn + 1 + insn->off, env->insn, false, &err);
	if (!there)
		return -EFAULT;
	err = refine(c, state_frame(there));
	if (err)
		return err;
	spread(c, there, &set);
	compare_pointers(c, state_frame(there));
	if (!c->is32 && reg_is_null(c->src) && (c->op == BPF_JEQ || c->op == BPF_JNE) &&
	    reg_maybe_null(c->dst)) {
		skep__mark_null(env->cur, insn->dst, c->op == BPF_JNE);
		skep__mark_null(there, insn->dst, c->op == BPF_JEQ);
	} else if (!skep__match_packet(insn, c->dst, cur_reg(env, insn->src), env->cur, there) &&
		   leaks(env, c->dst)) {
		return refuse_pointer(env, insn->dst);
	}
	log_state(env);
	env->insn++;
	return 0;
}

int skep__check_jump(struct verify_env *env, const struct insn *insn)
{
	u8 code = insn_desc(insn)->code;
	struct compare c = {
		.env = env,
		.insn = insn,
		.op = BPF_OP(code),
		.is32 = BPF_CLASS(code) == BPF_JMP32,
		.has_src = BPF_SRC(code) == BPF_X,
	};
	int err, taken;

	env->jumps_processed++;
	err = read_operands(&c);
	if (err)
		return err;
	taken = branch_taken(&c);
	return taken >= 0 ? go_one_way(&c, taken) : go_both_ways(&c);
}

/* The budget of may_goto: the way behind it is followed with what a loop may have changed
 * forgotten. */
int skep__check_may_goto(struct verify_env *env, const struct insn *insn)
{
	struct state *prev = skep__find_loop_entry(env, env->cur->parent, env->insn), *later;
	int err;

	env->jumps_processed++;
	later = skep__push_path(env, env->insn + 1, env->insn, false, &err);
	if (!later)
		return err;
	later->may_goto_depth++;
	if (prev)
		skep__widen(env, prev, later);
	env->insn += 1 + insn->off;
	return 0;
}
