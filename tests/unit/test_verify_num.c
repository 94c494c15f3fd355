/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The verifier's numbers never lose a value: random numbers with values inside go through
 * operators, casts and comparisons, and the values that come out are inside of what is said of
 * them.
 */
#include "cmocka_all.h"

#include "base/strbuf.h"
#include "isa/insn.h"
#include "verify/num/num.h"

#define ROUNDS 200000

static u64 seed = 0x9e3779b97f4a7c15;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1d;
}

/* Values near where things change: ends of widths, powers of two, small numbers. */
static u64 interesting(void)
{
	static const u64 corners[] = { 0,          INT32_MAX,  UINT32_MAX, INT64_MAX, 1ull << 32,
				       1ull << 63, UINT64_MAX, 255,        65535 };
	u64 r = rnd();

	switch (r % 5) {
	case 0:
		return corners[(r >> 8) % ARRAY_SIZE(corners)] + (r >> 16) % 9 - 4;
	case 1:
		return 1ull << ((r >> 8) % 64);
	case 2:
		return (u64)(s64)(s32)(r >> 32);
	case 3:
		return (r >> 8) % 64;
	default:
		return rnd() >> ((r >> 8) % 64);
	}
}

/* A number that contains x: what survives of knowing it after some of what programs do. */
static void number_around(struct num *n, u64 x)
{
	u64 r = rnd(), other = interesting(), mask = interesting() & rnd();

	skep__num_const(n, x);
	if (r & 1) {
		struct num m;

		skep__num_const(&m, r & 2 ? other : x + (other & 0xff) - 0x80);
		skep__num_join(n, &m);
	}
	if (r & 4) {
		n->bits = (struct tnum){ n->bits.value & ~mask, n->bits.mask | mask };
		skep__num_forget_ranges(n);
	}
	if (r & 8)
		skep__num_forget32(n);
	if (r & 16)
		skep__num_forget64(n);
	if ((r & 0xe0) == 0x20)
		skep__num_unknown(n);
	skep__num_sync(n);
	assert_true(skep__num_contains(n, x));
}

static u64 run_alu(u64 a, u64 b, u8 op, u32 width)
{
	bool is64 = width == 64;

	switch (op) {
	case BPF_ADD:
		a += b;
		break;
	case BPF_SUB:
		a -= b;
		break;
	case BPF_MUL:
		a *= b;
		break;
	case BPF_AND:
		a &= b;
		break;
	case BPF_OR:
		a |= b;
		break;
	case BPF_XOR:
		a ^= b;
		break;
	case BPF_LSH:
		a = is64 ? a << (b & 63) : (u32)a << (b & 31);
		break;
	case BPF_RSH:
		a = is64 ? a >> (b & 63) : (u32)a >> (b & 31);
		break;
	case BPF_ARSH:
		a = is64 ? (u64)((s64)a >> (b & 63)) : (u64)((s32)a >> (b & 31));
		break;
	case BPF_DIV:
		a = is64 ? (b ? a / b : 0) : ((u32)b ? (u32)a / (u32)b : 0);
		break;
	case BPF_MOD:
		a = is64 ? (b ? a % b : a) : ((u32)b ? (u32)a % (u32)b : (u32)a);
		break;
	}
	return is64 ? a : (u32)a;
}

static bool run_jump(u64 a, u64 b, u8 op, u32 width)
{
	s64 sa = width == 64 ? (s64)a : (s32)a, sb = width == 64 ? (s64)b : (s32)b;

	if (width == 32) {
		a = (u32)a;
		b = (u32)b;
	}
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	default:
		return sa <= sb;
	}
}

static const u8 alu_ops[] = { BPF_ADD, BPF_SUB, BPF_MUL,  BPF_AND, BPF_OR, BPF_XOR,
			      BPF_LSH, BPF_RSH, BPF_ARSH, BPF_DIV, BPF_MOD };
static const u8 jump_ops[] = { BPF_JEQ, BPF_JNE,  BPF_JSET, BPF_JGT,  BPF_JGE, BPF_JLT,
			       BPF_JLE, BPF_JSGT, BPF_JSGE, BPF_JSLT, BPF_JSLE };

static void expect_inside(const struct num *n, u64 x, const char *what, u8 op)
{
	struct strbuf sb;

	if (skep__num_contains(n, x) && !skep__num_violation(n))
		return;
	skep__strbuf_init(&sb);
	skep__num_print_bounds(n, &sb);
	print_error("%s %#x: %#llx is not in %s\n", what, op, (unsigned long long)x, sb.text);
	skep__strbuf_fini(&sb);
	fail();
}

static void results_of_arithmetic_are_inside(void **state)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 x = interesting(), y = rnd() & 1 ? interesting() : rnd() % 64;
		u8 op = alu_ops[rnd() % ARRAY_SIZE(alu_ops)];
		u32 width = rnd() & 1 ? 64 : 32;
		struct num a, b;

		number_around(&a, x);
		if (rnd() & 1)
			number_around(&b, y);
		else
			skep__num_const(&b, y);
		skep__num_alu(&a, &b, op, width);
		expect_inside(&a, run_alu(x, y, op, width), "operator", op);
	}
}

static void negated_numbers_are_inside(void **state)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 x = interesting();
		u32 width = rnd() & 1 ? 64 : 32;
		struct num a;

		number_around(&a, x);
		skep__num_neg(&a, width);
		expect_inside(&a, width == 64 ? -x : (u32)-x, "negation", 0);
	}
}

static void casts_keep_the_value_inside(void **state)
{
	static const struct {
		u32 from, to;
	} sx[] = { { 8, 64 }, { 16, 64 }, { 32, 64 }, { 8, 32 }, { 16, 32 } };

	for (u32 i = 0; i < ROUNDS; i++) {
		u64 x = interesting(), k = rnd() % ARRAY_SIZE(sx);
		u32 size = 1u << rnd() % 3, swapped = 2u << rnd() % 3;
		s64 extended = (s64)(x << (64 - sx[k].from)) >> (64 - sx[k].from);
		struct num a, b, c, d;

		number_around(&a, x);
		b = c = d = a;
		skep__num_zero_extend(&a);
		expect_inside(&a, (u32)x, "zero extension", 32);
		skep__num_truncate(&b, size);
		expect_inside(&b, x & UINT64_MAX >> (64 - 8 * size), "truncation", (u8)size);
		skep__num_byte_swap(&d, swapped);
		expect_inside(&d, __builtin_bswap64(x << (64 - 8 * swapped)), "byte swap",
			      (u8)swapped);
		skep__num_movsx(&c, sx[k].from, sx[k].to);
		expect_inside(&c, sx[k].to == 64 ? (u64)extended : (u32)extended, "sign extension",
			      (u8)sx[k].from);
	}
}

static void comparisons_decide_and_teach_what_is_true(void **state)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 x = interesting(), y = rnd() & 1 ? interesting() : x + rnd() % 5 - 2;
		u8 op = jump_ops[rnd() % ARRAY_SIZE(jump_ops)];
		u32 width = rnd() & 1 ? 64 : 32;
		bool really = run_jump(x, y, op, width);
		struct num a, b, ta, tb;
		int taken;

		number_around(&a, x);
		if (rnd() & 1)
			number_around(&b, y);
		else
			skep__num_const(&b, y);
		taken = skep__num_branch_taken(&a, &b, op, width);
		assert_int_equal(taken < 0 ? really : taken, really);
		if (taken >= 0)
			continue;
		ta = a;
		tb = b;
		skep__num_refine(&a, &b, &ta, &tb, op, width);
		expect_inside(really ? &ta : &a, x, "left of comparison", op);
		expect_inside(really ? &tb : &b, y, "right of comparison", op);
	}
}

static void wider_numbers_subsume_narrower_ones(void **state)
{
	for (u32 i = 0; i < ROUNDS; i++) {
		u64 x = interesting();
		struct num a, b, both;

		number_around(&a, x);
		number_around(&b, interesting());
		both = a;
		skep__num_join(&both, &b);
		assert_true(skep__num_subsumes(&both, &a) && skep__num_subsumes(&both, &b));
		assert_true(skep__num_contains(&both, x));
		if (skep__num_subsumes(&b, &a))
			assert_true(skep__num_contains(&b, x));
	}
}

static void expect_printed(const struct num *n, const char *expected)
{
	const char *sep = "";
	struct strbuf sb;

	skep__strbuf_init(&sb);
	skep__num_print(n, &sep, &sb);
	assert_string_equal(sb.text, expected);
	assert_string_equal(sep, expected[0] ? "," : "");
	skep__strbuf_fini(&sb);
}

static void numbers_are_printed_as_the_kernel_logs_them(void **state)
{
	struct num n;

	skep__num_unknown(&n);
	expect_printed(&n, "");
	skep__num_urange(&n, 0, 255);
	expect_printed(&n, "smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff)");
	skep__num_srange(&n, -4, 70000);
	expect_printed(&n, "smin=smin32=-4,smax=smax32=0x11170");
	skep__num_srange(&n, -70000, -1);
	expect_printed(&n, "smin=0xfffffffffffeee90,smax=smax32=-1,umin=0xfffffffffffeee90,"
			   "smin32=umin32=0xfffeee90,var_off=(0xfffffffffffe0000; 0x1ffff)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_of_arithmetic_are_inside),
		cmocka_unit_test(negated_numbers_are_inside),
		cmocka_unit_test(casts_keep_the_value_inside),
		cmocka_unit_test(comparisons_decide_and_teach_what_is_true),
		cmocka_unit_test(wider_numbers_subsume_narrower_ones),
		cmocka_unit_test(numbers_are_printed_as_the_kernel_logs_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
