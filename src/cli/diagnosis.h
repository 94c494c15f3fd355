/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verifier's closing sentence means and what to do (diagnoses.def), in terms of the
 * program. */
#ifndef SKEP_CLI_DIAGNOSIS_H
#define SKEP_CLI_DIAGNOSIS_H

#include "cli/ctx_words.h"
#include "cli/explain.h"

/* Stand for the sentence where the operand was a pointer until a call gave the object up, or moved
 * the packet. */
#define RELEASED_POINTER "(given up)"
#define MOVED_POINTER "(moved)"

struct diagnosis {
	struct span sentence;
	const struct source_line *at; /* NULL: unknown */
	const struct fact *operand; /* at fault; NULL: unknown */
	const struct fact *cause; /* what made it so: the number added, or the operand itself */
	long long need; /* bytes that the access needs from the pointer's base on; 0: unknown */
	long long room; /* bytes of the memory that it points into; 0: unknown */
	struct ctx_touch touch; /* of a context; its offset is the sentence's to tell */
	struct span depths; /* "304+304": stack of each function; at NULL: not told */
};

/* false: no row fits. */
bool diagnose(const struct diagnosis *d, struct strbuf *reason, struct strbuf *advice);

#endif
