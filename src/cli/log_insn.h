/* SPDX-License-Identifier: BSD-2-Clause */
/* One instruction as verifier logs write it, read back as far as an explanation needs it. */
#ifndef SKEP_CLI_LOG_INSN_H
#define SKEP_CLI_LOG_INSN_H

#include "cli/span.h"

enum { NO_REGISTER = -1 };

enum log_insn_kind {
	STEP_OTHER,
	STEP_LOAD,
	STEP_STORE,
	STEP_ATOMIC,
	STEP_MOVE, /* a register, or its lower half, unchanged */
	STEP_SET, /* a constant, an address, or what came of it by arithmetic alone */
	STEP_ALU, /* changes its destination */
	STEP_CALL,
	STEP_BRANCH,
	STEP_EXIT,
};

struct log_insn {
	enum log_insn_kind kind;
	int dst; /* the register that it writes */
	int src; /* the register that it takes; stores: what is stored */
	int base, off, bytes; /* memory: the pointer, the offset, the size */
	struct span callee; /* calls: "bpf_map_lookup_elem" or "pc+7" */
};

void log_insn_read(struct log_insn *insn, struct span text);

#endif
