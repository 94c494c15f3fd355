/* SPDX-License-Identifier: BSD-2-Clause */
#include "isa/insn_regs.h"

/* clang-format off */
enum form_regs {
	REGS_NONE        = 0,
	REGS_ALU_X       = READS_DST | READS_SRC            | WRITES_DST,
	REGS_ALU_K       = READS_DST                        | WRITES_DST,
	REGS_ALU_1       = READS_DST                        | WRITES_DST,
	REGS_MOVSX       =             READS_SRC            | WRITES_DST,
	REGS_END         = READS_DST                        | WRITES_DST,
	REGS_JMP_X       = READS_DST | READS_SRC,
	REGS_JMP_K       = READS_DST,
	REGS_JA          = 0,
	REGS_GOTOL       = 0,
	REGS_MAY_GOTO    = 0,
	REGS_CALL_HELPER = 0,
	REGS_CALL_LOCAL  = 0,
	REGS_CALL_KFUNC  = 0,
	REGS_EXIT        = 0,
	REGS_LDX         =             READS_SRC            | WRITES_DST,
	REGS_STX         = READS_DST | READS_SRC,
	REGS_ST          = READS_DST,
	REGS_LDPKT       =                         READS_R6,
	REGS_LDIMM       =                                    WRITES_DST,
	REGS_ATOMIC      = READS_DST | READS_SRC,
	REGS_FETCH       = READS_DST | READS_SRC            | WRITES_SRC,
	REGS_CMPXCHG     = READS_DST | READS_SRC | READS_R0 | WRITES_R0,
	REGS_LDACQ       =             READS_SRC            | WRITES_DST,
	REGS_STREL       = READS_DST | READS_SRC,
	REGS_CASTAS      =             READS_SRC            | WRITES_DST,
};

/* By form; but moves do not read what they overwrite, and some packet loads have an index. */
const u8 skep__insn_regs[NR_INSN_OPS] = {
#define INSN_NO_ACTIONS
#define INSN(op, code, sel, selval, form, since, text, act) [OP_##op] = REGS_##form,
#include "isa/each.h"
	[OP_MOV64_X] = READS_SRC | WRITES_DST,
	[OP_MOV32_X] = READS_SRC | WRITES_DST,
	[OP_MOV64_K] = WRITES_DST,
	[OP_MOV32_K] = WRITES_DST,
	[OP_LDINDB]  = READS_R6 | READS_SRC,
	[OP_LDINDH]  = READS_R6 | READS_SRC,
	[OP_LDINDW]  = READS_R6 | READS_SRC,
};
/* clang-format on */
