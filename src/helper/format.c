/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats of programs, in the kernel's two steps; see format.h. The pack holds what the kernel's
 * holds, byte for byte: 4- and 8-byte numbers at multiples of 4, characters, and NUL-terminated
 * texts. So a format runs out of its 512 bytes here when it does there.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/format.h"
#include "helper/format_number.h"

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

static bool is_alnum(u8 c)
{
	return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= 0xc0 && !is_punct(c));
}

/* May the character stand in a format at all? */
static bool is_plain(u8 c)
{
	return c >= 0x80 || (c >= ' ' && c < 0x7f) || is_space(c);
}

/* Does a conversion of a text or a plain pointer end before this character? */
static bool ends_word(u8 c)
{
	return !c || is_space(c) || is_punct(c);
}

#define MAX_WIDTH ((1 << 23) - 1)

enum conversion_kind {
	CONV_BAD,
	CONV_INT, /* 4 bytes */
	CONV_LONG, /* 8 bytes */
	CONV_CHAR,
	CONV_STRING, /* %s, %pks, %pus */
	CONV_HASHED, /* %p, %pK */
	CONV_POINTER, /* %px */
	CONV_SYMBOL, /* %ps, %pS */
	CONV_BACKTRACE, /* %pB */
	CONV_IP4,
	CONV_IP6,
};

struct conversion {
	enum conversion_kind kind;
	struct format_spec spec;
	bool pointer; /* %p and something: letters right after it belong to it */
	bool padded; /* %pi4, %pi6: with leading zeros, without colons */
	u32 len; /* characters after the % */
};

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

/* The conversion whose % stands right before at; the text is NUL-terminated. */
static struct conversion parse_conversion(const char *at)
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

static u32 room(const struct format_pack *pack)
{
	return FORMAT_PACK_SIZE - pack->len;
}

static int pack_number(struct format_pack *pack, u64 value, u32 size)
{
	u32 at = round_up(pack->len, 4);

	if (at > FORMAT_PACK_SIZE || FORMAT_PACK_SIZE - at < size)
		return -ENOSPC;
	memcpy(pack->bytes + at, &value, size);
	pack->len = at + size;
	return 0;
}

static int pack_char(struct format_pack *pack, u8 c)
{
	if (!room(pack))
		return -ENOSPC;
	pack->bytes[pack->len++] = c;
	return 0;
}

/* What cannot be read is an empty text. */
static int pack_string(struct format_pack *pack, u64 ptr)
{
	char *to = (char *)pack->bytes + pack->len;
	long len;

	if (!room(pack))
		return -ENOSPC;
	len = skep__probe_read_str(to, (const void *)(uintptr_t)ptr, room(pack));
	if (len <= 0) {
		to[0] = '\0';
		len = 1;
	}
	pack->len += len;
	return 0;
}

/* A text made here; what does not fit is cut, and the pack is full. */
static void pack_text(struct format_pack *pack, const char *text, u32 len)
{
	u32 fits = room(pack) ? min(len, room(pack) - 1) : 0;

	if (room(pack)) {
		memcpy(pack->bytes + pack->len, text, fits);
		pack->bytes[pack->len + fits] = '\0';
	}
	pack->len = min(pack->len + len + 1, (u32)FORMAT_PACK_SIZE);
}

static int pack_ip(struct format_pack *pack, const struct conversion *c, u64 ptr)
{
	u32 size = c->kind == CONV_IP4 ? 4 : 16, len;
	u8 addr[16];
	char text[40];

	if (room(pack) < size)
		return -ENOSPC;
	if (skep__probe_read(addr, (const void *)(uintptr_t)ptr, size))
		memset(addr, 0, size);
	len = c->kind == CONV_IP4 ? skep__format_ip4(text, addr, c->padded)
				  : skep__format_ip6(text, addr, !c->padded);
	pack_text(pack, text, len);
	return 0;
}

/* No address of user space has a name that the kernel would know: the number stands for it. */
static u32 symbol_text(char text[20], u64 address)
{
	struct format_out out = { .text = text, .end = 19 };

	skep__format_puts(&out, "0x", 2);
	skep__format_number(&out, address, (struct format_spec){ .base = 16, .width = -1 });
	text[out.at] = '\0';
	return out.at;
}

static int pack_arg(struct format_pack *pack, const struct conversion *c, u64 arg)
{
	char text[20];

	switch (c->kind) {
	case CONV_INT:
		return pack_number(pack, arg, 4);
	case CONV_LONG:
	case CONV_HASHED:
	case CONV_POINTER:
	case CONV_SYMBOL:
		return pack_number(pack, arg, 8);
	case CONV_CHAR:
		return pack_char(pack, arg);
	case CONV_STRING:
		return pack_string(pack, arg);
	case CONV_BACKTRACE:
		pack_text(pack, text, symbol_text(text, arg));
		return 0;
	case CONV_IP4:
	case CONV_IP6:
		return pack_ip(pack, c, arg);
	case CONV_BAD:
		break;
	}
	return -EINVAL;
}

/* Goes through the format; pack NULL: to check it, with no arguments at hand. */
static int walk(struct format_pack *pack, const char *fmt, const char *end, const u64 *args, u32 nr)
{
	u32 used = 0;

	for (const char *at = fmt; at < end; at++) {
		struct conversion c;
		int err;

		if (!is_plain(*at))
			return -EINVAL;
		if (*at != '%')
			continue;
		if (at[1] == '%') {
			at++;
			continue;
		}
		if (used >= nr)
			return -EINVAL;
		c = parse_conversion(at + 1);
		if (c.kind == CONV_BAD)
			return -EINVAL;
		err = pack ? pack_arg(pack, &c, args[used]) : 0;
		if (err)
			return err;
		used++;
		at += c.len;
	}
	return 0;
}

int skep__format_pack(struct format_pack *pack, const char *fmt, u32 size, const u64 *args, u32 nr)
{
	const char *end = memchr(fmt, '\0', size);

	if (!end)
		return -EINVAL;
	pack->len = 0;
	pack->fmt_len = end - fmt;
	return walk(pack, fmt, end, args, nr);
}

int skep__format_check(const char *fmt, u32 size, u32 nr)
{
	const char *end = memchr(fmt, '\0', size);

	return end ? walk(NULL, fmt, end, NULL, nr) : -EINVAL;
}

/* The packed arguments as they are taken off again. */
struct unpack {
	const struct format_pack *pack;
	u32 at;
};

static u64 take_number(struct unpack *in, u32 size)
{
	u64 value = 0;

	in->at = round_up(in->at, 4);
	if (in->at <= in->pack->len && in->pack->len - in->at >= size)
		memcpy(&value, in->pack->bytes + in->at, size);
	in->at += size;
	return value;
}

static const char *take_text(struct unpack *in, u32 *len)
{
	const char *text = (const char *)in->pack->bytes + in->at;

	if (in->at >= in->pack->len) {
		*len = 0;
		return "";
	}
	*len = strnlen(text, in->pack->len - in->at);
	in->at += *len + 1;
	return text;
}

static void render_char(struct format_out *out, u8 c, const struct format_spec *spec)
{
	char text = c;

	skep__format_text(out, &text, 1, spec);
}

/*
 * Plain %p hides the address behind a number that is always the same for it; NULL and error values
 * show. (The kernel's numbers differ from boot to boot; ours have no key, there being no secret
 * here.)
 */
static u64 hashed(u64 address)
{
	if (!address || address >= (u64)-4095)
		return address;
	address ^= address >> 33;
	address *= 0xff51afd7ed558ccdull;
	address ^= address >> 33;
	return address >> 32;
}

static void render_pointer(struct format_out *out, u64 value, struct format_spec spec)
{
	if (spec.width == -1) {
		spec.width = 2 * sizeof(void *);
		spec.zero = true;
	}
	skep__format_number(out, value, spec);
}

/*
 * Text that the first step made. Once the output is full the kernel leaves such a text where it is,
 * to be taken for the next argument; so do we, since the length returned shows it.
 */
static void render_made(struct format_out *out, struct unpack *in)
{
	const char *text;
	u32 len;

	if (out->at >= out->end)
		return;
	text = take_text(in, &len);
	skep__format_puts(out, text, len);
}

static void render_conversion(struct format_out *out, struct unpack *in, const struct conversion *c)
{
	char symbol[20];
	const char *text;
	u64 value;
	u32 len;

	switch (c->kind) {
	case CONV_INT:
		value = take_number(in, 4);
		skep__format_number(out, c->spec.is_signed ? (u64)(s32)value : value, c->spec);
		break;
	case CONV_LONG:
		skep__format_number(out, take_number(in, 8), c->spec);
		break;
	case CONV_CHAR:
		render_char(out, in->at < in->pack->len ? in->pack->bytes[in->at] : 0, &c->spec);
		in->at++;
		break;
	case CONV_HASHED:
		render_pointer(out, hashed(take_number(in, 8)), c->spec);
		break;
	case CONV_POINTER:
		render_pointer(out, take_number(in, 8), c->spec);
		break;
	case CONV_SYMBOL:
		len = symbol_text(symbol, take_number(in, 8));
		skep__format_text(out, symbol, len, &c->spec);
		break;
	case CONV_STRING:
		if (c->pointer) {
			render_made(out, in);
			break;
		}
		text = take_text(in, &len);
		skep__format_text(out, text, len, &c->spec);
		break;
	case CONV_BACKTRACE:
	case CONV_IP4:
	case CONV_IP6:
		render_made(out, in);
		break;
	case CONV_BAD:
		break;
	}
}

u32 skep__format_render(char *to, u32 size, const char *fmt, const struct format_pack *pack)
{
	struct format_out out = { .text = to, .end = size };
	struct unpack in = { .pack = pack };
	const char *end = fmt + pack->fmt_len;

	if (size > INT32_MAX)
		return 0;
	for (const char *at = fmt; at < end; at++) {
		struct conversion c;

		if (*at != '%' || at[1] == '%') {
			at += *at == '%';
			format_putc(&out, *at);
			continue;
		}
		c = parse_conversion(at + 1);
		render_conversion(&out, &in, &c);
		at += c.len;
		while (c.pointer && is_alnum(at[1]))
			at++;
	}
	if (size)
		to[min(out.at, (u64)size - 1)] = '\0';
	return (u32)out.at;
}
