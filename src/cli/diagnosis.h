/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verifier's closing sentence means and what to do (diagnoses.def), in terms of the
 * program. */
#ifndef SKEP_CLI_DIAGNOSIS_H
#define SKEP_CLI_DIAGNOSIS_H

#include "cli/explain.h"

/* Stands for the sentence where the operand was a pointer until a call ended that. */
#define LOST_POINTER "(no pointer any more)"

struct diagnosis {
	struct span sentence;
	const struct source_line *at; /* NULL: unknown */
	const struct fact *operand; /* at fault; NULL: unknown */
	const struct fact
		*cause; /* what made it so: the number that was added, or the operand itself */
	long long need; /* bytes that the access needs from the pointer's base on; 0: unknown */
};

/* false: no row fits. */
bool diagnose(const struct diagnosis *d, struct strbuf *reason, struct strbuf *advice);

#endif
