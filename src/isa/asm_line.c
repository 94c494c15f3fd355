/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A line is matched against patterns, one for each way an instruction can be written. A pattern is text with holes:
 *
 *	%d %s	a register, r or w, for dst or src		%m	(T *)(rN +off), base register into src
 *	%M	the same, base register into dst		%i	a number for imm
 *	%j	a jump target: pc+N or a label			%o	an operator that the table spells
 *	%x	a register that has to be the first again	%t	a type: u8 ... s64
 *	%h	a number for the upper half of imm		%n	a name that means nothing
 *
 * Blanks in a pattern match any number of blanks. Type, width and operator then choose the row of the table.
 */
#include "isa/asm_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct match {
	u8 dst, src, other;
	bool has_other;
	bool is_w; /* the registers were called w */
	u8 mode;
	s64 off, imm, high;
	bool has_64; /* a number that only a wide load can carry, or that ended in ll */
	const char *op;
	u32 op_len;
	const char *type; /* of a memory operand */
	u32 type_len;
	struct asm_line *out;
};

struct scan {
	const char *at, *end;
};

static void skip_blanks(struct scan *s)
{
	while (s->at < s->end && isspace((unsigned char)*s->at))
		s->at++;
}

static bool scan_char(struct scan *s, char c)
{
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

static bool scan_reg(struct scan *s, u8 *reg, struct match *m)
{
	u32 n = 0, digits = 0;

	if (s->at == s->end || (*s->at != 'r' && *s->at != 'w'))
		return false;
	m->is_w = *s->at++ == 'w';
	for (; s->at < s->end && isdigit((unsigned char)*s->at) && digits < 2; digits++)
		n = n * 10 + (*s->at++ - '0');
	*reg = n;
	return digits && n <= BPF_REG_10 && (s->at == s->end || !isalnum((unsigned char)*s->at));
}

static bool scan_number(struct scan *s, s64 *n)
{
	char text[32], *stop;
	u32 len = 0;

	while (s->at + len < s->end && len < sizeof(text) - 1 &&
	       (isxdigit((unsigned char)s->at[len]) || strchr("+-xX", s->at[len])))
		len++;
	memcpy(text, s->at, len);
	text[len] = '\0';
	if (!len)
		return false;
	*n = *text == '-' ? strtoll(text, &stop, 0) : (s64)strtoull(text, &stop, 0);
	s->at += stop - text;
	return stop != text;
}

static bool scan_word(struct scan *s, const char **word, u32 *len)
{
	*word = s->at;
	while (s->at < s->end && (isalnum((unsigned char)*s->at) || *s->at == '_'))
		s->at++;
	*len = s->at - *word;
	return *len > 0;
}

/* (u32 *)(r1 +4) */
static bool scan_memory(struct scan *s, u8 *base, struct match *m)
{
	bool ok = scan_char(s, '(') && scan_word(s, &m->type, &m->type_len);

	skip_blanks(s);
	ok = ok && scan_char(s, '*') && scan_char(s, ')') && scan_char(s, '(') &&
	     scan_reg(s, base, m) && !m->is_w;
	skip_blanks(s);
	return ok && scan_number(s, &m->off) && scan_char(s, ')') && m->off == (s16)m->off;
}

static bool scan_target(struct scan *s, struct match *m)
{
	const char *word;
	u32 len;

	if (!scan_word(s, &word, &len))
		return false;
	if (len == 2 && !memcmp(word, "pc", 2) && s->at < s->end &&
	    (*s->at == '+' || *s->at == '-'))
		return scan_number(s, &m->off);
	m->out->label = word;
	m->out->label_len = len;
	return true;
}

static bool scan_operator(struct scan *s, struct match *m)
{
	m->op = s->at;
	while (s->at < s->end && !isspace((unsigned char)*s->at) && *s->at != '(')
		s->at++;
	m->op_len = s->at - m->op;
	return m->op_len > 0;
}

static bool scan_imm(struct scan *s, struct match *m)
{
	if (!scan_number(s, &m->imm))
		return false;
	skip_blanks(s);
	m->has_64 = s->end - s->at == 2 && !memcmp(s->at, "ll", 2);
	if (m->has_64)
		s->at += 2;
	m->has_64 |= m->imm != (s32)m->imm && m->imm != (u32)m->imm;
	return true;
}

static bool scan_hole(struct scan *s, char hole, struct match *m)
{
	switch (hole) {
	case 'd':
		return scan_reg(s, &m->dst, m);
	case 's':
		return scan_reg(s, &m->src, m);
	case 'm':
		return scan_memory(s, &m->src, m);
	case 'M':
		return scan_memory(s, &m->dst, m);
	case 'i':
		return scan_imm(s, m);
	case 'j':
		return scan_target(s, m);
	case 'x':
		m->has_other = true;
		return scan_reg(s, &m->other, m);
	case 't':
		return scan_word(s, &m->type, &m->type_len);
	case 'h':
		return scan_number(s, &m->high);
	case 'n':
		return scan_word(s, &m->op, &m->op_len);
	default:
		return scan_operator(s, m);
	}
}

static bool matches(const char *pattern, struct scan s, struct match *m)
{
	for (; *pattern; pattern++) {
		if (*pattern == ' ') {
			skip_blanks(&s);
		} else if (*pattern == '%') {
			if (!scan_hole(&s, *++pattern, m))
				return false;
		} else if (!scan_char(&s, *pattern)) {
			return false;
		}
	}
	return s.at == s.end;
}

/* ---- from a match to a row of the table -------------------------------------------------------- */

static bool is_text(const char *text, const char *word, u32 len)
{
	return strlen(text) == len && !memcmp(text, word, len);
}

static bool is_32(const struct insn_desc *d)
{
	return BPF_CLASS(d->code) == BPF_ALU || BPF_CLASS(d->code) == BPF_JMP32;
}

static u32 bytes_of(const struct match *m)
{
	static const char *const types[] = { "8", "16", "32", "64" };

	for (u32 i = 0; i < ARRAY_SIZE(types) && m->type_len; i++) {
		if (is_text(types[i], m->type + 1, m->type_len - 1))
			return 1u << i;
	}
	return 0;
}

/* Does the row have what the line said of operator, width and type? */
static bool fits(const struct insn_desc *d, enum insn_form form, const struct match *m)
{
	if (d->form != form)
		return false;
	switch (form) {
	case FORM_ALU_X:
	case FORM_ALU_K:
	case FORM_JMP_X:
	case FORM_JMP_K:
		return is_text(d->text, m->op, m->op_len) && is_32(d) == m->is_w;
	case FORM_MOVSX: /* "(s8)" in the table, "s8" on the line */
		return is_32(d) == m->is_w && strlen(d->text) == m->type_len + 2 &&
		       !memcmp(d->text + 1, m->type, m->type_len);
	case FORM_LDIMM:
		return m->has_64 && d->selval == 0;
	case FORM_ALU_1:
		return is_32(d) == m->is_w;
	case FORM_END:
		return is_text(d->text, m->op, m->op_len);
	case FORM_LDX:
		return d->size == bytes_of(m) && d->is_signed == (*m->type == 's');
	case FORM_LDPKT:
		return d->size == bytes_of(m) && *m->type == 'u' && BPF_MODE(d->code) == m->mode;
	case FORM_STX:
	case FORM_ST:
	case FORM_LDACQ:
	case FORM_STREL:
		return d->size == bytes_of(m) && *m->type == 'u';
	default:
		return true;
	}
}

/* "lock ... += r": the operator is that of arithmetic; "atomic64_fetch_add": the table has what follows "atomic64_". */
static bool fits_atomic(const struct insn_desc *d, enum insn_form form, const struct match *m)
{
	static const struct {
		const char *op;
		u16 imm;
	} locks[] = { { "+=", BPF_ADD }, { "|=", BPF_OR }, { "&=", BPF_AND }, { "^=", BPF_XOR } };

	if (d->form != form || d->size != bytes_of(m))
		return false;
	if (form != FORM_ATOMIC)
		return is_text(d->text, m->op, m->op_len);
	for (u32 i = 0; i < ARRAY_SIZE(locks); i++) {
		if (locks[i].imm == d->selval)
			return is_text(locks[i].op, m->op, m->op_len);
	}
	return false;
}

static bool is_atomic(enum insn_form form)
{
	return form == FORM_ATOMIC || form == FORM_FETCH || form == FORM_CMPXCHG;
}

static const struct insn_desc *find(enum insn_form form, struct match *m)
{
	/* atomic64_xchg and atomic_xchg differ by the type as well: only the name behind matters. */
	if (is_atomic(form) && form != FORM_ATOMIC) {
		u32 prefix = m->op_len > 9 && !memcmp(m->op, "atomic64_", 9) ? 9 : 7;

		if (m->op_len <= prefix || memcmp(m->op, "atomic", 6))
			return NULL;
		m->op += prefix;
		m->op_len -= prefix;
	}
	for (u32 op = OP_LDIMM_HI + 1; op < NR_INSN_OPS; op++) {
		const struct insn_desc *d = &skep__insn_descs[op];

		if (is_atomic(form) ? fits_atomic(d, form, m) : fits(d, form, m))
			return d;
	}
	return NULL;
}

/* ---- every way to write an instruction, the more particular first ------------------------------ */

static const struct pattern {
	const char *text;
	u8 form;
	u8 mode; /* FORM_LDPKT: BPF_ABS or BPF_IND */
} patterns[] = {
	{ "exit", FORM_EXIT, 0 },
	{ "goto %j", FORM_JA, 0 },
	{ "gotol %j", FORM_GOTOL, 0 },
	{ "may_goto %j", FORM_MAY_GOTO, 0 },
	{ "if %d %o %s goto %j", FORM_JMP_X, 0 },
	{ "if %d %o %i goto %j", FORM_JMP_K, 0 },
	{ "call #%i", FORM_CALL_HELPER, 0 },
	{ "call %n#%i", FORM_CALL_HELPER, 0 },
	{ "call %j", FORM_CALL_LOCAL, 0 },
	{ "lock *%M %o %s", FORM_ATOMIC, 0 },
	{ "store_release(%M, %s)", FORM_STREL, 0 },
	{ "*%M = %s", FORM_STX, 0 },
	{ "*%M = %i", FORM_ST, 0 },
	{ "r0 = *(%t *)skb[%i]", FORM_LDPKT, BPF_ABS },
	{ "r0 = *(%t *)skb[%s + %i]", FORM_LDPKT, BPF_IND },
	{ "%d = *%m", FORM_LDX, 0 },
	{ "%d = load_acquire(%m)", FORM_LDACQ, 0 },
	{ "r0 = %o(%M, r0, %s)", FORM_CMPXCHG, 0 },
	{ "%s = %o(%M, %x)", FORM_FETCH, 0 },
	{ "%d = addr_space_cast(%s, %h, %i)", FORM_CASTAS, 0 },
	{ "%d = (%t)%s", FORM_MOVSX, 0 },
	{ "%d = -%x", FORM_ALU_1, 0 },
	{ "%d = %o %x", FORM_END, 0 },
	{ "%d = %i", FORM_LDIMM, 0 },
	{ "%d %o %s", FORM_ALU_X, 0 },
	{ "%d %o %i", FORM_ALU_K, 0 },
};

static void encode(const struct pattern *p, const struct insn_desc *d, const struct match *m)
{
	struct asm_line *out = m->out;
	bool far = p->form == FORM_GOTOL || p->form == FORM_CALL_LOCAL; /* the distance is in imm */

	out->insn = (struct bpf_insn){
		.code = d->code,
		.dst_reg = m->dst,
		.src_reg = d->sel == SEL_SRC ? d->selval : m->src,
		.off = d->sel == SEL_OFF ? (s16)d->selval
		       : far             ? 0
					 : m->off,
		.imm = d->sel == SEL_IMM ? (s32)d->selval
		       : far             ? m->off
					 : m->imm,
	};
	if (p->form == FORM_CASTAS)
		out->insn.imm = m->high << 16 | (m->imm & 0xffff);
	out->label_in_imm = far;
	out->is_wide = p->form == FORM_LDIMM;
	out->upper = out->is_wide ? m->imm >> 32 : 0;
}

/* "(b7) r0 = 1": the opcode in front, as the disassembler writes it, tells a wide load from a short one. */
static bool scan_code(struct scan *s, bool *is_wide)
{
	*is_wide = s->end - s->at > 5 && !memcmp(s->at, "(18) ", 5);
	if (s->end - s->at > 5 && s->at[0] == '(' && s->at[3] == ')' &&
	    isxdigit((unsigned char)s->at[1]))
		s->at += 5;
	return s->at < s->end;
}

/* A register that is written twice has to be the same both times. */
static bool same_register(const struct match *m, enum insn_form form)
{
	return !m->has_other || m->other == (form == FORM_FETCH ? m->src : m->dst);
}

bool skep__asm_line(const char *text, size_t len, struct asm_line *out)
{
	struct scan s = { text, text + len };
	bool is_wide;

	if (!scan_code(&s, &is_wide))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		struct match m = { .out = out };
		const struct insn_desc *d;

		*out = (struct asm_line){ 0 };
		if (!matches(patterns[i].text, s, &m) || !same_register(&m, patterns[i].form))
			continue;
		m.mode = patterns[i].mode;
		if (m.has_64 && patterns[i].form != FORM_LDIMM)
			continue;
		m.has_64 |= is_wide;
		d = find(patterns[i].form, &m);
		if (!d)
			continue;
		encode(&patterns[i], d, &m);
		return true;
	}
	return false;
}
