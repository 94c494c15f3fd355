/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/explain.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/diagnosis.h"
#include "cli/held.h"
#include "cli/log_insn.h"
#include "cli/log_reg.h"

/* An explanation in the making. */
struct inquiry {
	struct explanation *e;
	const struct verdict_log *log;
	struct source_vars *vars;
	unsigned int step; /* the one at fault */
	struct log_insn insn; /* it, taken apart */
};

static const struct source_line *line_of(const struct inquiry *q, unsigned int step)
{
	int line = q->log->steps[step].line;

	return line == NO_LINE ? NULL : &q->log->lines[line];
}

/* ---- what was attempted ---------------------------------------------------------------------- */

static void put_access(const struct log_insn *insn, const char *verb, struct strbuf *out)
{
	if (insn->base == 10)
		skep__strbuf_printf(out, "%s %d byte%s of the stack at fp%+d", verb, insn->bytes,
				    insn->bytes == 1 ? "" : "s", insn->off);
	else
		skep__strbuf_printf(out, "%s %d byte%s at R%d%+d", verb, insn->bytes,
				    insn->bytes == 1 ? "" : "s", insn->base, insn->off);
}

static void describe_attempt(struct inquiry *q)
{
	struct strbuf *out = &q->e->attempt;
	const struct log_insn *insn = &q->insn;

	switch (insn->kind) {
	case STEP_LOAD:
		put_access(insn, "reads", out);
		break;
	case STEP_STORE:
		put_access(insn, "writes", out);
		break;
	case STEP_ATOMIC:
		put_access(insn, "changes", out);
		skep__strbuf_puts(out, ", atomically");
		break;
	case STEP_CALL:
		if (span_begins(insn->callee, "pc"))
			skep__strbuf_puts(out, "calls a function of the program");
		else
			skep__strbuf_printf(out, "calls %.*s()", SPAN(insn->callee));
		break;
	case STEP_BRANCH:
		skep__strbuf_puts(out, "compares and branches");
		break;
	case STEP_EXIT:
		skep__strbuf_puts(out, "returns R0");
		break;
	case STEP_MOVE:
	case STEP_SET:
	case STEP_ALU:
		skep__strbuf_printf(out, "computes R%d", insn->dst);
		if (insn->src != NO_REGISTER && insn->src != insn->dst)
			skep__strbuf_printf(out,
					    insn->kind == STEP_MOVE ? " from R%d" : " with R%d",
					    insn->src);
		break;
	case STEP_OTHER:
		break;
	}
}

/* ---- what was known -------------------------------------------------------------------------- */

/* What the log last said of a register before a step, in the step's frame; *said: after how many
 * steps. */
static struct span state_before(const struct verdict_log *log, unsigned int step, int reg,
				unsigned int *said)
{
	unsigned int frame = log->steps[step].frame;
	char operand[8];

	snprintf(operand, sizeof(operand), "R%d", reg);
	for (unsigned int i = log->nr_states; i-- > 0;) {
		const struct log_state *s = &log->states[i];
		struct span found;

		if (s->step > step || s->frame != frame)
			continue;
		found = log_reg_find(s->text, operand);
		if (!found.at)
			continue;
		if (said)
			*said = s->step;
		return found;
	}
	return (struct span){ 0 };
}

/* Whom a value is followed back to: a register, or a stack slot that it was kept in. */
struct holder {
	int reg, slot; /* slot 0: in the register */
	unsigned int frame;
};

/* Does the step give the holder its value? Otherwise the holder is whoever had it before. */
static bool gives(const struct log_insn *insn, struct holder *h)
{
	if (h->slot) {
		if (insn->kind == STEP_STORE && insn->base == 10 && insn->off == h->slot) {
			h->reg = insn->src;
			h->slot = 0;
		}
		return false;
	}
	if (insn->dst != h->reg)
		return false;
	if (insn->kind == STEP_MOVE) {
		h->reg = insn->src;
		return false;
	}
	if (insn->kind == STEP_LOAD && insn->base == 10) {
		h->slot = insn->off;
		return false;
	}
	return true;
}

/* The step before `step` that gave the register its value; -1: the program began with it. */
static int origin(const struct verdict_log *log, unsigned int step, int reg)
{
	struct holder h = { reg, 0, log->steps[step].frame };

	for (unsigned int i = step; i-- > 0;) {
		const struct log_step *s = &log->steps[i];
		struct log_insn insn;

		if (s->frame > h.frame)
			continue;
		/* Arguments come from the caller, in the same registers. */
		h.frame = s->frame;
		log_insn_read(&insn, s->text);
		if (gives(&insn, &h))
			return (int)i;
		if (!h.slot && h.reg == NO_REGISTER)
			return -1;
	}
	return -1;
}

static void add_fact(struct inquiry *q, unsigned int step, int reg);

/* A pointer that a number was added to is as wrong as the number. */
static void add_cause(struct inquiry *q, unsigned int step)
{
	struct log_insn insn;
	struct span value;

	log_insn_read(&insn, q->log->steps[step].text);
	if (insn.kind != STEP_ALU || insn.src == NO_REGISTER || insn.src == insn.dst)
		return;
	value = state_before(q->log, step, insn.src, NULL);
	if (value.at && span_begins(log_reg_class(value), "scalar"))
		add_fact(q, step, insn.src);
}

/* The variable in a register; or the one that the register's value was computed from. */
static void name_fact(struct inquiry *q, struct fact *f, unsigned int step, int reg)
{
	int since;
	struct log_insn insn;

	/* Only the program's own function begins where its instructions do. */
	while (!q->log->steps[step].frame) {
		f->var = source_vars_in(q->vars, q->log->steps[step].insn, reg);
		since = origin(q->log, step, reg);
		if (f->var || since < 0)
			return;
		log_insn_read(&insn, q->log->steps[since].text);
		if (insn.kind != STEP_ALU || (insn.src != NO_REGISTER && insn.src != reg))
			return;
		f->computed = true;
		step = (unsigned int)since;
	}
}

/* Calls after which pointers are good for nothing, by what their names have in them. */
static bool gives_up(struct span callee)
{
	static const char *const words[] = { "submit", "discard", "release", "_free",
					     "_drop",  "_put",    "unlock",  "_del" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (span_find(callee, words[i]) >= 0)
			return true;
	return false;
}

static bool ends_pointers(struct span callee)
{
	static const char *const moves[] = { "adjust", "change",      "pull",        "push_",
					     "pop_",   "store_bytes", "csum_replace" };

	for (size_t i = 0; i < COUNT(moves); i++)
		if (span_find(callee, moves[i]) >= 0)
			return true;
	return gives_up(callee);
}

/*
 * The log prints a register when an instruction writes it, not when a call makes it invalid: what
 * the sentence calls a number and the log called a pointer was lost in a call since.
 */
static void find_loss(struct inquiry *q, struct fact *f, unsigned int from)
{
	for (unsigned int i = q->step; i-- > from;) {
		struct log_insn insn;

		log_insn_read(&insn, q->log->steps[i].text);
		if (insn.kind != STEP_CALL || span_begins(insn.callee, "pc") ||
		    (f->lost && !ends_pointers(insn.callee)))
			continue;
		f->lost = true;
		f->by = insn.callee;
		f->since = line_of(q, i);
		if (ends_pointers(insn.callee))
			return;
	}
}

static void add_fact(struct inquiry *q, unsigned int step, int reg)
{
	struct explanation *e = q->e;
	struct fact *f = &e->facts[e->nr_facts];
	int since = origin(q->log, step, reg);
	unsigned int said;
	struct log_insn insn;
	struct span value;

	if (e->nr_facts == MAX_FACTS)
		return;
	value = state_before(q->log, step, reg, &said);
	if (!value.at)
		return;
	e->nr_facts++;
	snprintf(f->operand, sizeof(f->operand), "R%d", reg);
	skep__strbuf_init(&f->words);
	name_fact(q, f, step, reg);
	if (span_find(q->log->sentence, "'scalar'") >= 0 && log_reg_is_pointer(value))
		find_loss(q, f, said);
	log_reg_words(value, f->lost, &f->words);
	if (f->lost)
		return;
	if (since < 0)
		return;
	f->since = line_of(q, (unsigned int)since);
	log_insn_read(&insn, q->log->steps[since].text);
	if (insn.kind == STEP_CALL && !span_begins(insn.callee, "pc"))
		f->by = insn.callee;
	add_cause(q, (unsigned int)since);
}

/* Something without a register, from a call on the path. */
static void add_held(struct inquiry *q, unsigned int step)
{
	struct fact *f = &q->e->facts[0];
	struct log_insn call;

	log_insn_read(&call, q->log->steps[step].text);
	skep__strbuf_init(&f->words);
	skep__strbuf_printf(&f->words, "%s is held here", held_after(call.callee)->what);
	f->since = line_of(q, step);
	f->by = call.callee;
	q->e->nr_facts = 1;
}

/* What was acquired and not given back: the log says where. */
static void add_leak(struct inquiry *q)
{
	unsigned int insn, i = q->log->nr_steps;

	if (!q->log->leak.at ||
	    sscanf(q->log->leak.at, "Unreleased reference id=%*u alloc_insn=%u", &insn) != 1)
		return;
	while (i-- > 0) {
		if (q->log->steps[i].insn == insn) {
			add_held(q, i);
			return;
		}
	}
}

/* A region that was entered and not left. */
static void add_region(struct inquiry *q)
{
	static const struct {
		const char *sentence, *callee;
	} regions[] = {
		{ "bpf_spin_lock-ed", "bpf_spin_lock" },
		{ "holding a lock", "bpf_spin_lock" },
		{ "bpf_rcu_read_lock-ed", "bpf_rcu_read_lock" },
		{ "bpf_preempt_disable-ed", "bpf_preempt_disable" },
		{ "bpf_local_irq_save-ed", "bpf_local_irq_save" },
	};

	for (size_t r = 0; r < COUNT(regions); r++) {
		if (span_find(q->log->sentence, regions[r].sentence) < 0)
			continue;
		for (unsigned int i = q->log->nr_steps; i-- > 0;) {
			struct log_insn call;

			log_insn_read(&call, q->log->steps[i].text);
			if (call.kind == STEP_CALL && span_is(call.callee, regions[r].callee)) {
				add_held(q, i);
				return;
			}
		}
	}
}

/* The first register that the sentence names. */
static int register_in(struct span s)
{
	for (int i = 0; i + 1 < s.len; i++)
		if (s.at[i] == 'R' && isdigit((unsigned char)s.at[i + 1]) &&
		    (!i || !isalnum((unsigned char)s.at[i - 1])))
			return atoi(s.at + i + 1);
	return NO_REGISTER;
}

static int operand_at_fault(const struct inquiry *q)
{
	int named = register_in(q->log->sentence);

	if (named != NO_REGISTER)
		return named;
	switch (q->insn.kind) {
	case STEP_LOAD:
	case STEP_STORE:
	case STEP_ATOMIC:
	case STEP_BRANCH:
		return q->insn.base;
	case STEP_ALU:
		return span_begins(q->log->sentence, "math between") ? q->insn.src : q->insn.dst;
	case STEP_EXIT:
		return 0;
	default:
		return NO_REGISTER;
	}
}

static void collect_facts(struct inquiry *q)
{
	int reg;

	add_leak(q);
	if (!q->e->nr_facts)
		add_region(q);
	if (q->e->nr_facts)
		return;
	reg = operand_at_fault(q);
	if (reg != NO_REGISTER && reg != 10)
		add_fact(q, q->step, reg);
}

/* ---- what to do ------------------------------------------------------------------------------ */

/* How many bytes from its base a pointer has to be good for; 0: it cannot be told. */
static long long bytes_needed(const struct inquiry *q)
{
	struct span value;
	long long off;

	if (!q->insn.bytes || q->insn.base == NO_REGISTER)
		return 0;
	value = state_before(q->log, q->step, q->insn.base, NULL);
	if (!value.at || !log_reg_offset(value, &off))
		return 0;
	return off + q->insn.off + q->insn.bytes;
}

/* How many bytes the memory has that the operand at fault points into; 0: it cannot be told. */
static long long room(const struct inquiry *q)
{
	struct span value;
	int reg = operand_at_fault(q);
	long long size = 0;

	if (reg == NO_REGISTER)
		return 0;
	value = state_before(q->log, q->step, reg, NULL);
	if (value.at && !log_reg_number(value, "vs", &size))
		log_reg_number(value, "sz", &size);
	return size;
}

static struct span question(const struct explanation *e)
{
	const struct fact *f = e->facts;

	if (!e->nr_facts || !f->lost)
		return e->log->sentence;
	return span_of(gives_up(f->by) ? RELEASED_POINTER : MOVED_POINTER);
}

void explain(struct explanation *e, const struct verdict_log *log, unsigned int prog_type,
	     struct source_vars *vars)
{
	struct inquiry q = { .e = e, .log = log, .vars = vars };

	*e = (struct explanation){ .log = log };
	skep__strbuf_init(&e->attempt);
	skep__strbuf_init(&e->reason);
	skep__strbuf_init(&e->advice);
	if (log->nr_steps) {
		q.step = log->nr_steps - 1;
		log_insn_read(&q.insn, log->steps[q.step].text);
		e->fault = &log->steps[q.step];
		e->at = line_of(&q, q.step);
		describe_attempt(&q);
		collect_facts(&q);
	}
	e->known = diagnose(
		&(struct diagnosis){
			.sentence = question(e),
			.at = e->at,
			.operand = e->nr_facts ? &e->facts[0] : NULL,
			.cause = e->nr_facts ? &e->facts[e->nr_facts - 1] : NULL,
			.need = log->nr_steps ? bytes_needed(&q) : 0,
			.room = log->nr_steps ? room(&q) : 0,
			.touch = { .prog_type = prog_type, .write = q.insn.kind == STEP_STORE },
			.depths = log->stack_depth },
		&e->reason, &e->advice);
}

void explanation_free(struct explanation *e)
{
	for (unsigned int i = 0; i < e->nr_facts; i++)
		skep__strbuf_fini(&e->facts[i].words);
	skep__strbuf_fini(&e->attempt);
	skep__strbuf_fini(&e->reason);
	skep__strbuf_fini(&e->advice);
}
