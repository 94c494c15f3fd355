/* SPDX-License-Identifier: BSD-2-Clause */
/* Which registers an instruction reads and writes by its operands. What calls and exits do to
 * registers is not among that: it depends on what is called, and on who asks. */
#ifndef SKEP_ISA_INSN_REGS_H
#define SKEP_ISA_INSN_REGS_H

#include "isa/insn.h"

enum insn_regs {
	READS_DST = 1 << 0,
	READS_SRC = 1 << 1,
	READS_R0 = 1 << 2,
	READS_R6 = 1 << 3,
	WRITES_DST = 1 << 4,
	WRITES_SRC = 1 << 5,
	WRITES_R0 = 1 << 6,
};

extern const u8 skep__insn_regs[NR_INSN_OPS]; /* enum insn_regs, or-ed */

/* The same as sets of registers: bit n is Rn. */
static inline u16 insn_reads(const struct insn *insn)
{
	u8 regs = skep__insn_regs[insn->op];

	return (regs & READS_DST ? 1u << insn->dst : 0) | (regs & READS_SRC ? 1u << insn->src : 0) |
	       (regs & READS_R0 ? 1u << BPF_REG_0 : 0) | (regs & READS_R6 ? 1u << BPF_REG_6 : 0);
}

static inline u16 insn_writes(const struct insn *insn)
{
	u8 regs = skep__insn_regs[insn->op];

	return (regs & WRITES_DST ? 1u << insn->dst : 0) |
	       (regs & WRITES_SRC ? 1u << insn->src : 0) | (regs & WRITES_R0 ? 1u << BPF_REG_0 : 0);
}

#endif
