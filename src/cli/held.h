/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program holds after a call, and how it is given back (held.def). */
#ifndef SKEP_CLI_HELD_H
#define SKEP_CLI_HELD_H

#include "cli/span.h"

struct held {
	const char *callee, *what, *release;
};

const struct held *held_after(struct span callee);

#endif
