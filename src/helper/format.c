/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats of programs, in the kernel's two steps; see format.h. The pack holds what the kernel's
 * holds, byte for byte: 4- and 8-byte numbers at multiples of 4, characters, and NUL-terminated
 * texts. So a format runs out of its 512 bytes here when it does there.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/format.h"
#include "helper/format_parse.h"

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
	len = skep__probe_read_str(pack->known, to, (const void *)(uintptr_t)ptr, room(pack));
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
	if (skep__probe_read(pack->known, addr, (const void *)(uintptr_t)ptr, size))
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

		if (!skep__format_is_plain(*at))
			return -EINVAL;
		if (*at != '%')
			continue;
		if (at[1] == '%') {
			at++;
			continue;
		}
		if (used >= nr)
			return -EINVAL;
		c = skep__format_parse(at + 1);
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

int skep__format_pack(struct format_pack *pack, const struct known_memory *known, const char *fmt,
		      u32 size, const u64 *args, u32 nr)
{
	const char *end = memchr(fmt, '\0', size);

	if (!end)
		return -EINVAL;
	pack->len = 0;
	pack->known = known;
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
		c = skep__format_parse(at + 1);
		render_conversion(&out, &in, &c);
		at += c.len;
		while (c.pointer && skep__format_is_alnum(at[1]))
			at++;
	}
	if (size)
		to[min(out.at, (u64)size - 1)] = '\0';
	return (u32)out.at;
}
