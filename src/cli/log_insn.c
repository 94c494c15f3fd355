/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/log_insn.h"

#include <ctype.h>
#include <stdlib.h>

/* "r7" or "w7" at the beginning: 7. */
static int leading_register(struct span s)
{
	if (s.len < 2 || (s.at[0] != 'r' && s.at[0] != 'w') || !isdigit((unsigned char)s.at[1]))
		return NO_REGISTER;
	return (int)strtol(s.at + 1, NULL, 10);
}

/* The register that stands last in the text. */
static int last_register(struct span s)
{
	for (int i = s.len - 2; i >= 0; i--) {
		if (i && isalnum((unsigned char)s.at[i - 1]))
			continue;
		if (leading_register(span_from(s, i)) != NO_REGISTER)
			return leading_register(span_from(s, i));
	}
	return NO_REGISTER;
}

/* "(u64 *)(r0 +8)" anywhere: size, base and offset. */
static bool read_memory(struct log_insn *insn, struct span text)
{
	int at = span_find(text, "*)(r");
	struct span size;

	if (at < 4)
		return false;
	size = span_from(text, at - 3);
	while (size.at > text.at && size.at[-1] != '(')
		size = (struct span){ size.at - 1, size.len + 1 };
	insn->bytes = atoi(size.at + 1) / 8;
	insn->base = atoi(text.at + at + 4);
	insn->off = atoi(strpbrk(text.at + at + 4, " +-"));
	return true;
}

static void read_access(struct log_insn *insn, struct span text, int equals)
{
	if (span_begins(text, "lock ") || span_find(text, "atomic") >= 0) {
		insn->kind = STEP_ATOMIC;
		insn->dst = leading_register(text);
	} else if (span_begins(text, "*(") || span_begins(text, "store_release")) {
		insn->kind = STEP_STORE;
		insn->src = last_register(span_from(text, equals < 0 ? text.len - 4 : equals + 2));
	} else {
		insn->kind = STEP_LOAD;
		insn->dst = leading_register(text);
	}
}

static void read_computation(struct log_insn *insn, struct span text, int equals)
{
	struct span value = span_from(text, equals + 2);

	insn->dst = leading_register(text);
	insn->src = leading_register(value);
	if (equals != span_find(text, " ") + 1)
		insn->kind = STEP_ALU;
	else if (insn->src != NO_REGISTER)
		insn->kind = STEP_MOVE;
	else if (isdigit((unsigned char)*value.at) || isdigit((unsigned char)value.at[1]))
		insn->kind = STEP_SET;
	else
		insn->kind = STEP_ALU; /* "r1 = -r1", "r1 = be16 r1" */
}

void log_insn_read(struct log_insn *insn, struct span text)
{
	int equals;

	*insn = (struct log_insn){ .dst = NO_REGISTER, .src = NO_REGISTER, .base = NO_REGISTER };
	if (span_find(text, ") ") > 0)
		text = span_from(text, span_find(text, ") ") + 2);
	equals = span_find(text, "= ");
	if (span_begins(text, "call")) {
		insn->kind = STEP_CALL;
		insn->dst = 0;
		insn->callee = span_from(text, span_find(text, " ") + 1);
		if (span_find(insn->callee, "#") >= 0)
			insn->callee.len = span_find(insn->callee, "#");
	} else if (span_is(text, "exit")) {
		insn->kind = STEP_EXIT;
	} else if (span_begins(text, "if ")) {
		insn->kind = STEP_BRANCH;
		insn->base = leading_register(span_from(text, 3));
	} else if (read_memory(insn, text)) {
		read_access(insn, text, equals);
	} else if (leading_register(text) != NO_REGISTER && equals > 0) {
		read_computation(insn, text, equals);
	}
}
