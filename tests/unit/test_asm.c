/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmocka_all.h"

#include <string.h>

#include "isa/asm.h"
#include "isa/disasm.h"

static int assemble(const char *text, struct bpf_insn *out, u32 cap, char *why, size_t why_size)
{
	struct strbuf sb;

	skep__strbuf_fixed(&sb, why, why_size);
	return skep__asm(text, out, cap, &sb);
}

/* A raw instruction of the row, with operands that make a valid one. */
static struct bpf_insn sample(const struct insn_desc *d)
{
	struct bpf_insn raw = { .code = d->code, .dst_reg = 3, .src_reg = 7, .off = 4, .imm = 21 };
	bool uses_off = d->form >= FORM_JMP_X && d->form != FORM_GOTOL && d->form != FORM_LDPKT &&
			d->form != FORM_LDIMM && d->form != FORM_EXIT && d->form != FORM_CASTAS &&
			!(d->form >= FORM_CALL_HELPER && d->form <= FORM_CALL_KFUNC);
	bool uses_imm = d->form == FORM_ALU_K || d->form == FORM_JMP_K || d->form == FORM_ST ||
			d->form == FORM_GOTOL || d->form == FORM_LDPKT || d->form == FORM_LDIMM ||
			d->form == FORM_CASTAS ||
			(d->form >= FORM_CALL_HELPER && d->form <= FORM_CALL_KFUNC);
	bool no_src = d->form == FORM_ALU_K || d->form == FORM_ALU_1 || d->form == FORM_END ||
		      d->form == FORM_JMP_K || d->form == FORM_ST ||
		      (d->form >= FORM_JA && d->form <= FORM_EXIT) || BPF_MODE(d->code) == BPF_ABS;
	bool no_dst = (d->form >= FORM_JA && d->form <= FORM_EXIT) || d->form == FORM_LDPKT;

	raw.off = d->sel == SEL_OFF ? (s16)d->selval : uses_off ? raw.off : 0;
	raw.imm = d->sel == SEL_IMM ? (s32)d->selval : uses_imm ? raw.imm : 0;
	if (d->form == FORM_CASTAS)
		raw.imm = 1 << 16;
	raw.src_reg = d->sel == SEL_SRC ? d->selval : no_src ? 0 : raw.src_reg;
	raw.dst_reg = no_dst ? 0 : raw.dst_reg;
	return raw;
}

static void what_the_disassembler_writes_the_assembler_reads(void **state)
{
	char why[256];

	for (u32 op = OP_LDIMM_HI + 1; op < NR_INSN_OPS; op++) {
		const struct insn_desc *d = &skep__insn_descs[op];
		struct bpf_insn raw[2] = { sample(d) }, again[2];
		struct strbuf text;
		struct insn insn;

		/* Maps, functions and kfuncs have no notation for their numbers. */
		if ((d->form == FORM_LDIMM && d->selval) || d->form == FORM_CALL_KFUNC)
			continue;
		raw[1].imm = 0x1234;
		assert_true(skep__insn_decode(raw, 2, &insn, NULL) > 0);
		assert_int_equal(insn.op, op);
		skep__strbuf_init(&text);
		skep__disasm(&insn, 0, NULL, &text);
		int slots = assemble(text.text, again, 2, why, sizeof(why));
		if (slots < 0)
			fail_msg("%s: %s: %s", d->name, text.text, why);
		assert_int_equal(slots, d->form == FORM_LDIMM ? 2 : 1);
		if (memcmp(raw, again, slots * sizeof(raw[0])))
			fail_msg("%s: %s: code %02x became %02x", d->name, text.text, raw[0].code,
				 again[0].code);
		skep__strbuf_fini(&text);
	}
}

static void labels_become_distances(void **state)
{
	struct bpf_insn out[16];
	char why[256];
	const char *text = "	r0 = 0	# counts\n"
			   "again:\n"
			   "	r0 += 1\n"
			   "	r1 = 0x1122334455667788 ll\n"
			   "	if r0 < 10 goto again\n"
			   "	call sub\n"
			   "	gotol end\n"
			   "sub:\n"
			   "	call bpf_ktime_get_ns#5\n"
			   "	exit\n"
			   "end:\n"
			   "	exit\n";

	assert_int_equal(assemble(text, out, 16, why, sizeof(why)), 10);
	assert_int_equal(out[2].imm, 0x55667788);
	assert_int_equal(out[3].imm, 0x11223344);
	assert_int_equal(out[4].off, -4);
	assert_int_equal(out[5].imm, 1);
	assert_int_equal(out[6].imm, 2);
	assert_int_equal(out[7].imm, 5);
}

static void mistakes_name_their_line(void **state)
{
	struct bpf_insn out[4];
	char why[256];

	assert_int_equal(assemble("r0 = 1\nr0 <> r1\nexit\n", out, 4, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "line 2: no instruction looks like this: r0 <> r1");
	assert_int_equal(assemble("goto nowhere\n", out, 4, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "line 1: no such label: nowhere");
	assert_int_equal(assemble("r11 = 1\n", out, 4, why, sizeof(why)), -EINVAL);
	assert_int_equal(assemble("exit\nexit\nexit\nexit\nexit\n", out, 4, why, sizeof(why)),
			 -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_disassembler_writes_the_assembler_reads),
		cmocka_unit_test(labels_become_distances),
		cmocka_unit_test(mistakes_name_their_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
