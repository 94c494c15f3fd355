/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict_log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *pattern, *reason, *advice;
} diagnoses[] = {
#define DIAGNOSIS(pattern, reason, advice) { pattern, reason, advice },
#include "cli/diagnoses.def"
};

/* '*' stands for any text; one pass, going back to the last '*' only. */
static bool matches(const char *pattern, const char *text, int len)
{
	const char *end = text + len, *star = NULL, *resume = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static void explain(struct verdict_log *v)
{
	for (size_t i = 0; i < COUNT(diagnoses); i++) {
		if (!matches(diagnoses[i].pattern, v->sentence, v->sentence_len))
			continue;
		v->reason = diagnoses[i].reason;
		v->advice = diagnoses[i].advice;
		return;
	}
}

static bool begins(const char *line, int len, const char *with)
{
	size_t n = strlen(with);

	return (size_t)len >= n && !memcmp(line, with, n);
}

/* "; if (ip->version != 4) @ parse.h:38" */
static void add_source(struct verdict_log *v, const char *line, int len)
{
	struct source_line s = { .text = line + 2, .text_len = len - 2 };

	for (int i = len - 3; i > 2; i--) {
		if (memcmp(line + i, " @ ", 3))
			continue;
		s.text_len = i - 2;
		s.where = line + i + 3;
		s.where_len = len - i - 3;
		break;
	}
	while (s.text_len && isspace((unsigned char)*s.text)) {
		s.text++;
		s.text_len--;
	}
	if (v->nr_path && v->path[v->nr_path - 1].text_len == s.text_len &&
	    !memcmp(v->path[v->nr_path - 1].text, s.text, s.text_len))
		return;
	if (v->nr_path == PATH_LINES) {
		memmove(v->path, v->path + 1, sizeof(v->path) - sizeof(v->path[0]));
		v->nr_path--;
	}
	v->path[v->nr_path++] = s;
}

static bool is_insn(const char *line, int len)
{
	int i = 0;

	while (i < len && isdigit((unsigned char)line[i]))
		i++;
	return i && begins(line + i, len - i, ": (");
}

/* Lines that tell of the state or of the verifier, not of the program's fault. */
static bool is_state(const char *line, int len)
{
	int i = 0;

	while (i < len && isdigit((unsigned char)line[i]))
		i++;
	return len == 0 || (i && i < len && line[i] == ':') || begins(line, len, "from ") ||
	       begins(line, len, "mark_precise:") || begins(line, len, "func#") ||
	       begins(line, len, "verification time") ||
	       begins(line, len, "Live regs before insn") || begins(line, len, "Validating ") ||
	       begins(line, len, "Func#") || line[0] == ' ' || begins(line, len, "live regs") ||
	       begins(line, len, "cur state:") || begins(line, len, "old state:");
}

static void read_counts(struct verdict_log *v, const char *line)
{
	sscanf(line,
	       "processed %lu insns (limit %*u) max_states_per_insn %*u total_states %lu "
	       "peak_states %lu",
	       &v->processed, &v->total_states, &v->peak_states);
}

static void read_line(struct verdict_log *v, const char *line, int len)
{
	if (begins(line, len, "; ")) {
		add_source(v, line, len);
	} else if (begins(line, len, "processed ")) {
		read_counts(v, line);
	} else if (begins(line, len, "stack depth ")) {
		v->stack_depth = line + strlen("stack depth ");
		v->stack_depth_len = len - (int)strlen("stack depth ");
	} else if (is_insn(line, len)) {
		v->insn = line;
		v->insn_len = len;
	} else if (!is_state(line, len)) {
		v->sentence = line;
		v->sentence_len = len;
	}
}

void verdict_log_read(struct verdict_log *v, const char *text)
{
	*v = (struct verdict_log){ 0 };
	while (*text) {
		const char *end = strchrnul(text, '\n');

		read_line(v, text, (int)(end - text));
		text = *end ? end + 1 : end;
	}
	if (v->sentence)
		explain(v);
}
