/* SPDX-License-Identifier: BSD-2-Clause */
/* How far long work has come, on a terminal only. */
#ifndef SKEP_CLI_PROGRESS_H
#define SKEP_CLI_PROGRESS_H

#include <stdint.h>
#include <stdio.h>

struct progress {
	FILE *input; /* its position is how far the work is */
	int64_t total; /* bytes; 0: not known */
	int64_t next_ns; /* when to say it again; INT64_MAX: never */
};

void progress_start(struct progress *p, FILE *input);
void progress_step(struct progress *p, uint64_t packets);
void progress_end(struct progress *p); /* wipes the line */

#endif
