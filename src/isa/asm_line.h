/* SPDX-License-Identifier: BSD-2-Clause */
/* One line of assembly as an instruction. */
#ifndef SKEP_ISA_ASM_LINE_H
#define SKEP_ISA_ASM_LINE_H

#include "isa/insn.h"

struct asm_line {
	struct bpf_insn insn;
	bool is_wide; /* takes a second slot, whose immediate is `upper` */
	s32 upper;
	const char *label; /* the target, where one is named; NULL: given as a distance */
	u32 label_len;
	bool label_in_imm; /* the distance goes into imm, not off */
};

/* False when no instruction of the table is written like this. The line has no blanks around it. */
bool skep__asm_line(const char *text, size_t len, struct asm_line *out);

#endif
