/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arithmetic on known bits. Sums and differences follow Vishwanathan, Shachnai, Narayana,
 * Nagarakatte ("Sound, Precise, and Fast Abstract Interpretation with Tristate Numbers", CGO 2022):
 * a bit of the result is unknown where it is in an operand, or where the least and the most carries
 * differ.
 */
#include "verify/num/tnum.h"

#include "base/strbuf.h"

struct tnum skep__tnum_add(struct tnum a, struct tnum b)
{
	u64 least = a.value + b.value;
	u64 most = least + a.mask + b.mask;

	return tnum_masked(least, (least ^ most) | a.mask | b.mask);
}

struct tnum skep__tnum_sub(struct tnum a, struct tnum b)
{
	u64 difference = a.value - b.value;
	u64 borrows = (difference + a.mask) ^ (difference - b.mask);

	return tnum_masked(difference, borrows | a.mask | b.mask);
}

/* sum, plus b if the lowest bit of a is set: one of two sums where that bit is unknown. */
static struct tnum add_by_lowest_bit(struct tnum sum, struct tnum a, struct tnum b)
{
	struct tnum more = skep__tnum_add(sum, b);

	if (a.value & 1)
		return more;
	return a.mask & 1 ? skep__tnum_union(sum, more) : sum;
}

/* By hand, as at school. */
struct tnum skep__tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	for (; a.value | a.mask; a = skep__tnum_shr(a, 1), b = skep__tnum_shl(b, 1))
		sum = add_by_lowest_bit(sum, a, b);
	return sum;
}

struct tnum skep__tnum_and(struct tnum a, struct tnum b)
{
	u64 ones = a.value & b.value;

	return (struct tnum){ ones, tnum_max(a) & tnum_max(b) & ~ones };
}

struct tnum skep__tnum_or(struct tnum a, struct tnum b)
{
	u64 ones = a.value | b.value;

	return (struct tnum){ ones, (a.mask | b.mask) & ~ones };
}

struct tnum skep__tnum_xor(struct tnum a, struct tnum b)
{
	return tnum_masked(a.value ^ b.value, a.mask | b.mask);
}

struct tnum skep__tnum_shl(struct tnum a, u32 n)
{
	return (struct tnum){ a.value << n, a.mask << n };
}

struct tnum skep__tnum_shr(struct tnum a, u32 n)
{
	return (struct tnum){ a.value >> n, a.mask >> n };
}

/* An unknown sign is unknown wherever it is copied to, which shifting the mask as a signed number
 * says. */
struct tnum skep__tnum_sar(struct tnum a, u32 n, u32 width)
{
	u32 above = 64 - width;
	u64 value = (u64)((s64)(a.value << above) >> (above + n));
	u64 mask = (u64)((s64)(a.mask << above) >> (above + n));

	return (struct tnum){ value << above >> above, mask << above >> above };
}

struct tnum skep__tnum_low_bytes(struct tnum a, u32 size)
{
	u64 kept = UINT64_MAX >> (64 - size * 8);

	return (struct tnum){ a.value & kept, a.mask & kept };
}

struct tnum skep__tnum_swap_bytes(struct tnum a, u32 size)
{
	u32 unused = 64 - size * 8;

	return (struct tnum){ __builtin_bswap64(a.value << unused),
			      __builtin_bswap64(a.mask << unused) };
}

struct tnum skep__tnum_union(struct tnum a, struct tnum b)
{
	return tnum_masked(a.value & b.value, a.mask | b.mask | (a.value ^ b.value));
}

void skep__tnum_print(struct tnum a, struct strbuf *out)
{
	if (!tnum_is_const(a))
		skep__strbuf_printf(out, "(0x%llx; 0x%llx)", (unsigned long long)a.value,
				    (unsigned long long)a.mask);
	else if (a.value <= UINT16_MAX)
		skep__strbuf_printf(out, "%llu", (unsigned long long)a.value);
	else
		skep__strbuf_printf(out, "0x%llx", (unsigned long long)a.value);
}
