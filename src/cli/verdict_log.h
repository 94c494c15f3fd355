/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A verifier log of level 1, taken apart: the sentence that refused the program, the path that led
 * there instruction by instruction, what was known on the way, and the counts. The log may be
 * skep's or a kernel's; they are written alike.
 */
#ifndef SKEP_CLI_VERDICT_LOG_H
#define SKEP_CLI_VERDICT_LOG_H

#include "cli/span.h"

enum { NO_LINE = -1 };

struct source_line {
	struct span text; /* without its indentation */
	struct span where; /* "prog.c:12" */
	int goes_on; /* lines that branch: the line after it on the path; else NO_LINE */
};

/* An instruction on the path. */
struct log_step {
	unsigned int insn, frame;
	struct span text; /* "(79) r1 = *(u64 *)(r0 +0)" */
	int line; /* in lines, or NO_LINE */
};

/* Registers and slots that were printed, after the first `step` steps. */
struct log_state {
	unsigned int step, frame;
	struct span text; /* "R1=ctx() R10=fp0" */
};

struct verdict_log {
	struct span sentence; /* the closing one */
	struct span leak; /* "Unreleased reference id=2 alloc_insn=5"; at NULL: none */
	struct source_line *lines; /* of the path, in order; one that repeats itself stands once */
	struct log_step *steps;
	struct log_state *states;
	unsigned int nr_lines, nr_steps, nr_states;
	unsigned long processed, total_states, peak_states; /* processed 0: it never began */
	struct span stack_depth; /* "64" or "64+32", a number for each subprogram */
};

/* Spans are into the text, which has to stay. false: out of memory. */
bool verdict_log_read(struct verdict_log *v, const char *text);
void verdict_log_free(struct verdict_log *v);

#endif
