/* SPDX-License-Identifier: BSD-2-Clause */
/* btf_cases.def as a table. */
#ifndef TESTS_BTF_CASES_H
#define TESTS_BTF_CASES_H

#include "support/btf_build.h"

struct btf_case {
	const char *what;
	int err;
	const char *last_line;
	void (*build)(struct btf_build *b);
};

enum { I = 1 };
#define T(kind, to) build_type(b, "", BTF_INFO(kind, 0, 0), to)
#define T1(kind, to) build_type(b, "", BTF_INFO(kind, 0, 1), to)

#define CASE(what, err, last_line, ...)                                                            \
	static void build_##what(struct btf_build *b)                                              \
	{                                                                                          \
		__VA_ARGS__;                                                                       \
	}
#include "support/btf_cases.def"

static const struct btf_case btf_cases[] = {
#define CASE(what, err, last_line, ...) { #what, err, last_line, build_##what },
#include "support/btf_cases.def"
};

/* Builds a case into b->image; returns its size. */
static inline u32 build_case(struct btf_build *b, const struct btf_case *k)
{
	build_init(b);
	build_int(b, "int", 4, INT_DATA(BTF_INT_SIGNED, 0, 32));
	k->build(b);
	return build_finish(b);
}

/* The last line of a log, with its newline if it has one. */
static inline const char *last_line(const char *log)
{
	const char *p = log + strlen(log);

	if (p > log)
		p--;
	while (p > log && p[-1] != '\n')
		p--;
	return p;
}

#endif
