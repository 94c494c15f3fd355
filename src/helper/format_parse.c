/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversions of format.h, read one by one from a format: which there are, and where one ends.
 */
#include "helper/format_parse.h"

/* The kernel's ctype: Latin-1. */
static bool is_space(u8 c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0;
}

static bool is_punct(u8 c)
{
	return (c > ' ' && c < '0') || (c > '9' && c < 'A') || (c > 'Z' && c < 'a') ||
	       (c > 'z' && c < 0x7f) || (c > 0xa0 && c < 0xc0) || c == 0xd7 || c == 0xf7;
}

static bool is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

bool skep__format_is_alnum(u8 c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= 0xc0 && !is_punct(c));
}

bool skep__format_is_plain(u8 c)
{
	return c >= 0x80 || (c >= ' ' && c < 0x7f) || is_space(c);
}

/* Does a conversion of a text or a plain pointer end before this character? */
static bool ends_word(u8 c)
{
	return !c || is_space(c) || is_punct(c);
}

#define MAX_WIDTH ((1 << 23) - 1)

static void parse_pointer(const char *at, struct conversion *c)
{
	c->spec.base = 16;
	c->pointer = true;
	c->len++;
	if (ends_word(at[1])) {
		c->kind = CONV_HASHED;
		return;
	}
	c->len++;
	if ((at[1] == 'k' || at[1] == 'u') && at[2] == 's') {
		c->len++;
		c->kind = ends_word(at[3]) ? CONV_STRING : CONV_BAD;
	} else if (at[1] == 'K') {
		c->kind = CONV_HASHED;
	} else if (at[1] == 'x') {
		c->kind = CONV_POINTER;
	} else if (at[1] == 's' || at[1] == 'S') {
		c->kind = CONV_SYMBOL;
	} else if (at[1] == 'B') {
		c->kind = CONV_BACKTRACE;
	} else if ((at[1] == 'i' || at[1] == 'I') && (at[2] == '4' || at[2] == '6')) {
		c->len++;
		c->padded = at[1] == 'i';
		c->kind = at[2] == '4' ? CONV_IP4 : CONV_IP6;
	} else {
		c->kind = CONV_BAD;
	}
}

static void parse_integer(const char *at, struct conversion *c)
{
	u32 longs = at[0] != 'l' ? 0 : at[1] != 'l' ? 1 : 2;

	c->kind = longs ? CONV_LONG : CONV_INT;
	c->len += longs + 1;
	switch (at[longs]) {
	case 'd':
	case 'i':
		c->spec.is_signed = true;
		/* fall through */
	case 'u':
		c->spec.base = 10;
		break;
	case 'X':
		c->spec.upper = true;
		/* fall through */
	case 'x':
		c->spec.base = 16;
		break;
	default:
		c->kind = CONV_BAD;
	}
}

struct conversion skep__format_parse(const char *at)
{
	struct conversion c = { .spec.width = -1 };
	const char *start = at;

	for (; *at == '0' || *at == '+' || *at == '-' || *at == ' '; at++) {
		c.spec.zero |= *at == '0';
		c.spec.plus |= *at == '+';
		c.spec.left |= *at == '-';
		c.spec.space |= *at == ' ';
	}
	if (is_digit(*at)) {
		u32 width = 0;

		for (; is_digit(*at); at++)
			width = width * 10 + (*at - '0');
		c.spec.width = min(max((s32)width, -MAX_WIDTH), MAX_WIDTH);
	}
	c.len = at - start;
	switch (*at) {
	case 'p':
		parse_pointer(at, &c);
		break;
	case 's':
		c.len++;
		c.kind = ends_word(at[1]) ? CONV_STRING : CONV_BAD;
		break;
	case 'c':
		c.len++;
		c.kind = CONV_CHAR;
		break;
	default:
		parse_integer(at, &c);
	}
	return c;
}
