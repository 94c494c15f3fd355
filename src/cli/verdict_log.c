/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct reader {
	struct verdict_log *v;
	unsigned int frame;
	bool out_of_memory;
};

/* Room for one more in an array that doubles when its length is a power of two. */
static bool room(struct reader *r, void *array, unsigned int n, size_t size)
{
	void **p = array, *more;

	if (n & (n - 1) || (n > 0 && n < 16))
		return true;
	more = realloc(*p, (n ? n * 2 : 16) * size);
	r->out_of_memory |= !more;
	if (more)
		*p = more;
	return more != NULL;
}

static int digits(struct span s)
{
	int n = 0;

	while (n < s.len && isdigit((unsigned char)s.at[n]))
		n++;
	return n;
}

static struct span trim(struct span s)
{
	while (s.len && isspace((unsigned char)*s.at))
		s = span_from(s, 1);
	while (s.len && isspace((unsigned char)s.at[s.len - 1]))
		s.len--;
	return s;
}

/* "; if (ip->version != 4) @ parse.h:38" */
static void add_source(struct reader *r, struct span line)
{
	struct verdict_log *v = r->v;
	struct source_line s = { .text = span_from(line, 2), .goes_on = NO_LINE };

	for (int i = s.text.len - 1; i > 0; i--) {
		if (!span_begins(span_from(s.text, i), " @ "))
			continue;
		s.where = span_from(s.text, i + 3);
		s.text.len = i;
		break;
	}
	s.text = trim(s.text);
	if (v->nr_lines && span_same(v->lines[v->nr_lines - 1].text, s.text) &&
	    span_same(v->lines[v->nr_lines - 1].where, s.where))
		return;
	if (room(r, &v->lines, v->nr_lines, sizeof(s)))
		v->lines[v->nr_lines++] = s;
}

/* Where registers begin in a line: at "R1=", "fp-8=" or "frame1: R1="; -1: there are none. */
static int state_start(struct span s)
{
	for (int i = 0; i < s.len; i++) {
		struct span rest = span_from(s, i);

		if (i && s.at[i - 1] != ' ')
			continue;
		if (span_begins(rest, "frame") && isdigit((unsigned char)rest.at[5]))
			return i;
		if (span_begins(rest, "fp-") || (*rest.at == 'R' && digits(span_from(rest, 1)))) {
			int end = 1 + (*rest.at == 'R' ? 0 : 2);

			end += digits(span_from(rest, end));
			if (span_begins(span_from(rest, end), "=") ||
			    span_begins(span_from(rest, end), "_"))
				return i;
		}
	}
	return -1;
}

static void add_state(struct reader *r, struct span s)
{
	struct verdict_log *v = r->v;

	r->frame = 0;
	if (span_begins(s, "frame")) {
		r->frame = (unsigned int)strtoul(s.at + 5, NULL, 10);
		s = trim(span_from(s, span_find(s, ":") + 1));
	}
	if (room(r, &v->states, v->nr_states, sizeof(*v->states)))
		v->states[v->nr_states++] = (struct log_state){ v->nr_steps, r->frame, s };
}

static void note_branch(struct verdict_log *v, int line)
{
	const struct log_step *last = v->nr_steps ? &v->steps[v->nr_steps - 1] : NULL;

	if (last && last->line != NO_LINE && last->line != line &&
	    span_find(last->text, ") if ") > 0)
		v->lines[last->line].goes_on = line;
}

/* "7: (79) r1 = *(u64 *)(r0 +0)", often with registers behind it. */
static void add_step(struct reader *r, struct span line, int nr_digits)
{
	struct verdict_log *v = r->v;
	struct span text = span_from(line, nr_digits + 2);
	int state = state_start(text), end = state < 0 ? text.len : state;
	int source = v->nr_lines ? (int)v->nr_lines - 1 : NO_LINE;

	while (end && (isspace((unsigned char)text.at[end - 1]) || text.at[end - 1] == ';'))
		end--;
	/* After a jump the next instruction's number stands before its registers. */
	if (state >= 0 && text.at[end - 1] == ':') {
		while (end && text.at[end - 1] != ' ')
			end--;
		end -= end > 0;
	}
	note_branch(v, source);
	if (room(r, &v->steps, v->nr_steps, sizeof(*v->steps)))
		v->steps[v->nr_steps++] = (struct log_step){
			.insn = (unsigned int)strtoul(line.at, NULL, 10),
			.frame = r->frame,
			.text = { text.at, end },
			.line = source,
		};
	if (state >= 0)
		add_state(r, span_from(text, state));
}

/* Lines that tell of the verifier and not of the program's fault. */
static bool is_remark(struct span s)
{
	static const char *const remarks[] = {
		"mark_precise:", "func#",   "verification time", "Live regs before insn",
		"Validating ",   "Func#",   "live regs",         "cur state:",
		"old state:",    "caller:", "callee:",           "returning from callee:",
		"to caller at ", "from ",
	};

	for (size_t i = 0; i < COUNT(remarks); i++)
		if (span_begins(s, remarks[i]))
			return true;
	return s.len == 0;
}

static void read_counts(struct verdict_log *v, const char *line)
{
	sscanf(line,
	       "processed %lu insns (limit %*u) max_states_per_insn %*u total_states %lu "
	       "peak_states %lu",
	       &v->processed, &v->total_states, &v->peak_states);
}

static void read_line(struct reader *r, struct span line)
{
	int n = digits(line), state;

	if (span_begins(line, "; ")) {
		add_source(r, line);
	} else if (span_begins(line, "processed ")) {
		read_counts(r->v, line.at);
	} else if (span_begins(line, "stack depth ")) {
		r->v->stack_depth = span_from(line, (int)strlen("stack depth "));
	} else if (n && span_begins(span_from(line, n), ": (")) {
		add_step(r, line, n);
	} else if (is_remark(line) || (n && n < line.len && line.at[n] == ':') ||
		   line.at[0] == ' ') {
		state = state_start(line);
		if (state >= 0)
			add_state(r, span_from(line, state));
	} else {
		if (span_begins(line, "Unreleased reference "))
			r->v->leak = line;
		r->v->sentence = line;
	}
}

bool verdict_log_read(struct verdict_log *v, const char *text)
{
	struct reader r = { .v = v };

	*v = (struct verdict_log){ 0 };
	while (*text) {
		const char *end = strchrnul(text, '\n');

		read_line(&r, (struct span){ text, (int)(end - text) });
		text = *end ? end + 1 : end;
	}
	return !r.out_of_memory;
}

void verdict_log_free(struct verdict_log *v)
{
	free(v->lines);
	free(v->steps);
	free(v->states);
	*v = (struct verdict_log){ 0 };
}
