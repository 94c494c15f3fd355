/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/log_reg.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

static const struct {
	const char *cls, *words;
} rows[] = {
#define WORDS(cls, words) { cls, words },
#include "cli/reg_words.def"
};

/* Prefixes of classes, and what they add to the words. */
static const struct {
	const char *prefix, *words;
} prefixes[] = {
	{ "rdonly_", ", read-only" },
	{ "user_", ", in user memory" },
	{ "percpu_", ", one for each CPU" },
	{ "rcu_", ", valid in this RCU section" },
	{ "untrusted_", ", not to be trusted: it may point to nothing" },
	{ "trusted_", ", trusted" },
};

/* ---- finding --------------------------------------------------------------------------------- */

/* The length of a value: up to the next blank outside of parentheses. */
static int value_length(struct span s)
{
	int depth = 0, i = 0;

	for (; i < s.len && (depth || s.at[i] != ' '); i++)
		depth += (s.at[i] == '(') - (s.at[i] == ')');
	return i;
}

struct span log_reg_find(struct span state, const char *name)
{
	while (state.len) {
		int len = value_length(state);
		struct span token = { state.at, len };
		int equals = span_find(token, "=");

		if (equals > 0 && span_begins(token, name)) {
			struct span rest = span_from(token, (int)strlen(name));

			if (*rest.at == '=' || *rest.at == '_')
				return span_from(token, equals + 1);
		}
		state = span_from(state, len);
		while (state.len && *state.at == ' ')
			state = span_from(state, 1);
	}
	return (struct span){ 0 };
}

struct span log_reg_class(struct span reg)
{
	int end = span_find(reg, "(");

	return (struct span){ reg.at, end < 0 ? reg.len : end };
}

/* "smin=umin=1": the text behind the last '=' of the part that has the name. */
static struct span param(struct span reg, const char *name)
{
	size_t n = strlen(name);
	int open = span_find(reg, "(");

	for (int i = open + 1; open >= 0 && i < reg.len; i++) {
		struct span rest = span_from(reg, i);
		int end, equals;

		if (!strchr("(,=", reg.at[i - 1]) || !span_begins(rest, name) ||
		    (size_t)rest.len <= n || rest.at[n] != '=')
			continue;
		end = (int)strcspn(rest.at, ",)");
		rest.len = end < rest.len ? end : rest.len;
		for (equals = rest.len - 1; rest.at[equals] != '=';)
			equals--;
		return span_from(rest, equals + 1);
	}
	return (struct span){ 0 };
}

static long long number(struct span s)
{
	return *s.at == '-' ? strtoll(s.at, NULL, 0) : (long long)strtoull(s.at, NULL, 0);
}

bool log_reg_number(struct span reg, const char *name, long long *out)
{
	struct span p = param(reg, name);

	if (!p.len)
		return false;
	*out = number(p);
	return true;
}

bool log_reg_offset(struct span reg, long long *out)
{
	long long off = 0, imm = 0, any;

	log_reg_number(reg, "off", &off);
	log_reg_number(reg, "imm", &imm);
	*out = off + imm;
	return !log_reg_number(reg, "umax", &any) && !log_reg_number(reg, "smin", &any) &&
	       span_find(reg, "var_off=") < 0;
}

/* ---- in words -------------------------------------------------------------------------------- */

/* "0 to 255", "at least 1", "anything". */
static void put_range(struct span reg, struct strbuf *out)
{
	long long smin = LLONG_MIN, smax = LLONG_MAX, umin = 0, umax = -1;

	log_reg_number(reg, "smin", &smin);
	log_reg_number(reg, "smax", &smax);
	log_reg_number(reg, "umin", &umin);
	log_reg_number(reg, "umax", &umax);
	if (umax >= 0 && umax < LLONG_MAX)
		skep__strbuf_printf(out, "%lld to %lld", umin, umax);
	else if (smin > LLONG_MIN && smax < LLONG_MAX)
		skep__strbuf_printf(out, "%lld to %lld", smin, smax);
	else if (umin > 0)
		skep__strbuf_printf(out, "at least %lld", umin);
	else if (smin > LLONG_MIN && smin < 0)
		skep__strbuf_printf(out, "at least %lld", smin);
	else if (smax < LLONG_MAX)
		skep__strbuf_printf(out, "at most %lld, or negative", smax);
	else
		skep__strbuf_puts(out, "any 64-bit number");
}

static void put_number(struct span reg, struct strbuf *out)
{
	long long any;

	if (span_begins(reg, "P"))
		reg = span_from(reg, 1);
	if (!span_begins(reg, "scalar")) {
		skep__strbuf_printf(out, "the number %lld", number(reg));
		if (number(reg) > INT_MAX && number(reg) <= UINT_MAX)
			skep__strbuf_printf(out, " (%d as an int)", (int)number(reg));
		return;
	}
	skep__strbuf_puts(out, "a number");
	if (!log_reg_number(reg, "smin", &any) && !log_reg_number(reg, "smax", &any) &&
	    !log_reg_number(reg, "umin", &any) && !log_reg_number(reg, "umax", &any)) {
		skep__strbuf_puts(out, " of which nothing is known");
		return;
	}
	skep__strbuf_puts(out, ": ");
	put_range(reg, out);
}

/* The words with what stands in braces filled in. */
static void put_words(const char *words, struct span reg, struct span rest, struct strbuf *out)
{
	for (; *words; words++) {
		const char *end = *words == '{' ? strchr(words, '}') : NULL;
		struct span value = rest;
		char name[16] = "";

		if (!end) {
			skep__strbuf_putc(out, *words);
			continue;
		}
		memcpy(name, words + 1, (size_t)(end - words - 1));
		if (*name != '*')
			value = param(reg, name);
		skep__strbuf_add(out, value.at ? value.at : "?", value.at ? (size_t)value.len : 1);
		words = end;
	}
}

static bool put_class(struct span reg, struct span cls, struct strbuf *out)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		int n = (int)strlen(rows[i].cls);
		bool open = rows[i].cls[n - 1] == '*';

		if (open ? !(cls.len >= n - 1 && !memcmp(cls.at, rows[i].cls, (size_t)n - 1))
			 : !span_is(cls, rows[i].cls))
			continue;
		put_words(rows[i].words, reg, span_from(cls, n - 1), out);
		return true;
	}
	return false;
}

static void put_place(struct span reg, struct span cls, bool was, struct strbuf *out)
{
	long long off, range;
	bool fixed = log_reg_offset(reg, &off);

	if (off)
		skep__strbuf_printf(out, ", %lld bytes %s", off < 0 ? -off : off,
				    off < 0 ? "before its start" : "in");
	if (!fixed) {
		skep__strbuf_puts(out, ", moved by ");
		put_range(reg, out);
	}
	if (was || !span_is(cls, "pkt") || !log_reg_number(reg, "r", &range))
		return;
	if (range > 0 && range < 0xffff)
		skep__strbuf_printf(out, "; %lld bytes%s are known to be there", range,
				    fixed ? " from its start on" : " behind the variable part");
	else
		skep__strbuf_puts(out, "; nothing of it has been compared with data_end");
}

bool log_reg_is_pointer(struct span reg)
{
	return reg.len && !span_begins(reg, "scalar") && *reg.at != 'P' && *reg.at != '-' &&
	       !isdigit((unsigned char)*reg.at);
}

void log_reg_words(struct span reg, bool was, struct strbuf *out)
{
	struct span cls = log_reg_class(reg);
	unsigned int seen = 0; /* prefixes */
	bool or_null;

	if (!log_reg_is_pointer(reg)) {
		put_number(reg, out);
		return;
	}
	for (unsigned int i = 0; i < COUNT(prefixes); i++) {
		if (!span_begins(cls, prefixes[i].prefix))
			continue;
		cls = span_from(cls, (int)strlen(prefixes[i].prefix));
		seen |= 1u << i;
	}
	or_null = cls.len > 8 && span_is(span_from(cls, cls.len - 8), "_or_null");
	cls.len -= or_null ? 8 : 0;
	if (!put_class(reg, cls, out)) {
		skep__strbuf_add(out, reg.at, (size_t)reg.len);
		return;
	}
	if (or_null)
		skep__strbuf_puts(out, ", or NULL");
	if (!span_begins(cls, "fp"))
		put_place(reg, cls, was, out);
	for (unsigned int i = 0; i < COUNT(prefixes); i++)
		if (seen & 1u << i)
			skep__strbuf_puts(out, prefixes[i].words);
}
