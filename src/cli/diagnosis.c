/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/diagnosis.h"

#include <bpf/libbpf.h>
#include <ctype.h>
#include <stdlib.h>

#include "cli/held.h"

static const struct row {
	const char *pattern, *reason, *advice;
} rows[] = {
#define DIAGNOSIS(pattern, reason, advice) { pattern, reason, advice },
#include "cli/diagnoses.def"
};

#define MAX_STARS 9

/* What the stars of a pattern stood for. */
struct stars {
	struct span text[MAX_STARS];
	unsigned int nr;
};

/* '*' stands for any text; one pass, going back to the last '*' only. */
static bool matches(const char *pattern, struct span s, struct stars *stars)
{
	const char *text = s.at, *end = s.at + s.len, *star = NULL, *resume = NULL;
	struct span *last = NULL;

	stars->nr = 0;
	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = text;
			last = &stars->text[stars->nr++];
			*last = (struct span){ text, 0 };
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++resume;
			last->len = (int)(text - last->at);
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

static void put_star(const struct stars *stars, unsigned int nr, struct strbuf *out)
{
	if (nr < stars->nr)
		skep__strbuf_add(out, stars->text[nr].at, (size_t)stars->text[nr].len);
}

/* What the sentence itself says. */
static bool put_from_sentence(const struct stars *stars, struct span name, struct strbuf *out)
{
	const char *type;

	if (name.len == 1 && isdigit((unsigned char)*name.at)) {
		put_star(stars, (unsigned int)(*name.at - '1'), out);
		return true;
	}
	if (!span_is(name, "map type"))
		return false;
	type = libbpf_bpf_map_type_str((enum bpf_map_type)atoi(stars->text[0].at));
	skep__strbuf_puts(out, type ? type : "this type");
	return true;
}

/* Of the context, at the offset that the first star stands for. */
static bool put_touched(const struct diagnosis *d, const struct stars *stars, struct span name,
			struct strbuf *out)
{
	struct ctx_touch touch = d->touch;

	if (!stars->nr)
		return false;
	touch.off = atoll(stars->text[0].at);
	if (span_is(name, "field"))
		ctx_field_words(&touch, out);
	else if (span_is(name, "who"))
		ctx_who_words(&touch, out);
	else if (span_is(name, "touch"))
		skep__strbuf_puts(out, touch.write ? "write" : "read");
	else
		return false;
	return true;
}

/* What is held, and what gave it. */
static bool put_held(const struct diagnosis *d, struct span name, struct strbuf *out)
{
	const struct held *held = held_after(d->operand ? d->operand->by : (struct span){ 0 });

	if (!span_is(name, "held") && !span_is(name, "release"))
		return false;
	skep__strbuf_puts(out, span_is(name, "held") ? held->what : held->release);
	return true;
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
	else if (span_is(name, "room") && d->room > 0)
		skep__strbuf_printf(out, "%lld bytes", d->room);
	else if (span_is(name, "room"))
		skep__strbuf_puts(out, "the memory");
	else if (span_is(name, "depths") && d->depths.at)
		skep__strbuf_printf(out, " (by function: %.*s)", SPAN(d->depths));
	else if (span_is(name, "depths"))
		return;
	else if (of && of->var)
		skep__strbuf_puts(out, of->var);
	else
		skep__strbuf_add(out, name.at, (size_t)name.len);
}

static void fill(const char *text, const struct diagnosis *d, const struct stars *stars,
		 struct strbuf *out)
{
	const char *end;
	struct span name;

	for (; *text; text++) {
		end = *text == '{' && text[1] != '}' && text[1] != ' ' ? strchr(text, '}') : NULL;
		if (!end) {
			skep__strbuf_putc(out, *text);
			continue;
		}
		name = (struct span){ text + 1, (int)(end - text - 1) };
		if (!put_from_sentence(stars, name, out) && !put_held(d, name, out) &&
		    !put_touched(d, stars, name, out))
			put_name(d, name, out);
		text = end;
	}
}

bool diagnose(const struct diagnosis *d, struct strbuf *reason, struct strbuf *advice)
{
	struct stars stars;

	for (size_t i = 0; i < COUNT(rows) && d->sentence.at; i++) {
		if (!matches(rows[i].pattern, d->sentence, &stars))
			continue;
		fill(rows[i].reason, d, &stars, reason);
		fill(rows[i].advice, d, &stars, advice);
		return true;
	}
	return false;
}
