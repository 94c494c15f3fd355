/* SPDX-License-Identifier: BSD-2-Clause */
/* The verdict about each program of an object, and a refusal in words. */
#ifndef SKEP_CLI_JUDGE_H
#define SKEP_CLI_JUDGE_H

#include <stdio.h>

#include "cli/explain.h"
#include "cli/object.h"
#include "cli/options.h"

/* One verdict: err is 0 or an errno. All of it is there for the call only. */
struct judged {
	const struct bpf_program *prog;
	int err;
	const char *text; /* the log */
	struct verdict_log log; /* taken apart */
	struct explanation why;
};

/*
 * Loads the programs of opts->object one by one, or opts->prog alone, into objects of their own
 * that are closed again, and calls fn with each verdict. BAD_INPUT: the object cannot be opened.
 */
enum outcome judge_each(const struct options *opts,
			void (*fn)(void *opaque, const struct judged *judged), void *opaque);

/* What was refused, the path that led there, why, and what to do. */
void refusal_print(FILE *to, const struct judged *judged);

/* Prints every refusal; how many there were. */
unsigned int refusals_print(FILE *to, const struct options *opts);

#endif
