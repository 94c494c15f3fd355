/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/dead_code.h"

#include <string.h>

#include "base/alloc.h"

struct removal {
	struct program_text *text;
	struct insn *insns;
	u32 len, new_len;
	bool *keep; /* by old index */
	u32 *to; /* old index to new: of the first kept instruction from there on; to[len] too */
	u32 *sub_to; /* the same for subprograms */
};

static bool has_target(const struct insn *insn)
{
	return insn_jumps(insn) || insn->op == OP_CALL_LOCAL;
}

static u32 target_of(const struct insn *insn, u32 i)
{
	return i + 1 + insn->off;
}

static bool is_reached(const struct removal *r, u32 i)
{
	const struct insn *insn = &r->insns[i];

	if (insn->op == OP_LDIMM_HI)
		insn--;
	return r->text->reached[insn - r->insns];
}

/* A function whose address is taken has one also when nothing calls it: such programs stay as they
 * are. */
static bool is_closed(const struct removal *r)
{
	const struct prog *prog = r->text->prog;

	for (u32 i = 0; i < r->len; i++) {
		const struct insn *insn = &r->insns[i];

		if (!r->keep[i])
			continue;
		if (insn->op == OP_LDFUNC && !r->keep[prog->subprogs[insn->imm].start])
			return false;
		if (has_target(insn) && !r->keep[target_of(insn, i)])
			return false;
	}
	return true;
}

/* A test with one outcome is a jump, or (to the next instruction) nothing. */
static void decide_branches(struct removal *r)
{
	for (u32 i = 0; i + 1 < r->len; i++) {
		struct insn *insn = &r->insns[i];
		bool goes_on, jumps;

		if (!r->keep[i] || !insn_branches(insn))
			continue;
		goes_on = r->keep[i + 1];
		jumps = r->keep[target_of(insn, i)];
		if (goes_on && jumps)
			continue;
		*insn = (struct insn){ .op = OP_JA, .off = goes_on ? 0 : insn->off };
		r->text->raw[i] = (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = insn->off };
	}
}

/* New numbers for what is kept now. */
static void number(struct removal *r)
{
	u32 next = 0;

	for (u32 i = 0; i < r->len; i++) {
		r->to[i] = next;
		next += r->keep[i];
	}
	r->to[r->len] = r->new_len = next;
}

/* Does it jump to the next of the kept instructions? By the numbers of last time. */
static bool is_nop(const struct removal *r, u32 i, u8 op)
{
	const struct insn *insn = &r->insns[i];

	return insn->op == op && !insn->dst && !insn->src && !insn->imm &&
	       r->to[target_of(insn, i)] == r->to[i] + 1;
}

/* may_gotos before a removed one may jump to the next instruction now. A jump there goes too, and
 * ends it. */
static void remove_may_gotos_before(struct removal *r, u32 i, u32 next)
{
	while (i-- > 0) {
		const struct insn *insn = &r->insns[i];

		if (!r->keep[i])
			continue;
		if ((insn->op != OP_MAY_GOTO && insn->op != OP_JA) || insn->off < 0 ||
		    target_of(insn, i) > next)
			return;
		r->keep[i] = false;
		if (insn->op == OP_JA)
			return;
	}
}

static void remove_nops(struct removal *r)
{
	for (u32 i = 0; i < r->len; i++) {
		if (!r->keep[i])
			continue;
		if (is_nop(r, i, OP_JA)) {
			r->keep[i] = false;
		} else if (is_nop(r, i, OP_MAY_GOTO)) {
			r->keep[i] = false;
			remove_may_gotos_before(r, i, target_of(&r->insns[i], i));
		}
	}
}

/* ---- everything gets its new number ---------------------------------------------------------- */

static void number_subprogs(struct removal *r)
{
	const struct prog *prog = r->text->prog;
	u32 next = 0;

	for (u32 s = 0; s < prog->nr_subprogs; s++) {
		r->sub_to[s] = next;
		next += r->to[prog->subprogs[s].start] < r->to[prog->subprogs[s].end];
	}
	r->sub_to[prog->nr_subprogs] = next;
}

static void move_insn(struct removal *r, u32 i)
{
	struct insn insn = r->insns[i];
	struct bpf_insn raw = r->text->raw[i];
	u32 at = r->to[i];

	if (has_target(&insn)) {
		insn.off = (s32)r->to[target_of(&insn, i)] - (s32)at - 1;
		if (insn.op == OP_GOTOL || insn.op == OP_CALL_LOCAL)
			raw.imm = insn.off;
		else
			raw.off = insn.off;
	} else if (insn.op == OP_LDFUNC) {
		raw.imm = (s32)r->to[r->text->prog->subprogs[insn.imm].start] - (s32)at - 1;
		insn.imm = r->sub_to[insn.imm];
	}
	r->insns[at] = insn;
	r->text->raw[at] = raw;
}

static void move_subprogs(struct removal *r)
{
	struct prog *prog = r->text->prog;
	struct subprog *subs = (struct subprog *)prog->subprogs;
	struct bpf_func_info *funcs = r->text->nr_func_info ? r->text->func_info : NULL;

	for (u32 s = 0; s < prog->nr_subprogs; s++) {
		u32 at = r->sub_to[s];

		if (at == r->sub_to[s + 1])
			continue;
		subs[at] = subs[s];
		subs[at].start = r->to[subs[s].start];
		subs[at].end = r->to[subs[s].end];
		if (funcs) {
			funcs[at] = funcs[s];
			funcs[at].insn_off = subs[at].start;
		}
	}
	prog->exception_callback = r->sub_to[prog->exception_callback];
	prog->nr_subprogs = r->sub_to[prog->nr_subprogs];
	if (funcs)
		r->text->nr_func_info = prog->nr_subprogs;
}

/*
 * A line whose instructions have gone stays for what comes behind them when that has no line of its
 * own: the last of them does.
 */
static bool keeps_line(const struct removal *r, u32 line)
{
	const struct prog *prog = r->text->prog;
	u32 insn = prog->lines[line].insn, new = r->to[insn];

	if (r->keep[insn])
		return true;
	if (new == r->new_len)
		return false;
	if (line + 1 == prog->nr_lines)
		return true;
	insn = prog->lines[line + 1].insn;
	return r->to[insn] > new;
}

static void move_lines(struct removal *r)
{
	struct prog *prog = r->text->prog;
	struct prog_line *lines = (struct prog_line *)prog->lines;
	u32 at = 0;

	for (u32 i = 0; i < prog->nr_lines; i++) {
		if (!keeps_line(r, i))
			continue;
		u32 insn = r->to[lines[i].insn];
		lines[at] = lines[i];
		lines[at].insn = insn;
		r->text->line_info[at] = r->text->line_info[i];
		r->text->line_info[at++].insn_off = insn;
	}
	prog->nr_lines = r->text->nr_line_info = at;
}

/* In place: nothing moves up. Lines and subprograms are told by old numbers, so instructions come
 * last. */
static void move_all(struct removal *r)
{
	number(r);
	number_subprogs(r);
	move_lines(r);
	for (u32 i = 0; i < r->len; i++) {
		if (r->keep[i])
			move_insn(r, i);
	}
	move_subprogs(r);
	r->text->prog->len = r->new_len;
}

int skep__remove_dead_code(struct program_text *t)
{
	struct removal r = { .text = t,
			     .insns = (struct insn *)t->prog->insns,
			     .len = t->prog->len };
	int err = -ENOMEM;

	r.keep = skep__zalloc_array(r.len, sizeof(*r.keep));
	r.to = skep__zalloc_array(r.len + 1, sizeof(*r.to));
	r.sub_to = skep__zalloc_array(t->prog->nr_subprogs + 1, sizeof(*r.sub_to));
	if (r.keep && r.to && r.sub_to) {
		err = 0;
		for (u32 i = 0; i < r.len; i++)
			r.keep[i] = is_reached(&r, i);
		decide_branches(&r);
		if (is_closed(&r)) {
			number(&r);
			remove_nops(&r);
			move_all(&r);
		}
	}
	skep__free(r.keep);
	skep__free(r.to);
	skep__free(r.sub_to);
	return err;
}
