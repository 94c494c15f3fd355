/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/prog_text.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/prog_names.h"

struct prog_text {
	struct bpf_prog_info info;
	struct bpf_insn *insns;
	struct bpf_line_info *lines;
	struct bpf_func_info *funcs;
	struct btf *btf; /* NULL: the program has none */
};

static bool read_info(struct prog_text *t, int fd)
{
	struct bpf_prog_info sizes = { 0 };
	__u32 len = sizeof(sizes);

	if (bpf_obj_get_info_by_fd(fd, &sizes, &len))
		return false;
	t->insns = calloc(1, sizes.xlated_prog_len + 1);
	t->lines = calloc(sizes.nr_line_info + 1, sizeof(*t->lines));
	t->funcs = calloc(sizes.nr_func_info + 1, sizeof(*t->funcs));
	if (!t->insns || !t->lines || !t->funcs)
		return false;
	t->info = (struct bpf_prog_info){
		.xlated_prog_len = sizes.xlated_prog_len,
		.xlated_prog_insns = (__u64)(unsigned long)t->insns,
		.nr_line_info = sizes.nr_line_info,
		.line_info_rec_size = sizeof(*t->lines),
		.line_info = (__u64)(unsigned long)t->lines,
		.nr_func_info = sizes.nr_func_info,
		.func_info_rec_size = sizeof(*t->funcs),
		.func_info = (__u64)(unsigned long)t->funcs,
	};
	len = sizeof(t->info);
	return bpf_obj_get_info_by_fd(fd, &t->info, &len) == 0;
}

/* Calls of subprograms are shown with the function's number in imm, and as much of the distance as
 * fits in off: back to how they are written. */
static void restore_calls(struct prog_text *t)
{
	for (__u32 i = 0; i < t->info.xlated_prog_len / sizeof(*t->insns); i++) {
		struct bpf_insn *insn = &t->insns[i];

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg != BPF_PSEUDO_CALL)
			continue;
		if ((__u32)insn->imm < t->info.nr_func_info)
			insn->imm = (__s32)(t->funcs[insn->imm].insn_off - i - 1);
		else
			insn->imm = insn->off;
		insn->off = 0;
	}
}

struct prog_text *prog_text_new(int prog_fd)
{
	struct prog_text *t = calloc(1, sizeof(*t));

	if (!t || !read_info(t, prog_fd)) {
		prog_text_free(t);
		return NULL;
	}
	restore_calls(t);
	if (t->info.btf_id)
		t->btf = btf__load_from_kernel_by_id(t->info.btf_id);
	return t;
}

void prog_text_free(struct prog_text *t)
{
	if (!t)
		return;
	btf__free(t->btf);
	free(t->insns);
	free(t->lines);
	free(t->funcs);
	free(t);
}

static const char *string(const struct prog_text *t, __u32 off)
{
	const char *s = t->btf ? btf__name_by_offset(t->btf, off) : NULL;

	return s ? s : "";
}

const char *prog_text_func_at(const struct prog_text *t, unsigned int n)
{
	const struct btf_type *f;

	if (n >= t->info.nr_func_info)
		return NULL;
	f = t->btf ? btf__type_by_id(t->btf, t->funcs[n].type_id) : NULL;
	return f ? string(t, f->name_off) : NULL;
}

const char *prog_text_func(const struct prog_text *t, __u32 insn)
{
	for (__u32 i = 0; i < t->info.nr_func_info; i++) {
		if (t->funcs[i].insn_off == insn)
			return prog_text_func_at(t, i);
	}
	return NULL;
}

static void print_line(const struct prog_text *t, const struct bpf_line_info *line,
		       struct strbuf *out)
{
	const char *text = string(t, line->line_off), *file = string(t, line->file_name_off);

	text += strspn(text, " \t");
	if (*text)
		skep__strbuf_printf(out, "; %s @ %s:%u\n", text,
				    strrchr(file, '/') ? strrchr(file, '/') + 1 : file,
				    line->line_col >> 10);
}

void prog_text_print(const struct prog_text *t, struct strbuf *out)
{
	__u32 count = t->info.xlated_prog_len / sizeof(*t->insns), line = 0;

	for (__u32 i = 0; i < count;) {
		const char *func = prog_text_func(t, i);

		if (func && i)
			skep__strbuf_printf(out, "%s:\n", func);
		for (; line < t->info.nr_line_info && t->lines[line].insn_off <= i; line++)
			print_line(t, &t->lines[line], out);
		skep__strbuf_printf(out, "%4u: ", i);
		i += prog_names_disasm(t, &t->insns[i], i, count - i, out);
		skep__strbuf_putc(out, '\n');
	}
}
