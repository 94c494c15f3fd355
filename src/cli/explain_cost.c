/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are too complex: which source lines the verifier spent its budget on. */
#include "cli/explain.h"

/* The line of an instruction, from where the path came by it last; NULL: it did not. */
static const struct source_line *line_of_insn(const struct verdict_log *log, unsigned int insn)
{
	for (unsigned int i = log->nr_steps; i-- > 0;)
		if (log->steps[i].insn == insn && log->steps[i].line != NO_LINE)
			return &log->lines[log->steps[i].line];
	return NULL;
}

static void add_visits(struct explanation *e, const struct source_line *line, unsigned long visits)
{
	struct spending *s = e->spendings;
	unsigned int i = 0;

	while (i < e->nr_spendings && !span_same(s[i].line->where, line->where))
		i++;
	if (i == MAX_SPENDINGS)
		return;
	if (i == e->nr_spendings)
		s[e->nr_spendings++] = (struct spending){ .line = line };
	s[i].visits += visits;
	for (; i > 0 && s[i - 1].visits < s[i].visits; i--) {
		struct spending before = s[i - 1];

		s[i - 1] = s[i];
		s[i] = before;
	}
}

void explain_spendings(struct explanation *e, const struct skep_visits *visits, unsigned int nr)
{
	if (span_find(e->log->sentence, "too large. Processed") < 0 &&
	    span_find(e->log->sentence, "jumps is too complex") < 0)
		return;
	for (unsigned int i = 0; i < nr; i++) {
		const struct source_line *line = line_of_insn(e->log, visits[i].insn);

		if (line)
			add_visits(e, line, visits[i].visits);
	}
}
