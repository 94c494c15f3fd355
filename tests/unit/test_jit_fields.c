/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields that are read byte by byte: which of them become one load, and that none says anything
 * else. */
#include "cmocka_all.h"
#include "jit_run.h"

struct builder {
	struct insn insns[64];
	u32 len;
};

static void put(struct builder *b, struct insn insn)
{
	b->insns[b->len++] = insn;
}

#define PUT(...) put(b, (struct insn)__VA_ARGS__)
#define LOAD8(d, s, o)                                                                             \
	{                                                                                          \
		.op = OP_LDXB, .dst = (d), .src = (s), .off = (o)                                  \
	}

static const u8 memory[24] = { 0x81, 0x92, 0xa3, 0xb4, 0xc5, 0xd6, 0xe7, 0xf8,
			       0x09, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e, 0x6f, 0x70,
			       0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88 };

/* What the interpreter and machine code, with and without optional instructions, agree on. */
static u64 result_of(const struct builder *b)
{
	struct run run = { .svc = &skep__default_services };
	u64 copy[3], expected;
	struct small_prog p;

	small_prog(&p, b->insns, b->len);
	memcpy(copy, memory, sizeof(copy));
	expected = skep__exec(&run, &p.prog, copy, MODE_INTERP, NULL);
	for (u32 all = 0; all < 2; all++) {
		assert_int_equal(skep__jit_compile_for(&p.prog, all ? skep__target_features() : 0),
				 0);
		memcpy(copy, memory, sizeof(copy));
		assert_int_equal(run_jit(&p.prog, copy), expected);
		skep__jit_free(&p.prog);
	}
	return expected;
}

/* How many loads are left, and the last of them, once fields are merged and the dead is left out.
 */
static u32 loads_left(const struct builder *b, struct insn *last)
{
	struct insn insns[64];
	struct small_prog p;
	struct compilation jit = { .prog = small_prog(&p, insns, b->len), .insns = insns };
	u32 loads = 0;

	memcpy(insns, b->insns, sizeof(insns));
	assert_int_equal(skep__flow_init(&jit.flow, jit.prog), 0);
	assert_int_equal(skep__flow_live(&jit.flow, jit.prog), 0);
	if (skep__merge_fields(&jit))
		skep__flow_live_again(&jit.flow, jit.prog);
	for (u32 i = 0; i < b->len; i++) {
		if (insn_desc(&insns[i])->form != FORM_LDX ||
		    skep__insn_is_dead(&jit.flow, &insns[i], i))
			continue;
		loads++;
		*last = insns[i];
	}
	skep__flow_fini(&jit.flow);
	return loads;
}

/* R0 = the field of `size` bytes at R1 + off, by way of R2; the highest byte first or last. */
static void put_field(struct builder *b, u32 size, s32 off, bool big, bool backwards, bool wide)
{
	for (u32 n = 0; n < size; n++) {
		u32 i = backwards ? size - 1 - n : n, shift = 8 * (big ? size - 1 - i : i);
		u8 r = n ? 2 : 0;

		PUT(LOAD8(r, 1, off + (s32)i));
		if (shift)
			PUT({ .op = wide ? OP_LSH64_K : OP_LSH32_K, .dst = r, .imm = shift });
		if (n)
			PUT({ .op = wide ? OP_OR64_X : OP_OR32_X, .dst = 0, .src = 2 });
	}
}

static void a_field_of_bytes_is_one_load(void **state)
{
	for (u32 form = 0; form < 3 * 2 * 2 * 2 * 8; form++) {
		u32 size = 2 << form % 3, off = form / 24;
		bool big = form / 3 % 2, backwards = form / 6 % 2,
		     wide = size == 8 || form / 12 % 2;
		struct builder builder = { .len = 0 }, *b = &builder;
		struct insn load;
		u64 field = 0;

		put_field(b, size, off, big, backwards, wide);
		PUT(EXIT);
		for (u32 i = 0; i < size; i++)
			field |= (u64)memory[off + i] << 8 * (big ? size - 1 - i : i);
		assert_int_equal(result_of(b), field);
		assert_int_equal(loads_left(b, &load), 1);
		assert_int_equal(insn_desc(&load)->size, size);
		assert_int_equal(load.off, off);
		assert_int_equal(load.imm, big ? size : 0);
	}
}

static void a_load_and_a_change_of_order_are_one_load(void **state)
{
	static const struct {
		u8 load, swap;
		u32 size;
	} pairs[] = { { OP_LDXH, OP_BE16, 2 },    { OP_LDXW, OP_BE32, 4 },
		      { OP_LDXDW, OP_BE64, 8 },   { OP_LDXH, OP_BSWAP16, 2 },
		      { OP_LDXW, OP_BSWAP32, 4 }, { OP_LDXDW, OP_BSWAP64, 8 },
		      { OP_LDXH, OP_BE32, 4 },    { OP_LDXW, OP_BE64, 8 } };

	for (u32 i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct builder builder = { .len = 0 }, *b = &builder;
		struct insn load;

		PUT({ .op = pairs[i].load, .dst = 0, .src = 1, .off = 3 });
		PUT({ .op = pairs[i].swap, .dst = 0 });
		PUT(EXIT);
		result_of(b);
		assert_int_equal(loads_left(b, &load), 1);
		assert_int_equal(load.imm, pairs[i].size);
	}
}

/* The upper two bytes of four, and no third: the other two are not there to be read. */
static void no_byte_is_read_that_the_program_does_not_read(void **state)
{
	struct builder builder = { .len = 0 }, *b = &builder;
	struct insn load;

	put_field(b, 3, 5, true, false, false);
	PUT({ .op = OP_LSH32_K, .dst = 0, .imm = 8 });
	PUT(EXIT);
	assert_int_equal(result_of(b), (u32)memory[5] << 24 | memory[6] << 16 | memory[7] << 8);
	assert_true(loads_left(b, &load) > 1);
}

/* The lower byte at `off` of one base, the upper one from another place, with something in between.
 */
enum obstacle {
	STORE,
	ATOMIC,
	LABEL,
	BASE_CHANGED,
	BASE_LOADED,
	OTHER_BASE,
	NOT_BESIDE,
	ODD_SHIFT,
	SIGNED,
	OVERLAP,
	STILL_WANTED,
	NR_OBSTACLES
};

static void put_obstructed(struct builder *b, enum obstacle what)
{
	PUT(ALU64_X(MOV, 3, 1));
	PUT(ALU64_K(MOV, 4, 1));
	if (what == OTHER_BASE)
		PUT(ALU64_K(ADD, 3, 4));
	PUT(LOAD8(0, 1, 2));
	if (what == LABEL)
		PUT({ .op = OP_JEQ64_K, .dst = 0, .imm = 0x55, .off = 2 });
	PUT({ .op = what == SIGNED ? OP_LDXSB : OP_LDXB,
	      .dst = 2,
	      .src = what == OTHER_BASE ? 3 : 1,
	      .off = what == NOT_BESIDE ? 4 : 3 });
	PUT({ .op = OP_LSH64_K, .dst = 2, .imm = what == ODD_SHIFT ? 9 : what == OVERLAP ? 0 : 8 });
	if (what == STORE)
		PUT({ .op = OP_STB, .dst = 1, .off = 2, .imm = 7 });
	if (what == ATOMIC)
		PUT({ .op = OP_AADD64, .dst = 1, .src = 4 });
	if (what == BASE_CHANGED)
		PUT(ALU64_K(ADD, 1, 1));
	if (what == BASE_LOADED)
		PUT(LOAD64(1, 1, 0));
	PUT(ALU64_X(OR, 0, 2));
	if (what == STILL_WANTED)
		PUT(ALU64_X(MUL, 0, 2));
	PUT(EXIT);
}

static void what_is_not_one_field_stays_as_it_is(void **state)
{
	for (u32 what = 0; what < NR_OBSTACLES; what++) {
		struct builder builder = { .len = 0 }, *b = &builder;
		struct insn load;

		put_obstructed(b, what);
		result_of(b);
		assert_true(loads_left(b, &load) >= 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_field_of_bytes_is_one_load),
		cmocka_unit_test(a_load_and_a_change_of_order_are_one_load),
		cmocka_unit_test(no_byte_is_read_that_the_program_does_not_read),
		cmocka_unit_test(what_is_not_one_field_stays_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
