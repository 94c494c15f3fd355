/* SPDX-License-Identifier: BSD-2-Clause */
/* An explanation as text for people, and as JSON. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/explain.h"

/* The last lines of the path that are shown: as text, and in JSON. */
enum { LINES_SHOWN = 8, LINES_IN_JSON = 64 };

/* ---- the path -------------------------------------------------------------------------------- */

static int line_number(const struct source_line *line)
{
	int colon = span_find(line->where, ":");

	return colon < 0 ? 0 : atoi(line->where.at + colon + 1);
}

/* The places stand in a column. */
static int place_width(const struct verdict_log *log, unsigned int first)
{
	int width = 0;

	for (unsigned int i = first; i < log->nr_lines; i++)
		if (log->lines[i].where.len > width)
			width = log->lines[i].where.len;
	return width;
}

static void print_path(FILE *to, const struct explanation *e)
{
	const struct verdict_log *log = e->log;
	unsigned int first = log->nr_lines > LINES_SHOWN ? log->nr_lines - LINES_SHOWN : 0;
	int width = place_width(log, first);
	const char *label = "path";

	if (first) {
		fprintf(to, "  path     ...\n");
		label = "";
	}
	for (unsigned int i = first; i < log->nr_lines; i++, label = "") {
		const struct source_line *line = &log->lines[i];

		fprintf(to, "  %-6s %s %-*.*s  %.*s", label, line == e->at ? ">" : " ", width,
			SPAN(line->where), SPAN(line->text));
		if (line->goes_on != NO_LINE)
			fprintf(to, "  (on to line %d)", line_number(&log->lines[line->goes_on]));
		fputc('\n', to);
	}
}

/* ---- text ------------------------------------------------------------------------------------ */

static void print_operand(FILE *to, const struct fact *f)
{
	if (!*f->operand)
		return;
	fprintf(to, "%s", f->operand);
	if (f->var)
		fprintf(to, f->computed ? " (computed from `%s`)" : " (`%s`)", f->var);
	fprintf(to, f->lost ? " was " : " is ");
}

static void print_fact(FILE *to, const struct fact *f, const char *label)
{
	fprintf(to, "  %-6s   ", label);
	print_operand(to, f);
	fprintf(to, "%s", f->words.text);
	if (f->by.at)
		fprintf(to, "%s %.*s()", f->lost ? ", until" : "; from", SPAN(f->by));
	if (f->since)
		fprintf(to, "%s at %.*s", f->by.at ? "" : "; set", SPAN(f->since->where));
	fputc('\n', to);
}

static void print_spendings(FILE *to, const struct explanation *e)
{
	for (unsigned int i = 0; i < e->nr_spendings; i++) {
		const struct spending *s = &e->spendings[i];

		if (i && s->visits * 100 < e->log->processed)
			break;
		fprintf(to, "  %-6s   %3lu%% of what was looked at: %.*s  %.*s\n", i ? "" : "spent",
			e->log->processed ? s->visits * 100 / e->log->processed : 0,
			SPAN(s->line->where), SPAN(s->line->text));
	}
}

void explanation_print(FILE *to, const struct explanation *e)
{
	print_path(to, e);
	if (e->attempt.len)
		fprintf(to, "  does     %s, instruction %u: %.*s\n", e->attempt.text,
			e->fault->insn, SPAN(e->fault->text));
	for (unsigned int i = 0; i < e->nr_facts; i++)
		print_fact(to, &e->facts[i], i ? "" : "known");
	print_spendings(to, e);
	if (e->known)
		fprintf(to, "  why      %s\n  do       %s\n", e->reason.text, e->advice.text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void add_span(json_object *to, const char *name, struct span s)
{
	if (s.at)
		json_object_object_add(to, name, json_object_new_string_len(s.at, s.len));
}

static void add_text(json_object *to, const char *name, const char *text)
{
	if (text && *text)
		json_object_object_add(to, name, json_object_new_string(text));
}

static json_object *line_json(const struct source_line *line)
{
	json_object *json = json_object_new_object();

	add_span(json, "text", line->text);
	add_span(json, "at", line->where);
	return json;
}

static json_object *path_json(const struct verdict_log *log)
{
	json_object *path = json_object_new_array();
	unsigned int first = log->nr_lines > LINES_IN_JSON ? log->nr_lines - LINES_IN_JSON : 0;

	for (unsigned int i = first; i < log->nr_lines; i++) {
		json_object *line = line_json(&log->lines[i]);

		if (log->lines[i].goes_on != NO_LINE)
			add_span(line, "goes_on_at", log->lines[log->lines[i].goes_on].where);
		json_object_array_add(path, line);
	}
	return path;
}

static json_object *facts_json(const struct explanation *e)
{
	json_object *facts = json_object_new_array();

	for (unsigned int i = 0; i < e->nr_facts; i++) {
		const struct fact *f = &e->facts[i];
		json_object *fact = json_object_new_object();

		add_text(fact, "operand", f->operand);
		add_text(fact, f->computed ? "computed_from" : "variable", f->var);
		add_text(fact, f->lost ? "was" : "is", f->words.text);
		add_span(fact, f->lost ? "until" : "from", f->by);
		if (f->since)
			add_span(fact, "since", f->since->where);
		json_object_array_add(facts, fact);
	}
	return facts;
}

static json_object *spendings_json(const struct explanation *e)
{
	json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < e->nr_spendings; i++) {
		json_object *line = line_json(e->spendings[i].line);

		json_object_object_add(line, "visits",
				       json_object_new_uint64(e->spendings[i].visits));
		json_object_array_add(list, line);
	}
	return list;
}

void explanation_json(const struct explanation *e, json_object *to)
{
	add_span(to, "message", e->log->sentence);
	if (e->fault) {
		json_object_object_add(to, "insn_number", json_object_new_uint64(e->fault->insn));
		add_span(to, "insn", e->fault->text);
	}
	add_text(to, "does", e->attempt.text);
	if (e->at)
		json_object_object_add(to, "source", line_json(e->at));
	json_object_object_add(to, "known", facts_json(e));
	json_object_object_add(to, "path", path_json(e->log));
	if (e->nr_spendings)
		json_object_object_add(to, "spent", spendings_json(e));
	add_text(to, "reason", e->reason.text);
	add_text(to, "advice", e->advice.text);
}
