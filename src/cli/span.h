/* SPDX-License-Identifier: BSD-2-Clause */
/* A piece of a longer text: not terminated, and it lives as long as the text does. */
#ifndef SKEP_CLI_SPAN_H
#define SKEP_CLI_SPAN_H

#include <string.h>

#include "cli/cli.h"

struct span {
	const char *at; /* NULL: there is none */
	int len;
};

/* For printf's "%.*s". */
#define SPAN(s) (s).at ? (s).len : 0, (s).at ? (s).at : ""

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? (int)strlen(text) : 0 };
}
static inline bool span_begins(struct span s, const char *with)
{
	size_t n = strlen(with);

	return s.at && (size_t)s.len >= n && !memcmp(s.at, with, n);
}
static inline bool span_is(struct span s, const char *text)
{
	return s.at && (size_t)s.len == strlen(text) && !memcmp(s.at, text, (size_t)s.len);
}
static inline bool span_same(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, (size_t)a.len));
}
/* What is left behind the first n bytes. */
static inline struct span span_from(struct span s, int n)
{
	return n >= s.len ? (struct span){ s.at + s.len, 0 } : (struct span){ s.at + n, s.len - n };
}
/* Where the text first stands in it; -1: nowhere. */
static inline int span_find(struct span s, const char *text)
{
	const char *hit = s.at ? memmem(s.at, (size_t)s.len, text, strlen(text)) : NULL;

	return hit ? (int)(hit - s.at) : -1;
}

#endif
