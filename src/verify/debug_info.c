/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * func_info and line_info: which function an instruction starts, which source line it came from. Checked
 * against the subprograms as the kernel does, and turned into names and lines for reports.
 */
#include <string.h>

#include "base/alloc.h"
#include "verify/passes.h"

static int check_func(struct prep *p, u32 i)
{
	const struct bpf_func_info *info = (const struct bpf_func_info *)p->in->func_info + i;
	const struct btf_type *t = skep__btf_type(p->in->btf, info->type_id);

	if (i == 0 && info->insn_off)
		return skep__prep_fail(p, -EINVAL,
				       "nonzero insn_off %u for the first func info record",
				       info->insn_off);
	if (i > 0 && info->insn_off <= info[-1].insn_off)
		return skep__prep_fail(
			p, -EINVAL,
			"same or smaller insn offset (%u) than previous func info record (%u)",
			info->insn_off, info[-1].insn_off);
	if (!t || btf_kind(t) != BTF_KIND_FUNC)
		return skep__prep_fail(p, -EINVAL, "invalid type id %d in func info",
				       info->type_id);
	if (p->subprogs[i].start != info->insn_off)
		return skep__prep_fail(
			p, -EINVAL,
			"func_info BTF section doesn't match subprog layout in BPF program\n");
	p->subprogs[i].name = skep__btf_name(p->in->btf, t);
	return 0;
}

static int check_funcs(struct prep *p)
{
	int err = 0;

	if (!p->in->nr_func_info)
		return 0;
	if (p->in->nr_func_info != p->nr_subprogs)
		return skep__prep_fail(
			p, -EINVAL,
			"number of funcs in func_info doesn't match number of subprogs\n");
	for (u32 i = 0; i < p->nr_subprogs && !err; i++)
		err = check_func(p, i);
	return err;
}

static int check_line(struct prep *p, u32 i, u32 *prev)
{
	const struct bpf_line_info *info = (const struct bpf_line_info *)p->in->line_info + i;
	const char *text = skep__btf_str(p->in->btf, info->line_off);
	const char *file = skep__btf_str(p->in->btf, info->file_name_off);

	if ((i && info->insn_off <= *prev) || info->insn_off >= p->len)
		return skep__prep_fail(
			p, -EINVAL,
			"Invalid line_info[%u].insn_off:%u (prev_offset:%u prog->len:%u)\n", i,
			info->insn_off, *prev, p->len);
	if (!p->in->insns[info->insn_off].code)
		return skep__prep_fail(p, -EINVAL, "Invalid insn code at line_info[%u].insn_off\n",
				       i);
	if (!text || !file)
		return skep__prep_fail(p, -EINVAL,
				       "Invalid line_info[%u].line_off or .file_name_off\n", i);
	*prev = info->insn_off;
	p->lines[p->nr_lines++] = (struct prog_line){
		.insn = info->insn_off,
		.line = info->line_col >> 10,
		.column = info->line_col & 0x3ff,
		.file = file,
		.text = text + strspn(text, " \t"),
	};
	return 0;
}

/* Every subprogram must begin with a line of its own, so that reports never name another's. */
static int check_line_starts(struct prep *p)
{
	u32 line = 0;

	for (u32 s = 0; s < p->nr_subprogs; s++) {
		while (line < p->nr_lines && p->lines[line].insn < p->subprogs[s].start)
			line++;
		if (line == p->nr_lines || p->lines[line].insn != p->subprogs[s].start)
			return skep__prep_fail(p, -EINVAL, "missing bpf_line_info for func#%u\n",
					       s);
	}
	return 0;
}

static int check_lines(struct prep *p)
{
	u32 prev = 0;
	int err = 0;

	if (!p->in->nr_line_info)
		return 0;
	p->lines = skep__zalloc_array(p->in->nr_line_info, sizeof(*p->lines));
	if (!p->lines)
		return -ENOMEM;
	for (u32 i = 0; i < p->in->nr_line_info && !err; i++)
		err = check_line(p, i, &prev);
	return err ? err : check_line_starts(p);
}

int skep__prep_debug_info(struct prep *p)
{
	int err = 0;

	if (p->in->btf)
		err = check_funcs(p);
	if (!err && p->in->btf)
		err = check_lines(p);
	return err;
}
