/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers that instructions read and write, by form. */
#include "jit/flow.h"

enum operand { NOTHING = 0, DST = 1, SRC = 2, R0 = 4, CALL_ARGS = 8, SKB = 16, CALL_CLOBBERS = 32 };

/* One row a form: what is read, what is written. */
static const struct {
	u8 reads, writes;
} operands[] = {
	[FORM_NONE] = { NOTHING, NOTHING },
	[FORM_ALU_X] = { DST | SRC, DST },
	[FORM_ALU_K] = { DST, DST },
	[FORM_ALU_1] = { DST, DST },
	[FORM_MOVSX] = { SRC, DST },
	[FORM_END] = { DST, DST },
	[FORM_JMP_X] = { DST | SRC, NOTHING },
	[FORM_JMP_K] = { DST, NOTHING },
	[FORM_JA] = { NOTHING, NOTHING },
	[FORM_GOTOL] = { NOTHING, NOTHING },
	[FORM_MAY_GOTO] = { NOTHING, NOTHING },
	[FORM_CALL_HELPER] = { CALL_ARGS, CALL_CLOBBERS },
	[FORM_CALL_LOCAL] = { CALL_ARGS, CALL_CLOBBERS },
	[FORM_CALL_KFUNC] = { CALL_ARGS, CALL_CLOBBERS },
	[FORM_EXIT] = { R0, NOTHING },
	[FORM_LDX] = { SRC, DST },
	[FORM_STX] = { DST | SRC, NOTHING },
	[FORM_ST] = { DST, NOTHING },
	[FORM_LDPKT] = { SKB, CALL_CLOBBERS },
	[FORM_LDIMM] = { NOTHING, DST },
	[FORM_ATOMIC] = { DST | SRC, NOTHING },
	[FORM_FETCH] = { DST | SRC, SRC },
	[FORM_CMPXCHG] = { DST | SRC | R0, R0 },
	[FORM_LDACQ] = { SRC, DST },
	[FORM_STREL] = { DST | SRC, NOTHING },
	[FORM_CASTAS] = { SRC, DST },
};
static_assert(ARRAY_SIZE(operands) == FORM_CASTAS + 1, "a row for every form");

static u16 registers(const struct insn *insn, u8 set)
{
	u16 regs = 0;

	if (set & DST)
		regs |= REG_BIT(insn->dst);
	if (set & SRC)
		regs |= REG_BIT(insn->src);
	if (set & R0)
		regs |= REG_BIT(BPF_REG_0);
	if (set & CALL_ARGS)
		regs |= REGS_CALL_CLOBBERED & ~REG_BIT(BPF_REG_0);
	if (set & SKB)
		regs |= REG_BIT(BPF_REG_6);
	if (set & CALL_CLOBBERS)
		regs |= REGS_CALL_CLOBBERED;
	return regs;
}

static bool is_mov(const struct insn *insn)
{
	return insn->op == OP_MOV64_X || insn->op == OP_MOV64_K || insn->op == OP_MOV32_X ||
	       insn->op == OP_MOV32_K;
}

/* Of a map's own function; the map is no argument then, and the key is in memory. */
static u16 map_call_reads(const struct insn *insn)
{
	if (insn->src == MAP_CALL_UPDATE)
		return REG_BIT(BPF_REG_2) | REG_BIT(BPF_REG_3) | REG_BIT(BPF_REG_4);
	if (insn->src == MAP_CALL_TAIL)
		return REG_BIT(BPF_REG_1) | REG_BIT(BPF_REG_3);
	return REG_BIT(BPF_REG_2);
}

static bool is_indirect_load(const struct insn *insn)
{
	return BPF_MODE(insn_desc(insn)->code) == BPF_IND;
}

u16 skep__insn_reads(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;
	u8 set = operands[form].reads;

	if (form == FORM_CALL_HELPER && insn->src != MAP_CALL_NONE)
		return map_call_reads(insn);
	if (is_mov(insn))
		set &= ~DST;
	if (form == FORM_LDPKT && is_indirect_load(insn))
		set |= SRC;
	return registers(insn, set);
}

u16 skep__insn_writes(const struct insn *insn)
{
	return registers(insn, operands[insn_desc(insn)->form].writes);
}
