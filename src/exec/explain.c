/* SPDX-License-Identifier: BSD-2-Clause */
/* What a run stopped at, told to people: the program, the instruction, its source line, and why. */
#include <string.h>

#include "exec/exec.h"
#include "helper/proto.h"
#include "isa/disasm.h"

const struct prog_line *skep__prog_line(const struct prog *prog, u32 insn)
{
	const struct prog_line *found = NULL;
	u32 from = 0, to = prog->nr_lines;

	while (from < to) {
		u32 mid = from + (to - from) / 2;

		if (prog->lines[mid].insn <= insn) {
			found = &prog->lines[mid];
			from = mid + 1;
		} else {
			to = mid;
		}
	}
	return found;
}

static const struct subprog *subprog_of(const struct prog *prog, u32 insn)
{
	for (u32 i = 0; i < prog->nr_subprogs; i++) {
		if (insn >= prog->subprogs[i].start && insn < prog->subprogs[i].end)
			return &prog->subprogs[i];
	}
	return NULL;
}

static bool helper_name(void *opaque, u32 number, struct strbuf *out)
{
	const struct helper *helper = skep__helper(number);

	if (helper)
		skep__strbuf_printf(out, "bpf_%s", helper->name);
	return helper;
}

static void where(const struct prog *prog, u32 insn, struct strbuf *out)
{
	const struct disasm_names names = { .helper = helper_name };
	const struct prog_line *line = skep__prog_line(prog, insn);

	if (insn < prog->len) {
		skep__strbuf_printf(out, "  %4u: ", insn);
		skep__disasm(&prog->insns[insn], insn, &names, out);
		skep__strbuf_putc(out, '\n');
	}
	if (!line)
		return;
	skep__strbuf_printf(out, "  at %s:%u", line->file ? line->file : "?", line->line);
	if (line->column)
		skep__strbuf_printf(out, ":%u", line->column);
	if (line->text)
		skep__strbuf_printf(out, ": %.*s", (int)strcspn(line->text, "\n"), line->text);
	skep__strbuf_putc(out, '\n');
}

void skep__exec_explain(const struct exec_fault *fault, struct strbuf *out)
{
	const struct prog *prog = fault->prog;
	const struct subprog *subprog;

	if (!fault->set)
		return;
	subprog = subprog_of(prog, fault->insn);
	skep__strbuf_printf(out, "program '%.*s' (id %u)", (int)sizeof(prog->name), prog->name,
			    prog->id);
	if (subprog && subprog->name)
		skep__strbuf_printf(out, ", function %s", subprog->name);
	skep__strbuf_printf(out, ", instruction %u: %s\n", fault->insn, fault->what);
	where(prog, fault->insn, out);
	if (fault->addr)
		skep__strbuf_printf(out, "  address 0x%llx\n", (unsigned long long)fault->addr);
}
