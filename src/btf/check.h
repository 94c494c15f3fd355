/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State of one check of BTF, and its log. The passes are the kernel's, in its order, with its
 * errnos and its words: meta.c looks at each record alone, resolve.c follows references with a
 * stack of bounded depth, tags.c looks at chains of modifiers.
 */
#ifndef SKEP_BTF_CHECK_H
#define SKEP_BTF_CHECK_H

#include "btf/parsed.h"

enum { MAX_RESOLVE_DEPTH = 32, BTF_MAX_NAME_LEN = 512 };

enum visit_state { NOT_VISITED, VISITED, RESOLVED };

/* Where following references may stop: it depends on what the walk began with. */
enum resolve_mode { MODE_UNDECIDED, MODE_PTR, MODE_STRUCT_OR_ARRAY };

struct resolve_vertex {
	const struct btf_type *t;
	u32 id;
	u16 next_member;
};

struct check {
	struct btf *btf;
	struct strbuf *log; /* NULL: nobody reads it */
	u32 log_id; /* type that log lines speak of */
	bool resolving; /* past meta.c: a line about a member repeats its type first */

	u8 *visits; /* enum visit_state per type */
	struct resolve_vertex stack[MAX_RESOLVE_DEPTH];
	u32 depth;
	enum resolve_mode mode;
};

int skep__btf_check_metas(struct check *c);
int skep__btf_check_types(struct check *c);
int skep__btf_check_tags(struct check *c);

/* Checks that a member's type fits where the struct puts it. */
int skep__btf_check_member(struct check *c, const struct btf_type *owner,
			   const struct btf_member *m, const struct btf_type *type);

bool skep__btf_int_is_regular(const struct btf_type *t);
bool skep__btf_name_off_ok(const struct btf *btf, u32 off);
bool skep__btf_identifier_ok(const struct btf *btf, u32 off);
bool skep__btf_section_name_ok(const struct btf *btf, u32 off);

void skep__btf_log(struct check *c, const char *fmt, ...) __fmt(2, 3);
/* "[id] KIND name details" with a word on it (NULL: none), and without the details. */
void skep__btf_log_type(struct check *c, const struct btf_type *t, const char *fmt, ...)
	__fmt(3, 4);
void skep__btf_log_basic(struct check *c, const struct btf_type *t, const char *fmt, ...)
	__fmt(3, 4);
void skep__btf_log_member(struct check *c, const struct btf_type *t, const struct btf_member *m,
			  const char *fmt, ...) __fmt(4, 5);
void skep__btf_log_var(struct check *c, const struct btf_type *t, const struct btf_var_secinfo *v,
		       const char *fmt, ...) __fmt(4, 5);

/* Log and fail in one breath: "return bad_type(c, t, ...)". */
#define bad_type(c, t, ...) (skep__btf_log_type(c, t, __VA_ARGS__), -EINVAL)
#define bad_basic(c, t, ...) (skep__btf_log_basic(c, t, __VA_ARGS__), -EINVAL)
#define bad_member(c, t, m, ...) (skep__btf_log_member(c, t, m, __VA_ARGS__), -EINVAL)
#define bad_var(c, t, v, ...) (skep__btf_log_var(c, t, v, __VA_ARGS__), -EINVAL)

#endif
