/* SPDX-License-Identifier: BSD-2-Clause */
#include "isa/insn.h"

#define SIZE_OF(code)                                                                              \
	(BPF_SIZE(code) == BPF_B   ? 1                                                             \
	 : BPF_SIZE(code) == BPF_H ? 2                                                             \
	 : BPF_SIZE(code) == BPF_W ? 4                                                             \
				   : 8)
#define IS_MEMORY(form) ((form) >= FORM_LDX && (form) <= FORM_STREL && (form) != FORM_LDIMM)

/* clang-format off */
const struct insn_desc skep__insn_descs[NR_INSN_OPS] = {
	[OP_INVALID] = { .name = "INVALID", .text = "" },
	[OP_LDIMM_HI] = { .name = "LDIMM_HI", .text = "" },
#define INSN_NO_ACTIONS
#define INSN(op, c, s, val, f, v, t, act) \
	[OP_##op] = { .name = #op, .text = t, .code = (c), .sel = SEL_##s, .form = FORM_##f, \
		      .since = SINCE_##v, .selval = (val), \
		      .size = IS_MEMORY(FORM_##f) ? SIZE_OF(c) : 0, \
		      .is_signed = FORM_##f == FORM_LDX && BPF_MODE(c) == BPF_MEMSX },
#include "isa/each.h"
};

/* The last row of every opcode byte (a later initialiser wins); its others stand somewhere before it. */
static const u8 last_of_code[256] = {
#define INSN_NO_ACTIONS
#define INSN(op, c, s, val, f, v, t, act) [c] = OP_##op,
#include "isa/each.h"
};
/* clang-format on */

bool skep__insn_code_exists(u8 code)
{
	return last_of_code[code] != OP_INVALID;
}

static bool selected(const struct insn_desc *d, const struct bpf_insn *raw)
{
	switch (d->sel) {
	case SEL_OFF:
		return raw->off == (s16)d->selval;
	case SEL_IMM:
		return raw->imm == (s32)d->selval;
	case SEL_SRC:
		return raw->src_reg == d->selval;
	default:
		return true;
	}
}

/* *known: some row has the opcode byte, whatever the other fields are. */
static enum insn_op find(const struct bpf_insn *raw, bool *known)
{
	*known = last_of_code[raw->code] != OP_INVALID;
	for (u32 op = last_of_code[raw->code]; op > OP_LDIMM_HI; op--) {
		const struct insn_desc *d = &skep__insn_descs[op];

		if (d->code == raw->code && selected(d, raw))
			return op;
	}
	return OP_INVALID;
}

/* Fields that a form leaves unused have to be zero: one bit for each that it uses. */
enum { USES_DST = 1, USES_SRC = 2, USES_OFF = 4, USES_IMM = 8 };

static const u8 uses[] = {
	[FORM_ALU_X] = USES_DST | USES_SRC | USES_OFF,
	[FORM_ALU_K] = USES_DST | USES_OFF | USES_IMM,
	[FORM_ALU_1] = USES_DST,
	[FORM_MOVSX] = USES_DST | USES_SRC | USES_OFF,
	[FORM_END] = USES_DST | USES_IMM,
	[FORM_JMP_X] = USES_DST | USES_SRC | USES_OFF,
	[FORM_JMP_K] = USES_DST | USES_OFF | USES_IMM,
	[FORM_JA] = USES_OFF,
	[FORM_GOTOL] = USES_IMM,
	[FORM_MAY_GOTO] = USES_OFF,
	[FORM_CALL_HELPER] = USES_IMM,
	[FORM_CALL_LOCAL] = USES_SRC | USES_IMM,
	[FORM_CALL_KFUNC] = USES_SRC | USES_OFF | USES_IMM,
	[FORM_EXIT] = 0,
	[FORM_LDX] = USES_DST | USES_SRC | USES_OFF,
	[FORM_STX] = USES_DST | USES_SRC | USES_OFF,
	[FORM_ST] = USES_DST | USES_OFF | USES_IMM,
	[FORM_LDPKT] = USES_SRC | USES_IMM,
	[FORM_LDIMM] = USES_DST | USES_SRC | USES_IMM,
	[FORM_ATOMIC] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
	[FORM_FETCH] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
	[FORM_CMPXCHG] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
	[FORM_LDACQ] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
	[FORM_STREL] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
	[FORM_CASTAS] = USES_DST | USES_SRC | USES_OFF | USES_IMM,
};
static_assert(ARRAY_SIZE(uses) == FORM_CASTAS + 1, "a row for every form");

static bool reserved_are_zero(const struct bpf_insn *raw, u8 used)
{
	return (used & USES_DST || !raw->dst_reg) && (used & USES_SRC || !raw->src_reg) &&
	       (used & USES_OFF || !raw->off) && (used & USES_IMM || !raw->imm);
}

static const char *alu_text(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_NEG:
		return "BPF_NEG uses reserved fields";
	case BPF_END:
		return "BPF_END uses reserved fields";
	case BPF_MOV:
		return "BPF_MOV uses reserved fields";
	default:
		return "BPF_ALU uses reserved fields";
	}
}

static const char *jump_text(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_CALL:
		return "BPF_CALL uses reserved fields";
	case BPF_JA:
		return "BPF_JA uses reserved fields";
	case BPF_EXIT:
		return "BPF_EXIT uses reserved fields";
	default:
		return "BPF_JMP/JMP32 uses reserved fields";
	}
}

static const char *reserved_text(u8 code)
{
	switch (BPF_CLASS(code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_text(code);
	case BPF_JMP:
	case BPF_JMP32:
		return jump_text(code);
	case BPF_LDX:
		return "BPF_LDX uses reserved fields";
	case BPF_ST:
		return "BPF_ST uses reserved fields";
	case BPF_STX:
		return "BPF_STX uses reserved fields";
	default:
		return BPF_MODE(code) == BPF_IMM ? "BPF_LD_IMM64 uses reserved fields"
						 : "BPF_LD_[ABS|IND] uses reserved fields";
	}
}

/* The second slot carries the upper half, and nothing else. */
static int join_halves(const struct bpf_insn *raw, u32 left, struct insn *out)
{
	if (left < 2 || raw[1].code || raw[1].dst_reg || raw[1].src_reg || raw[1].off || raw[0].off)
		return -EINVAL;
	out->imm = (s64)((u64)(u32)raw[1].imm << 32 | (u32)raw[0].imm);
	return 2;
}

int skep__insn_decode(const struct bpf_insn *raw, u32 left, struct insn *out, const char **why)
{
	const char *unused;
	bool known;
	enum insn_op op = find(raw, &known);
	u8 form = skep__insn_descs[op].form;

	why = why ? why : &unused;
	*why = NULL;
	*out = (struct insn){ .op = OP_INVALID };
	if (op == OP_INVALID) {
		*why = known ? reserved_text(raw->code) : "unknown opcode";
		return -EINVAL;
	}
	if (raw->dst_reg > BPF_REG_10 || raw->src_reg > BPF_REG_10) {
		*why = "register is invalid";
		return -EINVAL;
	}
	if (!reserved_are_zero(raw, uses[form])) {
		*why = reserved_text(raw->code);
		return -EINVAL;
	}
	*out = (struct insn){
		.op = op, .dst = raw->dst_reg, .src = raw->src_reg, .off = raw->off, .imm = raw->imm
	};
	if (form == FORM_LDIMM) {
		int slots = join_halves(raw, left, out);

		if (slots < 0) {
			*why = "invalid bpf_ld_imm64 insn";
			out->op = OP_INVALID;
		}
		return slots;
	}
	if (form == FORM_GOTOL || form == FORM_CALL_LOCAL)
		out->off = raw->imm;
	return 1;
}
