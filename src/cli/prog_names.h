/* SPDX-License-Identifier: BSD-2-Clause */
/* The names in a disassembly: helpers by the table, maps and subprograms by what the world knows.
 */
#ifndef SKEP_CLI_PROG_NAMES_H
#define SKEP_CLI_PROG_NAMES_H

#include <linux/bpf.h>

#include "base/strbuf.h"

struct prog_text;

/* Adds the text of the instruction at index; returns the slots it takes. left: slots from there on.
 */
__u32 prog_names_disasm(const struct prog_text *text, const struct bpf_insn *insn, __u32 index,
			__u32 left, struct strbuf *out);

/* The function that starts at an instruction, or NULL. */
const char *prog_text_func(const struct prog_text *text, __u32 insn);

#endif
