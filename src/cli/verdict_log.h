/* SPDX-License-Identifier: BSD-2-Clause */
/* What a verifier log says: the sentence that refused the program, where, what it means; and the
 * counts. */
#ifndef SKEP_CLI_VERDICT_LOG_H
#define SKEP_CLI_VERDICT_LOG_H

#include "cli/cli.h"

enum { PATH_LINES = 64 };

struct source_line {
	const char *text; /* not terminated: text_len bytes */
	int text_len;
	const char *where; /* "prog.c:12" */
	int where_len;
};

struct verdict_log {
	const char *sentence; /* the closing one; NULL: none. sentence_len bytes */
	int sentence_len;
	const char *insn; /* the last instruction before it, "7: (71) r0 = ..."; NULL: none */
	int insn_len;
	struct source_line path[PATH_LINES]; /* the last source lines of the path, in order */
	unsigned int nr_path;
	unsigned long processed, total_states, peak_states; /* processed 0: it never began */
	const char *stack_depth; /* "64" or "64+32"; NULL: unknown */
	int stack_depth_len;
	const char *reason, *advice; /* NULL: no row of diagnoses.def fits */
};

/* Pointers are into the text, which has to stay. */
void verdict_log_read(struct verdict_log *v, const char *text);

#endif
