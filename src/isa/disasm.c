/* SPDX-License-Identifier: BSD-2-Clause */
#include "isa/disasm.h"

static const struct disasm_names no_names;

/* Registers are called by the width they are used with. */
static char prefix(const struct insn_desc *d)
{
	u8 cls = BPF_CLASS(d->code);

	return cls == BPF_ALU || cls == BPF_JMP32 ? 'w' : 'r';
}

static const char *memory_type(const struct insn_desc *d)
{
	static const char *const types[2][9] = {
		{ [1] = "u8", [2] = "u16", [4] = "u32", [8] = "u64" },
		{ [1] = "s8", [2] = "s16", [4] = "s32" },
	};

	return types[d->is_signed][d->size];
}

static void put_memory(struct strbuf *out, const struct insn_desc *d, u8 base, s32 off)
{
	skep__strbuf_printf(out, "(%s *)(r%u %+d)", memory_type(d), base, off);
}

static void put_alu(const struct insn *insn, const struct insn_desc *d, struct strbuf *out)
{
	char r = prefix(d);

	switch (d->form) {
	case FORM_ALU_X:
		skep__strbuf_printf(out, "%c%u %s %c%u", r, insn->dst, d->text, r, insn->src);
		break;
	case FORM_ALU_K:
		skep__strbuf_printf(out, "%c%u %s %d", r, insn->dst, d->text, (s32)insn->imm);
		break;
	case FORM_ALU_1:
		skep__strbuf_printf(out, "%c%u = -%c%u", r, insn->dst, r, insn->dst);
		break;
	case FORM_MOVSX:
		skep__strbuf_printf(out, "%c%u = %s%c%u", r, insn->dst, d->text, r, insn->src);
		break;
	case FORM_END:
		skep__strbuf_printf(out, "r%u = %s r%u", insn->dst, d->text, insn->dst);
		break;
	default:
		skep__strbuf_printf(out, "r%u = addr_space_cast(r%u, %u, %u)", insn->dst, insn->src,
				    (u32)insn->imm >> 16, (u16)insn->imm);
	}
}

static void put_access(const struct insn *insn, const struct insn_desc *d, struct strbuf *out)
{
	switch (d->form) {
	case FORM_LDX:
		skep__strbuf_printf(out, "r%u = *", insn->dst);
		put_memory(out, d, insn->src, insn->off);
		break;
	case FORM_STX:
		skep__strbuf_putc(out, '*');
		put_memory(out, d, insn->dst, insn->off);
		skep__strbuf_printf(out, " = r%u", insn->src);
		break;
	case FORM_ST:
		skep__strbuf_putc(out, '*');
		put_memory(out, d, insn->dst, insn->off);
		skep__strbuf_printf(out, " = %d", (s32)insn->imm);
		break;
	case FORM_LDACQ:
		skep__strbuf_printf(out, "r%u = load_acquire(", insn->dst);
		put_memory(out, d, insn->src, insn->off);
		skep__strbuf_putc(out, ')');
		break;
	default:
		skep__strbuf_puts(out, "store_release(");
		put_memory(out, d, insn->dst, insn->off);
		skep__strbuf_printf(out, ", r%u)", insn->src);
	}
}

/* The operator of "lock *p += r" is the one of the arithmetic row with the same code. */
static const char *atomic_operator(u16 imm)
{
	switch (imm) {
	case BPF_ADD:
		return "+=";
	case BPF_OR:
		return "|=";
	case BPF_AND:
		return "&=";
	default:
		return "^=";
	}
}

static void put_atomic(const struct insn *insn, const struct insn_desc *d, struct strbuf *out)
{
	const char *width = d->size == 8 ? "64" : "";

	if (d->form == FORM_ATOMIC) {
		skep__strbuf_puts(out, "lock *");
		put_memory(out, d, insn->dst, insn->off);
		skep__strbuf_printf(out, " %s r%u", atomic_operator(d->selval), insn->src);
		return;
	}
	skep__strbuf_printf(out, "r%u = atomic%s_%s(", d->form == FORM_CMPXCHG ? 0 : insn->src,
			    width, d->text);
	put_memory(out, d, insn->dst, insn->off);
	skep__strbuf_printf(out, d->form == FORM_CMPXCHG ? ", r0, r%u)" : ", r%u)", insn->src);
}

static void put_wide(const struct insn *insn, const struct disasm_names *names, struct strbuf *out)
{
	skep__strbuf_printf(out, "r%u = ", insn->dst);
	if (!names->immediate || !names->immediate(names->opaque, insn, out))
		skep__strbuf_printf(out, "0x%llx", (unsigned long long)insn->imm);
}

static void put_packet(const struct insn *insn, const struct insn_desc *d, struct strbuf *out)
{
	skep__strbuf_printf(out, "r0 = *(%s *)skb[", memory_type(d));
	if (BPF_MODE(d->code) == BPF_IND)
		skep__strbuf_printf(out, "r%u + ", insn->src);
	skep__strbuf_printf(out, "%d]", (s32)insn->imm);
}

static void put_call(const struct insn *insn, u32 index, const struct insn_desc *d,
		     const struct disasm_names *names, struct strbuf *out)
{
	skep__strbuf_puts(out, "call ");
	switch (d->form) {
	case FORM_CALL_HELPER:
		if (!names->helper || !names->helper(names->opaque, insn->imm, out))
			skep__strbuf_puts(out, "unknown");
		skep__strbuf_printf(out, "#%d", (s32)insn->imm);
		break;
	case FORM_CALL_LOCAL:
		skep__strbuf_printf(out, "pc%+d", insn->off);
		if (names->subprog) {
			size_t before = out->len;

			skep__strbuf_putc(out, '#');
			if (!names->subprog(names->opaque, index + 1 + insn->off, out))
				out->text[out->len = before] = '\0';
		}
		break;
	default:
		if (!names->kfunc || !names->kfunc(names->opaque, insn, out))
			skep__strbuf_puts(out, "kernel-function");
	}
}

static void put_jump(const struct insn *insn, const struct insn_desc *d, struct strbuf *out)
{
	char r = prefix(d);

	if (d->form == FORM_JMP_X)
		skep__strbuf_printf(out, "if %c%u %s %c%u goto", r, insn->dst, d->text, r,
				    insn->src);
	else if (d->form == FORM_JMP_K)
		skep__strbuf_printf(out, "if %c%u %s 0x%x goto", r, insn->dst, d->text,
				    (u32)insn->imm);
	else
		skep__strbuf_puts(out, d->text);
	skep__strbuf_printf(out, " pc%+d", insn->off);
}

void skep__disasm(const struct insn *insn, u32 index, const struct disasm_names *names,
		  struct strbuf *out)
{
	const struct insn_desc *d = insn_desc(insn);

	names = names ? names : &no_names;
	skep__strbuf_printf(out, "(%02x) ", d->code);
	switch (d->form) {
	case FORM_ALU_X ... FORM_END:
	case FORM_CASTAS:
		put_alu(insn, d, out);
		break;
	case FORM_JMP_X ... FORM_MAY_GOTO:
		put_jump(insn, d, out);
		break;
	case FORM_CALL_HELPER ... FORM_CALL_KFUNC:
		put_call(insn, index, d, names, out);
		break;
	case FORM_EXIT:
		skep__strbuf_puts(out, "exit");
		break;
	case FORM_LDPKT:
		put_packet(insn, d, out);
		break;
	case FORM_LDIMM:
		put_wide(insn, names, out);
		break;
	case FORM_ATOMIC ... FORM_CMPXCHG:
		put_atomic(insn, d, out);
		break;
	case FORM_NONE:
		skep__strbuf_puts(out, d->name);
		break;
	default:
		put_access(insn, d, out);
	}
}
