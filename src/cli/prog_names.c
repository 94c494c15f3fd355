/* SPDX-License-Identifier: BSD-2-Clause */
/* The one file of the command that looks at instructions, so the one that has skep's own UAPI
 * header. */
#include "base/uapi.h"

#include "cli/prog_names.h"
#include "helper/proto.h"
#include "isa/disasm.h"

static bool helper_name(void *opaque, u32 number, struct strbuf *out)
{
	const struct helper *helper = skep__helper(number);

	if (helper)
		skep__strbuf_printf(out, "bpf_%s", helper->name);
	return helper != NULL;
}

static bool subprog_name(void *opaque, u32 target, struct strbuf *out)
{
	const char *name = prog_text_func(opaque, target);

	if (name)
		skep__strbuf_puts(out, name);
	return name != NULL;
}

static bool immediate(void *opaque, const struct insn *insn, struct strbuf *out)
{
	switch (insn->op) {
	case OP_LDMAP:
		skep__strbuf_printf(out, "map[id:%u]", (u32)insn->imm);
		return true;
	case OP_LDMAPVAL:
		skep__strbuf_printf(out, "map[id:%u][0]+%u", (u32)insn->imm,
				    (u32)((u64)insn->imm >> 32));
		return true;
	case OP_LDFUNC:
		skep__strbuf_printf(out, "subprog[%+d]", (s32)insn->imm);
		return true;
	default:
		return false;
	}
}

__u32 prog_names_disasm(const struct prog_text *text, const struct bpf_insn *raw, __u32 index,
			__u32 left, struct strbuf *out)
{
	struct disasm_names names = {
		.helper = helper_name,
		.subprog = subprog_name,
		.immediate = immediate,
		.opaque = (void *)text,
	};
	struct insn insn;
	int slots = skep__insn_decode(raw, left, &insn, NULL);

	if (slots < 0) {
		skep__strbuf_printf(out, "(%02x) ???", raw->code);
		return 1;
	}
	skep__disasm(&insn, index, &names, out);
	return slots;
}
