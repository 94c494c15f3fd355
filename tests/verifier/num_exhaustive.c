/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Known bits and ranges tried completely at a small width: every operand that there is against
 * every other, with every value inside. The functions are those of the verifier; they take the
 * width as an argument (ranges), or compute the low bits of a result from the low bits of operands
 * (known bits).
 *
 * usage: num_exhaustive [WIDTH]: 2 to 8, 6 when not given. 8 takes some minutes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "verify/num/range.h"

static u32 width;
static u64 all; /* 2^width - 1 */
static u64 failures;

static void complain(const char *what, u64 a, u64 b, u64 c, u64 d)
{
	if (failures++ < 10)
		printf("%s: wrong for %#llx %#llx, %#llx %#llx\n", what, (unsigned long long)a,
		       (unsigned long long)b, (unsigned long long)c, (unsigned long long)d);
}

/* Members of known bits: x runs over the subsets of the mask. */
#define for_each_member(x, t)                                                                      \
	for (u64 x##_part = 0, x##_done = 0, x; !x##_done && (x = x##_part | (t).value, true);     \
	     x##_part = (x##_part - (t).mask) & (t).mask, x##_done = !x##_part)
#define for_each_tnum(t)                                                                           \
	for (struct tnum t = { 0, 0 }; t.mask <= all; t.mask++)                                    \
		for (t.value = 0; t.value <= all; t.value++)                                       \
			if (!(t.value & t.mask))

static u64 add(u64 x, u64 y)
{
	return x + y;
}
static u64 sub(u64 x, u64 y)
{
	return x - y;
}
static u64 mul(u64 x, u64 y)
{
	return x * y;
}
static u64 and_(u64 x, u64 y)
{
	return x & y;
}
static u64 or_(u64 x, u64 y)
{
	return x | y;
}
static u64 xor_(u64 x, u64 y)
{
	return x ^ y;
}

static void range_and(struct range *dst, const struct range *src, u32 w)
{
	struct tnum bits =
		skep__tnum_and(tnum_range(dst->umin, dst->umax), tnum_range(src->umin, src->umax));

	skep__range_and(dst, src, bits, w);
}
static void range_or(struct range *dst, const struct range *src, u32 w)
{
	struct tnum bits =
		skep__tnum_or(tnum_range(dst->umin, dst->umax), tnum_range(src->umin, src->umax));

	skep__range_or(dst, src, bits, w);
}
static void range_xor(struct range *dst, const struct range *src, u32 w)
{
	struct tnum bits =
		skep__tnum_xor(tnum_range(dst->umin, dst->umax), tnum_range(src->umin, src->umax));

	skep__range_xor(dst, bits, w);
}

static const struct binary {
	const char *name;
	u64 (*value)(u64 x, u64 y);
	struct tnum (*bits)(struct tnum a, struct tnum b);
	void (*range)(struct range *dst, const struct range *src, u32 width);
	bool is_bitwise;
} binaries[] = {
	/* clang-format off */
	{ "add", add,  skep__tnum_add, skep__range_add, false },
	{ "sub", sub,  skep__tnum_sub, skep__range_sub, false },
	{ "mul", mul,  skep__tnum_mul, skep__range_mul, false },
	{ "and", and_, skep__tnum_and, range_and,	true },
	{ "or",	 or_,  skep__tnum_or,  range_or,	true },
	{ "xor", xor_, skep__tnum_xor, range_xor,	true },
	/* clang-format on */
};

/* All known bits against all, with all members. */
static void bits_binary(const struct binary *op)
{
	for_each_tnum(a)
	{
		for_each_tnum(b)
		{
			struct tnum r = op->bits(a, b);
			u64 unknown = ~r.mask & all, wrong = r.value & r.mask;

			for_each_member(x, a)
			{
				for_each_member(y, b) wrong |=
					(op->value(x, y) ^ r.value) & unknown;
			}
			if (wrong)
				complain(op->name, a.value, a.mask, b.value, b.mask);
		}
	}
}

static void bits_unary(void)
{
	for_each_tnum(a)
	{
		for (u32 n = 0; n < width; n++) {
			struct tnum shl = skep__tnum_shl(a, n), shr = skep__tnum_shr(a, n);
			struct tnum sar = skep__tnum_sar(a, n, width);

			for_each_member(x, a)
			{
				if (!tnum_contains(shl, x << n) || !tnum_contains(shr, x >> n) ||
				    !tnum_contains(sar, as_unsigned((u64)(as_signed(x, width) >> n),
								    width)))
					complain("shift", a.value, a.mask, x, n);
			}
		}
		for (u64 x = 0; x <= all; x++) {
			u64 next = tnum_max(a);

			for (u64 y = all; y > x; y--)
				next = tnum_contains(a, y) ? y : next;
			if (tnum_next(a, x) != next)
				complain("next member", a.value, a.mask, x, next);
		}
	}
}

static void bits_sets(void)
{
	for_each_tnum(a)
	{
		for_each_tnum(b)
		{
			struct tnum both = tnum_intersect(a, b), either = skep__tnum_union(a, b);
			bool common = false, within = true;

			for_each_member(x, b)
			{
				bool in_a = tnum_contains(a, x);

				common |= in_a;
				within &= in_a;
				if ((in_a && !tnum_contains(both, x)) || !tnum_contains(either, x))
					complain("intersection or union", a.value, a.mask, b.value,
						 b.mask);
			}
			if (common != tnum_overlap(a, b) || within != tnum_subsumes(a, b))
				complain("overlap or subset", a.value, a.mask, b.value, b.mask);
		}
	}
}

/* Sets of values of at most 8 bits. */
struct set {
	u64 words[4];
};
static struct set from[257], upto[257]; /* values from x on; values below x; unsigned */

static void make_sets(void)
{
	for (u64 x = 0; x <= all + 1; x++) {
		for (u64 y = 0; y <= all; y++) {
			struct set *s = y < x ? &upto[x] : &from[x];

			s->words[y / 64] |= 1ull << y % 64;
		}
	}
}

/* Members of a range, one word of them. Signed order is unsigned order with the first bit turned
 * over. */
static u64 members(const struct range *r, u32 word)
{
	u64 first = as_unsigned((u64)r->smin, width), last = as_unsigned((u64)r->smax, width);
	u64 by_sign = first <= last ? from[first].words[word] & upto[last + 1].words[word]
				    : from[first].words[word] | upto[last + 1].words[word];

	if (range_is_empty(r))
		return 0;
	return from[r->umin].words[word] & upto[r->umax + 1].words[word] & by_sign;
}

#define for_each_unsigned(r)                                                                       \
	for (r.umin = 0; r.umin <= all; r.umin++)                                                  \
		for (r.umax = r.umin; r.umax <= all; r.umax++)
#define for_each_signed(r)                                                                         \
	for (r.smin = width_smin(width); r.smin <= width_smax(width); r.smin++)                    \
		for (r.smax = r.smin; r.smax <= width_smax(width); r.smax++)

static void range_signs(void)
{
	struct range r;

	for_each_unsigned(r)
	{
		for_each_signed(r)
		{
			struct range learnt = r;
			u64 lost = 0;

			range_meet_signs(&learnt, width);
			for (u32 word = 0; word < 4; word++)
				lost |= members(&r, word) & ~members(&learnt, word);
			if (lost)
				complain("signs", r.umin, r.umax, (u64)r.smin, (u64)r.smax);
		}
	}
}

static void range_bits(void)
{
	for_each_tnum(a)
	{
		struct range r = range_unknown(width);

		range_meet_bits(&r, a, width);
		for_each_member(x, a)
		{
			if (!range_contains(&r, x, width))
				complain("range of bits", a.value, a.mask, x, 0);
		}
	}
}

static void range_shifts(void)
{
	struct range r = range_unknown(width);

	for_each_unsigned(r)
	{
		for (u32 n = 0; n < width; n++) {
			struct range shl = r, shr = r;

			skep__range_shl(&shl, n, width);
			skep__range_shr(&shr, n, width);
			for (u64 x = r.umin; x <= r.umax; x++) {
				if (!range_contains(&shl, x << n, width) ||
				    !range_contains(&shr, x >> n, width))
					complain("shift of range", r.umin, r.umax, x, n);
			}
		}
	}
	r = range_unknown(width);
	for_each_signed(r)
	{
		for (u32 n = 0; n < width; n++) {
			struct range sar = r;

			skep__range_sar(&sar, n, width);
			for (s64 x = r.smin; x <= r.smax; x++) {
				if (!range_contains(&sar, (u64)(x >> n), width))
					complain("signed shift of range", (u64)r.smin, (u64)r.smax,
						 (u64)x, n);
			}
		}
	}
}

/* The least and the greatest results for one value on the right, in both orders. */
struct extremes {
	u64 umin, umax;
	s64 smin, smax;
};

static void extend(struct extremes *e, u64 result)
{
	u64 u = as_unsigned(result, width);
	s64 s = as_signed(result, width);

	e->umin = min(e->umin, u);
	e->umax = max(e->umax, u);
	e->smin = min(e->smin, s);
	e->smax = max(e->smax, s);
}

static void extend_by(struct extremes *e, const struct extremes *more)
{
	e->umin = min(e->umin, more->umin);
	e->umax = max(e->umax, more->umax);
	e->smin = min(e->smin, more->smin);
	e->smax = max(e->smax, more->smax);
}

static const struct extremes none = { UINT64_MAX, 0, INT64_MAX, INT64_MIN };

/* a against every range on the right; per_right[y] are the results of all of a with y (signed: y +
 * 2^(width-1)). */
static void range_against_all(const struct binary *op, const struct range *a,
			      const struct extremes *per_right, bool is_signed)
{
	s64 first = is_signed ? width_smin(width) : 0,
	    last = is_signed ? width_smax(width) : (s64)all;

	for (s64 c = first; c <= last; c++) {
		struct extremes e = none;

		for (s64 d = c; d <= last; d++) {
			struct range dst = *a, src = range_unknown(width);

			extend_by(&e, &per_right[d - first]);
			if (is_signed) {
				src.smin = c;
				src.smax = d;
			} else {
				src.umin = (u64)c;
				src.umax = (u64)d;
			}
			op->range(&dst, &src, width);
			if (dst.umin > e.umin || dst.umax < e.umax || dst.smin > e.smin ||
			    dst.smax < e.smax)
				complain(op->name, is_signed ? (u64)a->smin : a->umin,
					 is_signed ? (u64)a->smax : a->umax, (u64)c, (u64)d);
		}
	}
}

static void range_binary(const struct binary *op, bool is_signed)
{
	s64 first = is_signed ? width_smin(width) : 0,
	    last = is_signed ? width_smax(width) : (s64)all;
	struct extremes per_right[256];

	for (s64 a = first; a <= last; a++) {
		for (u32 y = 0; y <= all; y++)
			per_right[y] = none;
		for (s64 b = a; b <= last; b++) {
			struct range r = range_unknown(width);

			for (u32 y = 0; y <= all; y++)
				extend(&per_right[y], op->value((u64)b, (u64)(first + y)));
			if (is_signed) {
				r.smin = a;
				r.smax = b;
			} else {
				r.umin = (u64)a;
				r.umax = (u64)b;
			}
			range_against_all(op, &r, per_right, is_signed);
		}
	}
}

static void report(const char *what, const char *of, clock_t since)
{
	static u64 reported;

	printf("%-9s %-5s %6.1f s  %s\n", what, of, (double)(clock() - since) / CLOCKS_PER_SEC,
	       failures > reported ? "WRONG" : "right");
	reported = failures;
	fflush(stdout);
}

int main(int argc, char **argv)
{
	clock_t t = clock();

	width = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 6;
	if (width < 2 || width > 8) {
		fprintf(stderr, "num_exhaustive: widths are 2 to 8\n");
		return 2;
	}
	all = width_umax(width);
	make_sets();
	bits_unary();
	report("bits", "unary", t);
	t = clock();
	bits_sets();
	report("bits", "sets", t);
	t = clock();
	range_bits();
	range_shifts();
	report("ranges", "unary", t);
	t = clock();
	range_signs();
	report("ranges", "signs", t);
	for (size_t i = 0; i < ARRAY_SIZE(binaries); i++) {
		t = clock();
		bits_binary(&binaries[i]);
		report("bits", binaries[i].name, t);
		t = clock();
		range_binary(&binaries[i], false);
		if (!binaries[i].is_bitwise)
			range_binary(&binaries[i], true);
		report("ranges", binaries[i].name, t);
	}
	return failures != 0;
}
