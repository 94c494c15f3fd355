/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction, decoded. A program is decoded once, when it is loaded; everything after that
 * switches on `op` and never looks at opcode bytes again. Indices stay those of the raw program: the
 * second slot of a 64-bit immediate load is kept, as OP_LDIMM_HI.
 */
#ifndef SKEP_ISA_INSN_H
#define SKEP_ISA_INSN_H

#include <endian.h>

#include "base/types.h"
#include "base/uapi.h"

enum insn_op {
	OP_INVALID, /* no such instruction */
	OP_LDIMM_HI, /* second slot of an LDIMM form */
#define INSN_NO_ACTIONS
#define INSN(op, code, sel, selval, form, since, text, act) OP_##op,
#include "isa/each.h"
	NR_INSN_OPS,
};
static_assert(NR_INSN_OPS <= 256, "enum insn_op is stored in a byte");

/* The field beside the opcode byte that picks the row. */
enum insn_sel { SEL_NONE, SEL_OFF, SEL_IMM, SEL_SRC };

/* Operand shapes: which fields an instruction uses. */
enum insn_form {
	FORM_NONE,
	FORM_ALU_X, /* dst op= src */
	FORM_ALU_K, /* dst op= imm, sign-extended to the operation's width */
	FORM_ALU_1, /* dst = op dst */
	FORM_MOVSX, /* dst = (type)src */
	FORM_END, /* dst = swap dst */
	FORM_JMP_X, /* if dst op src goto off */
	FORM_JMP_K, /* if dst op imm goto off */
	FORM_JA, /* goto off */
	FORM_GOTOL, /* goto imm */
	FORM_MAY_GOTO, /* goto off once the program's budget is spent */
	FORM_CALL_HELPER, /* imm is a helper number */
	FORM_CALL_LOCAL, /* imm is relative to the next instruction */
	FORM_CALL_KFUNC, /* imm is a BTF id, off an index into fd_array (prepared: into the program's kfuncs) */
	FORM_EXIT,
	FORM_LDX, /* dst = *(T *)(src + off) */
	FORM_STX, /* *(T *)(dst + off) = src */
	FORM_ST, /* *(T *)(dst + off) = imm */
	FORM_LDPKT, /* R0 = ntoh(*(T *)(packet + imm [+ src])) or exit with 0 */
	FORM_LDIMM, /* dst = 64 bits, whose meaning src gives */
	FORM_ATOMIC, /* lock *(T *)(dst + off) op= src */
	FORM_FETCH, /* src = the old value of the same */
	FORM_CMPXCHG, /* R0 = cmpxchg(dst + off, R0, src) */
	FORM_LDACQ, /* dst = load_acquire(src + off) */
	FORM_STREL, /* store_release(dst + off, src) */
	FORM_CASTAS, /* dst = addr_space_cast(src, imm >> 16, imm & 0xffff) */
};

enum insn_since { SINCE_V1, SINCE_V2, SINCE_V3, SINCE_V4, SINCE_V4x };

/* What is known of an instruction beside what it says. */
enum insn_flag {
	INSN_ARENA = 1 << 0, /* its address is a pointer into the program's arena */
	INSN_KPTR = 1 << 1, /* loads the handle of an object: the pointer is wanted */
	INSN_KNOWN =
		1 << 2, /* loads a field of a struct of the kernel's: off is where it stands here */
	INSN_PROBE = 1 << 3, /* loads from an address that may be bad: then it is 0. For checked
				mode only. */
};

struct insn {
	u8 op; /* enum insn_op */
	u8 dst, src; /* 0..10, as in the raw instruction */
	u8 flags; /* enum insn_flag, from the verifier; 0 from the decoder */
	s32 off; /* memory: byte offset. Branches and local calls: distance in slots from the next slot */
	s64 imm; /* sign-extended; both halves joined for LDIMM forms */
};
static_assert(sizeof(struct insn) == 16, "four to a cache line");

/* What the table says of an opcode; index with enum insn_op. */
struct insn_desc {
	const char *name; /* "ADD64_X" */
	const char *text; /* "+=" */
	u8 code; /* opcode byte */
	u8 sel, form, since; /* enum insn_sel, insn_form, insn_since */
	u8 size; /* bytes of memory that it touches; 0: none */
	u8 is_signed; /* sign-extending load */
	u16 selval;
};
extern const struct insn_desc skep__insn_descs[NR_INSN_OPS];

static inline const struct insn_desc *insn_desc(const struct insn *insn)
{
	return &skep__insn_descs[insn->op];
}

/* Are there two ways on: to the next instruction, and to its target? */
static inline bool insn_branches(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;

	return form == FORM_JMP_X || form == FORM_JMP_K || form == FORM_MAY_GOTO;
}

/* May control go from it to where its `off` leads? (Calls come back.) */
static inline bool insn_jumps(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;

	return insn_branches(insn) || form == FORM_JA || form == FORM_GOTOL;
}

/* May control go on to the next instruction? */
static inline bool insn_falls_through(const struct insn *insn)
{
	u8 form = insn_desc(insn)->form;

	return form != FORM_EXIT && form != FORM_JA && form != FORM_GOTOL;
}

/* Does any instruction have this opcode byte? */
bool skep__insn_code_exists(u8 code);

/*
 * Decodes one raw instruction (raw[0], and raw[1] for 64-bit immediates when left > 1) into *out.
 * Returns the slots it took (1 or 2), or -EINVAL with out->op = OP_INVALID. Reserved fields that must
 * be zero are checked here; register numbers above 10 too. On error *why, if not NULL, is a static
 * sentence in the kernel's words ("BPF_ALU uses reserved fields", "unknown opcode 8f"-style texts are
 * the caller's business, who knows the opcode).
 */
int skep__insn_decode(const struct bpf_insn *raw, u32 left, struct insn *out, const char **why);

#endif
