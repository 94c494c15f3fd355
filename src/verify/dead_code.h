/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What no run can come to leaves the program: instructions that no path reached, tests whose
 * outcome never changes (they become jumps), jumps to the next instruction, and functions of which
 * nothing is left. One pass, whatever is removed; the kernel's rules for what goes, and for which
 * source lines stay (opt_hard_wire_dead_code_branches, opt_remove_dead_code, opt_remove_nops).
 */
#ifndef SKEP_VERIFY_DEAD_CODE_H
#define SKEP_VERIFY_DEAD_CODE_H

#include "exec/prog.h"

/* A verified program, with all that has instruction numbers in it. */
struct program_text {
	struct prog *prog;
	const bool *reached; /* per instruction, as the verifier told */
	struct bpf_insn *raw; /* parallel to prog->insns */
	struct bpf_func_info *func_info; /* parallel to prog->subprogs, or nr_func_info is 0 */
	u32 nr_func_info;
	struct bpf_line_info *line_info; /* parallel to prog->lines */
	u32 nr_line_info;
};

/* Changes *t and everything in it. 0, or -ENOMEM with nothing changed. */
int skep__remove_dead_code(struct program_text *t);

#endif
