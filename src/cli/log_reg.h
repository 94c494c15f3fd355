/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers and stack slots as verifier logs print them, and the same in words. */
#ifndef SKEP_CLI_LOG_REG_H
#define SKEP_CLI_LOG_REG_H

#include "base/strbuf.h"
#include "cli/span.h"

/* What a state ("R1=ctx() R10=fp0 fp-8=mmmm????") says of "R1" or "fp-8"; at NULL: nothing. */
struct span log_reg_find(struct span state, const char *name);

/* "map_value(map=table,ks=4,vs=32,off=8)": the value of "vs". false: there is none. */
bool log_reg_number(struct span reg, const char *param, long long *out);

/* The number of bytes that a pointer is known to be moved by; false: by a variable number. */
bool log_reg_offset(struct span reg, long long *out);

/* The class: "map_value_or_null". */
struct span log_reg_class(struct span reg);

bool log_reg_is_pointer(struct span reg);

/* "a pointer to a value of map 'table' (32 bytes), 8 bytes in"; of what it is no more, less. */
void log_reg_words(struct span reg, bool was, struct strbuf *out);

#endif
