/* SPDX-License-Identifier: BSD-2-Clause */
/* Without libdw, variables have no names: explanations speak of registers. */
#include <stddef.h>

#include "cli/source_vars.h"

struct source_vars *source_vars_new(const char *object, const char *function)
{
	return NULL;
}

void source_vars_free(struct source_vars *vars)
{
}

const char *source_vars_in(struct source_vars *vars, unsigned int insn, int regno)
{
	return NULL;
}
