/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every arithmetic opcode as machine code against its row in insn.def, for every pair of registers,
 * over edge values, with and without the machine's optional instructions.
 */
#include "cmocka_all.h"
#include "insn_oracle.h"
#include "jit_run.h"

static const u64 values[] = {
	0,
	1,
	2,
	3,
	7,
	8,
	31,
	32,
	33,
	63,
	64,
	0x7f,
	0x80,
	0xff,
	0x7fff,
	0x8000,
	0xffff,
	0x12345678,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x100000000,
	0x8000000000000000,
	0x7fffffffffffffff,
	0xffffffffffffffff,
	0xfffffffffffffff9,
	0xffffffff80000000,
	0x0123456789abcdef,
	0xfedcba9876543210,
};

static const s32 imms[] = {
	0,
	1,
	2,
	3,
	5,
	6,
	7,
	9,
	10,
	14,
	16,
	28,
	31,
	32,
	63,
	64,
	100,
	127,
	128,
	129,
	255,
	256,
	641,
	1000,
	65535,
	65536,
	0x10001,
	1000000007,
	0x40000000,
	0x7fffffff,
	-1,
	-2,
	-3,
	-7,
	-10,
	-127,
	-128,
	-129,
	-256,
	-1000,
	-65536,
	-0x7fffffff,
	-0x7fffffff - 1,
};

static u64 seed = 88172645463325252ull;

static u64 next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

struct compiled {
	struct small_prog p;
	struct insn insns[FRAMED_MAX];
	struct insn insn;
};

static void compile(struct compiled *c, const struct insn *insn, u32 features)
{
	c->insn = *insn;
	small_prog(&c->p, c->insns, frame_insn(c->insns, insn));
	assert_int_equal(skep__jit_compile_for(&c->p.prog, features), 0);
}

static void compare(const struct compiled *c, const u64 reg[11])
{
	u64 expected[11], got[11];

	memcpy(expected, reg, sizeof(expected));
	memcpy(got, reg, sizeof(got));
	oracle_step(&c->insn, expected);
	c->p.prog.jit(got, NULL);
	for (u32 r = 0; r < 10; r++) {
		if (got[r] == expected[r])
			continue;
		fail_msg("%s dst R%u = %#llx, src R%u = %#llx, imm %lld: R%u is %#llx, not %#llx",
			 insn_desc(&c->insn)->name, c->insn.dst,
			 (unsigned long long)reg[c->insn.dst], c->insn.src,
			 (unsigned long long)reg[c->insn.src], (long long)c->insn.imm, r,
			 (unsigned long long)got[r], (unsigned long long)expected[r]);
	}
}

static void over_values(const struct compiled *c)
{
	u64 reg[11];

	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		for (u32 j = 0; j < ARRAY_SIZE(values); j++) {
			for (u32 r = 0; r < 10; r++)
				reg[r] = next_random();
			reg[c->insn.dst] = values[i];
			if (c->insn.src != c->insn.dst)
				reg[c->insn.src] = values[j];
			compare(c, reg);
		}
	}
	for (u32 i = 0; i < 50; i++) {
		for (u32 r = 0; r < 10; r++)
			reg[r] = next_random() >> (next_random() & 63);
		compare(c, reg);
	}
}

static void one(const struct insn *insn, u32 features)
{
	struct compiled c;

	compile(&c, insn, features);
	over_values(&c);
	skep__jit_free(&c.p.prog);
}

static void each_op(u8 form, u32 features)
{
	for (u32 op = 0; op < NR_INSN_OPS; op++) {
		bool has_imm = form == FORM_ALU_K,
		     has_src = form == FORM_ALU_X || form == FORM_MOVSX;

		if (skep__insn_descs[op].form != form)
			continue;
		for (u8 dst = 0; dst < 10; dst++) {
			for (u8 src = 0; src < (has_src ? 10 : 1); src++) {
				for (u32 i = 0; i < (has_imm ? ARRAY_SIZE(imms) : 1); i++) {
					struct insn insn = { .op = op,
							     .dst = dst,
							     .src = src,
							     .imm = has_imm ? imms[i] : 0 };
					one(&insn, features);
				}
			}
		}
	}
}

static void register_arithmetic_is_the_tables(void **state)
{
	each_op(FORM_ALU_X, skep__target_features());
}

static void register_arithmetic_needs_no_optional_instructions(void **state)
{
	each_op(FORM_ALU_X, 0);
}

static void immediate_arithmetic_is_the_tables(void **state)
{
	each_op(FORM_ALU_K, skep__target_features());
}

static void immediate_arithmetic_needs_no_optional_instructions(void **state)
{
	each_op(FORM_ALU_K, 0);
}

static void unary_arithmetic_is_the_tables(void **state)
{
	each_op(FORM_ALU_1, skep__target_features());
	each_op(FORM_MOVSX, skep__target_features());
	each_op(FORM_END, skep__target_features());
}

/* Division by a constant is a multiplication in disguise: many divisors, and what lies around their
 * multiples. */
static void division_by_any_constant_is_exact(void **state)
{
	static const u8 ops[] = { OP_DIV32_K, OP_MOD32_K, OP_DIV64_K, OP_MOD64_K };

	for (u32 i = 0; i < 3000; i++) {
		u32 d = next_random() >> (33 + next_random() % 31);
		struct insn insn = { .op = ops[i % 4], .dst = i / 4 % 10, .imm = d };
		struct compiled c;
		u64 reg[11] = { 0 };

		compile(&c, &insn, skep__target_features());
		for (u32 j = 0; j < 100; j++) {
			reg[insn.dst] = next_random() >> (next_random() & 63);
			if (d && j % 2)
				reg[insn.dst] -= reg[insn.dst] % d + j % 4 / 2;
			compare(&c, reg);
		}
		skep__jit_free(&c.p.prog);
	}
}

static void a_constant_of_any_size_arrives_whole(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		for (u8 dst = 0; dst < 10; dst++) {
			const struct insn wide = { .op = OP_LDIMM64, .dst = dst, .imm = values[i] };
			const struct insn insns[] = {
				wide, { .op = OP_LDIMM_HI }, ALU64_X(MOV, 0, dst), EXIT
			};
			struct small_prog p;

			small_prog(&p, insns, ARRAY_SIZE(insns));
			assert_int_equal(skep__jit_compile(&p.prog), 0);
			assert_int_equal(run_jit(&p.prog, NULL), values[i]);
			skep__jit_free(&p.prog);
		}
	}
}

/* No arena, no second address space: what is left of an address is what both have. */
static void casts_between_address_spaces_keep_32_bits(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(values); i++) {
		for (u8 dst = 0; dst < 10; dst++) {
			const struct insn insns[] = {
				{ .op = OP_LDIMM64, .dst = 1, .imm = values[i] },
				{ .op = OP_LDIMM_HI },
				{ .op = OP_CAST_AS,
				  .dst = dst,
				  .src = 1,
				  .off = 1,
				  .imm = i % 2 ? 1 : 1 << 16 },
				ALU64_X(MOV, 0, dst),
				EXIT,
			};
			struct small_prog p;

			small_prog(&p, insns, ARRAY_SIZE(insns));
			assert_int_equal(skep__jit_compile(&p.prog), 0);
			assert_int_equal(run_jit(&p.prog, NULL), (u32)values[i]);
			skep__jit_free(&p.prog);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_arithmetic_is_the_tables),
		cmocka_unit_test(register_arithmetic_needs_no_optional_instructions),
		cmocka_unit_test(immediate_arithmetic_is_the_tables),
		cmocka_unit_test(immediate_arithmetic_needs_no_optional_instructions),
		cmocka_unit_test(unary_arithmetic_is_the_tables),
		cmocka_unit_test(division_by_any_constant_is_exact),
		cmocka_unit_test(a_constant_of_any_size_arrives_whole),
		cmocka_unit_test(casts_between_address_spaces_keep_32_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
