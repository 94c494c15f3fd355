/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/diagnosis.h"

static const struct row {
	const char *pattern, *reason, *advice;
} rows[] = {
#define DIAGNOSIS(pattern, reason, advice) { pattern, reason, advice },
#include "cli/diagnoses.def"
};

/* '*' stands for any text; one pass, going back to the last '*' only. */
static bool matches(const char *pattern, struct span s)
{
	const char *text = s.at, *end = s.at + s.len, *star = NULL, *resume = NULL;

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

static void put_subject(const struct fact *f, const char *otherwise, struct strbuf *out)
{
	if (f && f->var)
		skep__strbuf_printf(out, "`%s`", f->var);
	else if (f && *f->operand)
		skep__strbuf_puts(out, f->operand);
	else if (f && f->by.at)
		skep__strbuf_printf(out, "what %.*s() gave", SPAN(f->by));
	else
		skep__strbuf_puts(out, otherwise);
}

static void put_line(const char *preposition, const struct source_line *line, const char *otherwise,
		     struct strbuf *out)
{
	if (line && line->where.len)
		skep__strbuf_printf(out, "%s %.*s", preposition, SPAN(line->where));
	else
		skep__strbuf_puts(out, otherwise);
}

/* What stands in braces: see diagnoses.def. */
static void put_name(const struct diagnosis *d, struct span name, struct strbuf *out)
{
	const struct fact *of = span_is(name, "ptr") ? d->operand : d->cause;

	if (span_is(name, "it"))
		put_subject(d->operand, "it", out);
	else if (span_is(name, "cause"))
		put_subject(d->cause, "it", out);
	else if (span_is(name, "before"))
		put_line("before", d->at, "before it is used", out);
	else if (span_is(name, "by") && d->operand && d->operand->by.at)
		skep__strbuf_printf(out, "%.*s()", SPAN(d->operand->by));
	else if (span_is(name, "since"))
		put_line("at", d->operand ? d->operand->since : NULL, "before", out);
	else if (span_is(name, "need") && d->need > 0)
		skep__strbuf_printf(out, "%lld", d->need);
	else if (of && of->var)
		skep__strbuf_puts(out, of->var);
	else
		skep__strbuf_add(out, name.at, (size_t)name.len);
}

static void fill(const char *text, const struct diagnosis *d, struct strbuf *out)
{
	const char *end;

	for (; *text; text++) {
		end = *text == '{' && text[1] != '}' && text[1] != ' ' ? strchr(text, '}') : NULL;
		if (!end) {
			skep__strbuf_putc(out, *text);
			continue;
		}
		put_name(d, (struct span){ text + 1, (int)(end - text - 1) }, out);
		text = end;
	}
}

bool diagnose(const struct diagnosis *d, struct strbuf *reason, struct strbuf *advice)
{
	for (size_t i = 0; i < COUNT(rows) && d->sentence.at; i++) {
		if (!matches(rows[i].pattern, d->sentence))
			continue;
		fill(rows[i].reason, d, reason);
		fill(rows[i].advice, d, advice);
		return true;
	}
	return false;
}
