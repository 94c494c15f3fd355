/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditional jumps in machine code against insn.def, near and far, and what becomes of them beside
 * loads, masks and moves that can be one with the comparison.
 */
#include "cmocka_all.h"
#include "insn_oracle.h"
#include "jit_run.h"

static const u64 values[] = {
	0,
	1,
	2,
	0x7f,
	0x80,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x8000000000000000,
	0x7fffffffffffffff,
	0xffffffffffffffff,
	0xffffffff80000000,
	0xffffffffffffff80,
};

/* Which loads fetch the operands: u64s in memory, of which narrower loads take the lower bytes. */
struct operands {
	u8 dst, src; /* opcodes */
};

static const struct operands whole = { OP_LDXDW, OP_LDXDW };

static struct insn *load_operands(struct insn *p, const struct insn *insn, struct operands how)
{
	if (insn->src != insn->dst && insn_desc(insn)->form == FORM_JMP_X)
		*p++ = (struct insn){ .op = how.src, .dst = insn->src, .src = 1, .off = 8 };
	*p++ = (struct insn){ .op = how.dst, .dst = insn->dst, .src = 1 }; /* it may be R1 itself */
	return p;
}

/* R0 = taken, over `padding` instructions that the jump has to cross. */
static u32 branch_program(struct insn *out, const struct insn *insn, u32 padding,
			  struct operands how)
{
	struct insn *p = load_operands(out, insn, how);

	*p = *insn;
	(p++)->off = 2 + padding;
	*p++ = (struct insn)ALU64_K(MOV, 0, 0);
	*p++ = (struct insn)EXIT;
	for (u32 i = 0; i < padding; i++)
		*p++ = (struct insn)ALU64_K(ADD, 0, 1000000);
	*p++ = (struct insn)ALU64_K(MOV, 0, 1);
	*p++ = (struct insn)EXIT;
	return p - out;
}

static u64 as_loaded(u64 value, u8 op)
{
	u32 size = skep__insn_descs[op].size;

	return size == 8 ? value : value & ((1ull << size * 8) - 1);
}

static void check_program(const struct insn *insns, u32 len, const struct insn *insn,
			  struct operands how)
{
	struct small_prog p;

	small_prog(&p, insns, len);
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	for (u32 i = 0; i < ARRAY_SIZE(values) * ARRAY_SIZE(values); i++) {
		u64 operands[2] = { values[i / ARRAY_SIZE(values)],
				    values[i % ARRAY_SIZE(values)] };
		u64 reg[11] = { 0 };

		reg[insn->src] = as_loaded(operands[1], how.src);
		reg[insn->dst] = as_loaded(operands[0], how.dst);
		if (p.prog.jit(operands, NULL) != oracle_step(insn, reg))
			fail_msg("%s R%u %#llx, R%u %#llx, imm %lld", insn_desc(insn)->name,
				 insn->dst, (unsigned long long)reg[insn->dst], insn->src,
				 (unsigned long long)reg[insn->src], (long long)insn->imm);
	}
	skep__jit_free(&p.prog);
}

static void check_branch(const struct insn *insn, u32 padding, struct operands how)
{
	static struct insn insns[200];

	check_program(insns, branch_program(insns, insn, padding, how), insn, how);
}

static void branches_are_taken_as_the_table_says(void **state)
{
	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		u8 form = skep__insn_descs[op].form;

		if (form != FORM_JMP_X && form != FORM_JMP_K)
			continue;
		for (u8 dst = 0; dst < 10; dst++) {
			for (u32 i = 0; i < (form == FORM_JMP_X ? 10 : ARRAY_SIZE(values)); i++) {
				struct insn insn = { .op = op, .dst = dst };

				if (form == FORM_JMP_K)
					insn.imm = (s32)values[i];
				else
					insn.src = i;
				if (insn.src == 1 && dst != 1)
					continue; /* R1 has the operands' address */
				check_branch(&insn, i % 2 ? 0 : 40, whole);
			}
		}
	}
}

/* Where the operand is loaded only to be compared, memory may be what is compared. */
static void narrow_fields_compare_as_what_they_hold(void **state)
{
	static const u8 loads[] = { OP_LDXB, OP_LDXH, OP_LDXW, OP_LDXDW };

	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		u8 form = skep__insn_descs[op].form;

		if (form != FORM_JMP_X && form != FORM_JMP_K)
			continue;
		for (u32 l = 0; l < 4 * ARRAY_SIZE(values); l++) {
			struct insn insn = { .op = op, .dst = 2 };
			struct operands how = { loads[l % 4], OP_LDXDW };

			if (form == FORM_JMP_K)
				insn.imm = (s32)values[l / 4];
			else
				insn.src = 3 + l / 4 % 2;
			if (l / 4 % 4 == 3)
				how = (struct operands){ how.src, how.dst };
			check_branch(&insn, 0, how);
		}
	}
}

/* r = a; r &= 0xff; if r ...: the lowest byte is what is compared. */
static void masked_bytes_compare_as_what_is_left_of_them(void **state)
{
	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		if (skep__insn_descs[op].form != FORM_JMP_K)
			continue;
		for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
			const struct insn insn = {
				.op = op, .dst = 2, .off = 2, .imm = (s32)values[i]
			};
			const struct insn insns[] = {
				LOAD64(2, 1, 0),
				ALU64_K(AND, 2, 0xff),
				insn,
				ALU64_K(MOV, 0, 0),
				EXIT,
				ALU64_K(MOV, 0, 1),
				EXIT,
			};

			check_program(insns, ARRAY_SIZE(insns), &insn,
				      (struct operands){ OP_LDXB, OP_LDXDW });
		}
	}
}

/* r = 1; if (a op b) goto +1; r = 0: no jump at all, in either sense, beside live registers. */
static void a_truth_value_is_the_comparison(void **state)
{
	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		u8 form = skep__insn_descs[op].form;

		if (form != FORM_JMP_X && form != FORM_JMP_K)
			continue;
		for (u32 i = 0; i < 2 * 8 * ARRAY_SIZE(values); i++) {
			const u8 result = i / 2 % 8, dst = i / 16 % 6, src = (i / 2 + i / 16) % 6;
			const s32 then = i % 2;
			const struct insn jump = { .op = op,
						   .dst = dst == 1 ? 2 : dst,
						   .src = src == 1 ? 3 : src,
						   .off = 1,
						   .imm = form == FORM_JMP_K ? (s32)values[i / 16]
									     : 0 };
			struct insn insns[12], *p = insns;

			*p++ = (struct insn)ALU64_K(MOV, jump.src, 0);
			p = load_operands(p, &jump, whole);
			if (result == jump.dst || (form == FORM_JMP_X && result == jump.src))
				continue;
			*p++ = (struct insn)ALU64_K(MOV, result, then);
			*p++ = jump;
			*p++ = (struct insn)ALU64_K(MOV, result, !then);
			*p++ = (struct insn)ALU64_X(MOV, 0, result);
			if (!then)
				*p++ = (struct insn)ALU64_K(XOR, 0, 1);
			*p++ = (struct insn)EXIT;
			check_program(insns, p - insns, &jump, whole);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_are_taken_as_the_table_says),
		cmocka_unit_test(narrow_fields_compare_as_what_they_hold),
		cmocka_unit_test(masked_bytes_compare_as_what_is_left_of_them),
		cmocka_unit_test(a_truth_value_is_the_comparison),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
