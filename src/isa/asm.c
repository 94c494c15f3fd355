/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two passes over the lines: the first assembles and notes labels, the second fills in distances. What a line says is
 * recognised by its shape; which opcode that is, the instruction table says (asm_match.c).
 */
#include "isa/asm.h"

#include <ctype.h>
#include <string.h>

#include "isa/asm_line.h"

#define MAX_LABELS 4096

struct label {
	const char *name;
	u32 len, slot;
};

struct assembly {
	struct bpf_insn *out;
	u32 cap, len;
	struct label labels[MAX_LABELS];
	u32 nr_labels;
	struct {
		struct label target; /* slot: the instruction that refers to it */
		bool in_imm;
		u32 line;
	} refs[MAX_LABELS];
	u32 nr_refs;
	u32 line;
	struct strbuf *why;
};

static int wrong(struct assembly *a, const char *what, const char *at, size_t len)
{
	skep__strbuf_printf(a->why, "line %u: %s: %.*s", a->line, what, (int)len, at);
	return -EINVAL;
}

/* "name:" alone on its line. */
static bool is_label(const char *line, size_t len)
{
	if (len < 2 || line[len - 1] != ':')
		return false;
	for (size_t i = 0; i < len - 1; i++) {
		if (!isalnum((unsigned char)line[i]) && line[i] != '_')
			return false;
	}
	return true;
}

static int add_label(struct assembly *a, const char *line, size_t len)
{
	if (a->nr_labels == MAX_LABELS)
		return wrong(a, "too many labels", line, len);
	a->labels[a->nr_labels++] = (struct label){ line, len - 1, a->len };
	return 0;
}

static int add_insn(struct assembly *a, const char *line, size_t len)
{
	struct asm_line parsed;
	u32 slots;

	if (!skep__asm_line(line, len, &parsed))
		return wrong(a, "no instruction looks like this", line, len);
	slots = parsed.is_wide ? 2 : 1;
	if (a->len + slots > a->cap)
		return -E2BIG;
	a->out[a->len] = parsed.insn;
	if (parsed.is_wide)
		a->out[a->len + 1] = (struct bpf_insn){ .imm = parsed.upper };
	if (parsed.label) {
		if (a->nr_refs == MAX_LABELS)
			return wrong(a, "too many jumps to labels", line, len);
		a->refs[a->nr_refs].target =
			(struct label){ parsed.label, parsed.label_len, a->len };
		a->refs[a->nr_refs].in_imm = parsed.label_in_imm;
		a->refs[a->nr_refs++].line = a->line;
	}
	a->len += slots;
	return 0;
}

static int add_line(struct assembly *a, const char *line, size_t len)
{
	const char *comment = memchr(line, '#', len);

	/* "call bpf_x#1" has its number behind a '#' too. */
	while (comment && comment > line && !isspace((unsigned char)comment[-1]))
		comment = memchr(comment + 1, '#', line + len - comment - 1);
	if (comment && !(comment[1] >= '0' && comment[1] <= '9'))
		len = comment - line;
	while (len && isspace((unsigned char)*line))
		line++, len--;
	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (!len)
		return 0;
	return is_label(line, len) ? add_label(a, line, len) : add_insn(a, line, len);
}

static int resolve(struct assembly *a)
{
	for (u32 r = 0; r < a->nr_refs; r++) {
		const struct label *t = &a->refs[r].target;
		u32 l = 0;

		while (l < a->nr_labels &&
		       (a->labels[l].len != t->len || memcmp(a->labels[l].name, t->name, t->len)))
			l++;
		a->line = a->refs[r].line;
		if (l == a->nr_labels)
			return wrong(a, "no such label", t->name, t->len);
		s64 distance = (s64)a->labels[l].slot - t->slot - 1;
		if (a->refs[r].in_imm)
			a->out[t->slot].imm = distance;
		else if (distance == (s16)distance)
			a->out[t->slot].off = distance;
		else
			return wrong(a, "too far for a jump", t->name, t->len);
	}
	return 0;
}

int skep__asm(const char *text, struct bpf_insn *out, u32 cap, struct strbuf *why)
{
	struct assembly a = { .out = out, .cap = cap, .why = why };
	int err = 0;

	while (*text && !err) {
		size_t len = strcspn(text, "\n");

		a.line++;
		err = add_line(&a, text, len);
		text += len + (text[len] == '\n');
	}
	if (!err)
		err = resolve(&a);
	return err ? err : (int)a.len;
}
