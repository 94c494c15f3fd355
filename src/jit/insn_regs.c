/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers that instructions read and write, calls too. */
#include "isa/insn_regs.h"

#include "jit/flow.h"

#define CALL_ARGS (REGS_CALL_CLOBBERED & ~REG_BIT(BPF_REG_0))

/* Of a map's own function; the map is no argument then, and the key is in memory. */
static u16 map_call_reads(const struct insn *insn)
{
	if (insn->src == MAP_CALL_UPDATE)
		return REG_BIT(BPF_REG_2) | REG_BIT(BPF_REG_3) | REG_BIT(BPF_REG_4);
	if (insn->src == MAP_CALL_TAIL)
		return REG_BIT(BPF_REG_1) | REG_BIT(BPF_REG_3);
	return REG_BIT(BPF_REG_2);
}

u16 skep__insn_reads(const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_CALL_HELPER:
		return insn->src == MAP_CALL_NONE ? CALL_ARGS : map_call_reads(insn);
	case FORM_CALL_LOCAL:
	case FORM_CALL_KFUNC:
		return CALL_ARGS;
	case FORM_EXIT:
		return REG_BIT(BPF_REG_0);
	default:
		return insn_reads(insn);
	}
}

u16 skep__insn_writes(const struct insn *insn)
{
	switch (insn_desc(insn)->form) {
	case FORM_CALL_HELPER:
	case FORM_CALL_LOCAL:
	case FORM_CALL_KFUNC:
	case FORM_LDPKT:
		return REGS_CALL_CLOBBERED;
	default:
		return insn_writes(insn);
	}
}
