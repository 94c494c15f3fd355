/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts and numbers: bpf_strncmp, bpf_strtol, bpf_strtoul. Numbers are read as the kernel reads
 * them: ASCII spaces, an optional minus, then digits of base 8, 10 or 16, or of the base that a 0
 * or 0x before them tells; at most 63 characters after the sign are looked at.
 */
#include "helper/arg.h"

#define BASE_MASK 0x1full /* of the flags */
#define MAX_DIGITS 63

DEFINE_HELPER(strncmp)
{
	const u8 *a = arg_ptr(r1), *b = arg_ptr(r3);
	u32 size = (u32)r2;

	for (u32 i = 0; i < size; i++) {
		if (a[i] != b[i])
			return result(a[i] < b[i] ? -1 : 1);
		if (!a[i])
			break;
	}
	return 0;
}

/* The kernel's isspace(): Latin-1's no-break space is one. */
static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static int digit_value(u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

struct digits {
	const u8 *at, *end;
};

static u8 peek(const struct digits *d, size_t i)
{
	return i < (size_t)(d->end - d->at) ? d->at[i] : 0;
}

/* What base the text is in when the caller leaves it open, and past the 0x of base 16. */
static u32 take_prefix(struct digits *d, u32 base)
{
	bool is_0x = peek(d, 0) == '0' && (peek(d, 1) | 0x20) == 'x';

	if (!base)
		base = peek(d, 0) != '0' ? 10 : is_0x && digit_value(peek(d, 2)) < 16 ? 16 : 8;
	if (base == 16 && is_0x)
		d->at += 2;
	return base;
}

/* Reads all digits there are: how many, or -ERANGE. */
static int take_digits(struct digits *d, u32 base, u64 *value)
{
	bool overflow = false;
	u64 sum = 0;
	int n = 0;

	for (; d->at < d->end && digit_value(*d->at) < (int)base; d->at++, n++) {
		u64 digit = digit_value(*d->at);

		overflow |= sum > (UINT64_MAX - digit) / base;
		sum = sum * base + digit;
	}
	*value = sum;
	return overflow ? -ERANGE : n;
}

/* Returns the characters used, or -errno; *value is the magnitude. */
static int parse_number(const u8 *buf, size_t len, u64 flags, u64 *value, bool *negative)
{
	u32 base = flags & BASE_MASK;
	const u8 *p = buf;
	struct digits d;
	int n;

	if (!len || flags & ~BASE_MASK || (base != 0 && base != 8 && base != 10 && base != 16))
		return -EINVAL;
	while (p < buf + len && is_space(*p))
		p++;
	*negative = p < buf + len && *p == '-';
	p += *negative;
	if (p == buf + len)
		return -EINVAL;
	d.at = p;
	d.end = p + min((size_t)(buf + len - p), (size_t)MAX_DIGITS);
	base = take_prefix(&d, base);
	n = take_digits(&d, base, value);
	if (n < 0)
		return n;
	return n ? d.at - buf : -EINVAL;
}

DEFINE_HELPER(strtol)
{
	s64 *res = arg_ptr(r4);
	bool negative;
	u64 value;
	int used;

	*res = 0;
	used = parse_number(arg_ptr(r1), r2, r3, &value, &negative);
	if (used < 0)
		return result(used);
	/* The magnitude of INT64_MIN has no positive twin. */
	if (value > (u64)INT64_MAX + negative)
		return result(-ERANGE);
	*res = negative ? (s64)(0 - value) : (s64)value;
	return used;
}

DEFINE_HELPER(strtoul)
{
	u64 *res = arg_ptr(r4);
	bool negative;
	u64 value;
	int used;

	*res = 0;
	used = parse_number(arg_ptr(r1), r2, r3, &value, &negative);
	if (used < 0)
		return result(used);
	if (negative)
		return result(-EINVAL);
	*res = value;
	return used;
}
