/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One harness for each function of the number domain: whatever values the operands contain, the
 * result contains what the machine computes of them. The sources are part of this file, so that
 * parts that are not called from outside are proved too.
 */
#include "prove.h"

#include "verify/num/tnum.c"

#include "verify/num/range.c"

#include "verify/num/num.c"

/* What prove_bits_next() proves of it, and no more: the others rest on that. */
static u64 next_by_contract(struct tnum a, u64 from)
{
	u64 next = nondet_u64(), x = witness();

	if (a.value & a.mask)
		return next;
	ASSUME(tnum_contains(a, next));
	ASSUME(!tnum_contains(a, x) || x <= from || next <= x);
	ASSUME(next > from || from >= tnum_max(a));
	return next;
}
#define tnum_next next_by_contract
#include "verify/num/sync.c"
#undef tnum_next

#include "verify/num/cast.c"

/* What prove_meet_bits() proves of it: values stay. */
static void meet_bits_by_contract(struct num *n);
#define skep__num_meet_bits meet_bits_by_contract
#include "verify/num/alu.c"
#undef skep__num_meet_bits

#include "verify/num/branch.c"

#include "verify/num/refine.c"

#include "verify/num/compare.c"

static struct tnum any_bits(u64 x)
{
	struct tnum t = { nondet_u64(), nondet_u64() };

	ASSUME(!(t.value & t.mask));
	ASSUME(tnum_contains(t, x));
	return t;
}

static struct range any_range(u64 x, u32 width)
{
	struct range r = { as_signed(nondet_u64(), width), as_signed(nondet_u64(), width),
			   as_unsigned(nondet_u64(), width), as_unsigned(nondet_u64(), width) };

	ASSUME(range_contains(&r, x, width));
	return r;
}

/* Any number that contains x. */
static struct num any_num(u64 x)
{
	struct range full = any_range(x, 64), low = any_range(x, 32);
	struct num n;

	n.bits = any_bits(x);
	num_set_range(&n, &full, 64);
	num_set_range(&n, &low, 32);
	return n;
}

/* Bound by bound: each is a question of its own. */
static void assert_in_range(const struct range *r, u64 x, u32 width)
{
	ASSERT(r->umin <= as_unsigned(x, width));
	ASSERT(as_unsigned(x, width) <= r->umax);
	ASSERT(r->smin <= as_signed(x, width));
	ASSERT(as_signed(x, width) <= r->smax);
}
static void assert_contains(const struct num *n, u64 x)
{
	struct range full = num_range(n, 64), low = num_range(n, 32);

	ASSERT(tnum_contains(n->bits, x));
	assert_in_range(&full, x, 64);
	assert_in_range(&low, x, 32);
}

static u64 signed_shift(u64 x, u32 n, u32 width)
{
	return as_unsigned((u64)(as_signed(x, width) >> n), width);
}

static void meet_bits_by_contract(struct num *n)
{
	u64 x = witness();
	bool inside = skep__num_contains(n, x);
	struct num less = { { nondet_u64(), nondet_u64() },
			    (s64)nondet_u64(),
			    (s64)nondet_u64(),
			    nondet_u64(),
			    nondet_u64(),
			    (s32)nondet_u64(),
			    (s32)nondet_u64(),
			    (u32)nondet_u64(),
			    (u32)nondet_u64() };

	ASSUME(!inside || skep__num_contains(&less, x));
	*n = less;
}

static u32 any_below(u32 limit)
{
	u64 n = nondet_u64();

	ASSUME(n < limit);
	return (u32)n;
}

/* Known bits. */
#define BITS(name, function, result)                                                               \
	void prove_bits_##name(void)                                                               \
	{                                                                                          \
		u64 x = nondet_u64(), y = nondet_u64();                                            \
		struct tnum a = any_bits(x), b = any_bits(y), r = function(a, b);                  \
                                                                                                   \
		ASSERT(!(r.value & r.mask) && tnum_contains(r, result));                           \
	}
BITS(add, skep__tnum_add, x + y)
BITS(sub, skep__tnum_sub, x - y)
BITS(and, skep__tnum_and, x &y)
BITS(or, skep__tnum_or, x | y)
BITS(xor, skep__tnum_xor, x ^ y)
BITS(union, skep__tnum_union, x)

/*
 * A product, one turn of its loop: x * y = (x & 1) * y + (x >> 1) * (y << 1), and the loop ends
 * when x can only be 0. That the operands of the next turn are right is among what is proved of
 * shifts.
 */
void prove_bits_mul(void)
{
	u64 x = nondet_u64(), y = nondet_u64(), sum = nondet_u64();
	struct tnum a = any_bits(x), b = any_bits(y), r = add_by_lowest_bit(any_bits(sum), a, b);

	ASSERT(!(r.value & r.mask) && tnum_contains(r, x & 1 ? sum + y : sum));
	ASSERT(a.value | a.mask || !x);
}

void prove_bits_shifts(void)
{
	u64 x = nondet_u64();
	struct tnum a = any_bits(x);
	u32 n = any_below(64);

	ASSERT(tnum_contains(skep__tnum_shl(a, n), x << n));
	ASSERT(tnum_contains(skep__tnum_shr(a, n), x >> n));
	ASSERT(tnum_contains(skep__tnum_sar(a, n, 64), signed_shift(x, n, 64)));
	if (n < 32)
		ASSERT(tnum_contains(skep__tnum_sar(a, n, 32), signed_shift(x, n, 32)));
}
void prove_bits_range(void)
{
	u64 umin = nondet_u64(), umax = nondet_u64(), x = nondet_u64();

	ASSUME(umin <= x && x <= umax);
	ASSERT(tnum_contains(tnum_range(umin, umax), x));
}
void prove_bits_intersect(void)
{
	u64 x = nondet_u64();
	struct tnum a = any_bits(x), b = any_bits(x);

	ASSERT(tnum_contains(tnum_intersect(a, b), x) && tnum_overlap(a, b));
}
void prove_bits_next(void)
{
	u64 x = nondet_u64(), from = nondet_u64(), next;
	struct tnum a = any_bits(x);

	next = tnum_next(a, from);
	ASSERT(tnum_contains(a, next)); /* a member, */
	ASSERT(x <= from || next <= x); /* the first above, */
	ASSERT(next > from || from >= tnum_max(a)); /* if there is one */
}

/* Ranges. */
#define RANGE(name, width, function, result)                                                       \
	void prove_range_##name(void)                                                              \
	{                                                                                          \
		u64 x = nondet_u64(), y = nondet_u64();                                            \
		struct range a = any_range(x, width), b = any_range(y, width);                     \
                                                                                                   \
		function(&a, &b, width);                                                           \
		assert_in_range(&a, result, width);                                                \
	}
RANGE(add64, 64, skep__range_add, x + y)
RANGE(add32, 32, skep__range_add, x + y)
RANGE(sub64, 64, skep__range_sub, x - y)
RANGE(sub32, 32, skep__range_sub, x - y)
RANGE(mul, 6, skep__range_mul, as_unsigned(x, 6) * as_unsigned(y, 6))

void prove_range_signs64(void)
{
	u64 x = nondet_u64();
	struct range r = any_range(x, 64);

	range_meet_signs(&r, 64);
	assert_in_range(&r, x, 64);
}
void prove_range_signs32(void)
{
	u64 x = nondet_u64();
	struct range r = any_range(x, 32);

	range_meet_signs(&r, 32);
	assert_in_range(&r, x, 32);
}

/* Numbers. */
void prove_meet_bits64(void)
{
	u64 x = nondet_u64();
	struct range r = any_range(x, 64);

	range_meet_bits(&r, any_bits(x), 64);
	assert_in_range(&r, x, 64);
}
void prove_meet_bits32(void)
{
	u64 x = nondet_u64();
	struct range r = any_range(x, 32);

	range_meet_bits(&r, any_bits(x), 32);
	assert_in_range(&r, x, 32);
}
void prove_meet_single(void)
{
	u64 x = witness();
	struct num n = any_num(x);

	meet_single(&n);
	assert_contains(&n, x);
}
void prove_meet_bits(void)
{
	u64 x = witness();
	struct num n = any_num(x);

	skep__num_meet_bits(&n);
	assert_contains(&n, x);
}
/* One round of skep__num_sync: the parts of deduce(). */
void prove_learn_low_unsigned(void)
{
	u64 x = nondet_u64(), first = nondet_u64(), last = nondet_u64();
	struct range low = any_range(x, 32);

	ASSUME(first <= x && x <= last);
	learn_low(&low, first, last);
	assert_in_range(&low, x, 32);
}
void prove_learn_low_signed(void)
{
	u64 x = nondet_u64(), first = nondet_u64(), last = nondet_u64();
	struct range low = any_range(x, 32);

	ASSUME((s64)first <= (s64)x && (s64)x <= (s64)last);
	learn_low(&low, first, last);
	assert_in_range(&low, x, 32);
}
void prove_learn_ends(void)
{
	u64 x = nondet_u64();
	struct num n = any_num(x);
	u64 low = nondet_u64();

	ASSUME((u32)low <= (u32)x && (u32)x <= (u32)(low >> 32));
	learn_ends(&n, (u32)low, (u32)(low >> 32));
	assert_contains(&n, x);
}
void prove_learn_full(void)
{
	u64 x = nondet_u64();
	struct num n = any_num(x);

	learn_full(&n);
	assert_contains(&n, x);
}
void prove_learn_bits(void)
{
	u64 x = nondet_u64();
	struct num n = any_num(x);

	learn_bits(&n);
	assert_contains(&n, x);
}

/* Sums are no more than what is proved of bits and of each range; the bitwise ones look at the bits
 * besides. */
#define COMPUTE(name, op, result)                                                                  \
	void prove_num_##name(void)                                                                \
	{                                                                                          \
		u64 x = nondet_u64(), y = nondet_u64();                                            \
		struct num a = any_num(x), b = any_num(y);                                         \
                                                                                                   \
		ASSUME(witness() == (result));                                                     \
		compute(&a, &b, op);                                                               \
		assert_contains(&a, result);                                                       \
	}
COMPUTE(and, BPF_AND, x &y)
COMPUTE(or, BPF_OR, x | y)
COMPUTE(xor, BPF_XOR, x ^ y)

void prove_num_shl64(void)
{
	u64 x = nondet_u64();
	struct num a = any_num(x);
	u32 n = any_below(64);

	ASSUME(witness() == x << n);
	shift(&a, n, BPF_LSH, 64);
	assert_contains(&a, x << n);
}
void prove_num_shr64(void)
{
	u64 x = nondet_u64();
	struct num a = any_num(x);
	u32 n = any_below(64);

	ASSUME(witness() == x >> n);
	shift(&a, n, BPF_RSH, 64);
	assert_contains(&a, x >> n);
}
void prove_num_sar64(void)
{
	u64 x = nondet_u64();
	struct num a = any_num(x);
	u32 n = any_below(64);

	ASSUME(witness() == signed_shift(x, n, 64));
	shift(&a, n, BPF_ARSH, 64);
	assert_contains(&a, signed_shift(x, n, 64));
}
/* The low half; skep__num_assign_low does the rest. */
#define SHIFT32(name, op, result)                                                                  \
	void prove_num_##name(void)                                                                \
	{                                                                                          \
		u64 x = nondet_u64();                                                              \
		struct num a = any_num(x);                                                         \
		u32 n = any_below(32);                                                             \
                                                                                                   \
		shift(&a, n, op, 32);                                                              \
		skep__num_assign_low(&a);                                                          \
		assert_contains(&a, result);                                                       \
	}
SHIFT32(shl32, BPF_LSH, (u32)x << n)
SHIFT32(shr32, BPF_RSH, (u32)x >> n)
SHIFT32(sar32, BPF_ARSH, signed_shift(x, n, 32))

void prove_assign_low(void)
{
	u64 x = nondet_u64();
	struct num a = any_num(x);

	skep__num_assign_low(&a);
	assert_contains(&a, (u32)x);
}
#define SIGN_EXTEND(from, width)                                                                   \
	void prove_sign_extend_##from##_##width(void)                                              \
	{                                                                                          \
		u64 x = nondet_u64();                                                              \
		struct num a = any_num(x);                                                         \
		struct range low;                                                                  \
                                                                                                   \
		sign_extend##width(&a, from);                                                      \
		low = num_range(&a, 32);                                                           \
		ASSERT(tnum_contains(num_bits(&a, width),                                          \
				     as_unsigned((u64)as_signed(x, from), width)));                \
		assert_in_range(&low, (u64)as_signed(x, from), 32);                                \
		if (width == 64)                                                                   \
			assert_contains(&a, (u64)as_signed(x, from));                              \
	}
SIGN_EXTEND(8, 64)
SIGN_EXTEND(16, 64)
SIGN_EXTEND(32, 64)
SIGN_EXTEND(8, 32)
SIGN_EXTEND(16, 32)

/* Comparisons: decided ones are right, and what is learnt of undecided ones keeps the values. */
#define COMPARE(name, op, width, type, operator)                                                   \
	void prove_##name##width(void)                                                             \
	{                                                                                          \
		u64 x = nondet_u64(), y = nondet_u64();                                            \
		struct num a = any_num(x), b = any_num(y);                                         \
		bool really = ((type)x operator(type) y) != 0;                                     \
		int taken = skep__num_branch_taken(&a, &b, op, width);                             \
                                                                                                   \
		ASSERT(taken < 0 || taken == really);                                              \
		if (taken < 0) {                                                                   \
			if (really)                                                                \
				learn(&a, &b, op, width);                                          \
			else                                                                       \
				learn(&a, &b, negated(op), width);                                 \
			assert_contains(&a, x);                                                    \
			assert_contains(&b, y);                                                    \
		}                                                                                  \
	}
#define COMPARE_BOTH(name, op, sign, operator)                                                     \
	COMPARE(name, op, 64, sign##64, operator)                                                  \
	COMPARE(name, op, 32, sign##32, operator)
COMPARE_BOTH(jeq, BPF_JEQ, u, ==)
COMPARE_BOTH(jne, BPF_JNE, u, !=)
COMPARE_BOTH(jset, BPF_JSET, u, &)
COMPARE_BOTH(jgt, BPF_JGT, u, >)
COMPARE_BOTH(jge, BPF_JGE, u, >=)
COMPARE_BOTH(jlt, BPF_JLT, u, <)
COMPARE_BOTH(jle, BPF_JLE, u, <=)
COMPARE_BOTH(jsgt, BPF_JSGT, s, >)
COMPARE_BOTH(jsge, BPF_JSGE, s, >=)
COMPARE_BOTH(jslt, BPF_JSLT, s, <)
COMPARE_BOTH(jsle, BPF_JSLE, s, <=)

/* Sets. */
void prove_subsumes(void)
{
	u64 x = nondet_u64(), any = nondet_u64();
	struct num cur = any_num(x), old = any_num(any);

	if (skep__num_subsumes(&old, &cur))
		assert_contains(&old, x);
}
void prove_join(void)
{
	u64 x = nondet_u64(), y = nondet_u64();
	struct num a = any_num(x), b = any_num(y), both = a;

	skep__num_join(&both, &b);
	assert_contains(&both, x);
	assert_contains(&both, y);
	ASSERT(skep__num_subsumes(&both, &a) && skep__num_subsumes(&both, &b));
}
