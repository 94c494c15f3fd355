/* SPDX-License-Identifier: BSD-2-Clause */
/* What an accepted program uses and costs: helpers, maps, stack by function, the first kernel with
 * all of it. */
#ifndef SKEP_CLI_NEEDS_H
#define SKEP_CLI_NEEDS_H

#include <json-c/json.h>

#include "cli/span.h"

struct needs;

/* depths: the verifier's "64+32", a number for each function. NULL: out of memory, or no such
 * program. */
struct needs *needs_new(int prog_fd, struct span depths);
void needs_free(struct needs *needs); /* NULL is fine */

void needs_print(const struct needs *needs);
void needs_json(const struct needs *needs, json_object *to);

#endif
