/* SPDX-License-Identifier: BSD-2-Clause */
/* Which C variable lies in which register, from the object's DWARF (clang -g). */
#ifndef SKEP_CLI_SOURCE_VARS_H
#define SKEP_CLI_SOURCE_VARS_H

struct source_vars;

/* NULL: the object says nothing about such a function, or the command was built without libdw. */
struct source_vars *source_vars_new(const char *object, const char *function);
void source_vars_free(struct source_vars *vars); /* NULL is fine */

/*
 * The variable whose value register regno holds before an instruction, counted from the function's
 * first; NULL: none, it cannot be told, or vars is NULL. Owned by vars.
 */
const char *source_vars_in(struct source_vars *vars, unsigned int insn, int regno);

#endif
