/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, texts and addresses as the kernel's printf writes them. */
#include <string.h>

#include "helper/format_number.h"

void skep__format_fill(struct format_out *out, char c, s64 n)
{
	if (n <= 0)
		return;
	if (out->at < out->end)
		memset(out->text + out->at, c, min((u64)n, out->end - out->at));
	out->at += n;
}

void skep__format_puts(struct format_out *out, const char *text, u32 len)
{
	if (out->at < out->end)
		memcpy(out->text + out->at, text, min((u64)len, out->end - out->at));
	out->at += len;
}

void skep__format_text(struct format_out *out, const char *text, u32 len,
		       const struct format_spec *spec)
{
	s64 pad = (s64)spec->width - len;

	if (!spec->left)
		skep__format_fill(out, ' ', pad);
	skep__format_puts(out, text, len);
	if (spec->left)
		skep__format_fill(out, ' ', pad);
}

/* Writes the digits so that they end at end[-1]; returns their number. */
static u32 digits(char *end, u64 value, const struct format_spec *spec)
{
	const char *set = spec->upper ? "0123456789ABCDEF" : "0123456789abcdef";
	u32 n = 0;

	do {
		end[-1 - (s32)n++] = set[value % spec->base];
		value /= spec->base;
	} while (value);
	return n;
}

void skep__format_number(struct format_out *out, u64 value, struct format_spec spec)
{
	char text[24], sign = 0;
	s64 pad;
	u32 n;

	if (spec.is_signed && (s64)value < 0) {
		sign = '-';
		value = 0 - value;
	} else if (spec.is_signed && (spec.plus || spec.space)) {
		sign = spec.plus ? '+' : ' ';
	}
	n = digits(text + sizeof(text), value, &spec);
	pad = (s64)spec.width - n - (sign != 0);
	if (!spec.left && !spec.zero)
		skep__format_fill(out, ' ', pad);
	if (sign)
		format_putc(out, sign);
	if (!spec.left && spec.zero)
		skep__format_fill(out, '0', pad);
	skep__format_puts(out, text + sizeof(text) - n, n);
	if (spec.left)
		skep__format_fill(out, ' ', pad);
}

u32 skep__format_ip4(char *to, const u8 addr[4], bool leading_zeros)
{
	struct format_spec spec = { .base = 10, .zero = true, .width = leading_zeros ? 3 : -1 };
	struct format_out out = { .text = to, .end = 15 };

	for (int i = 0; i < 4; i++) {
		if (i)
			format_putc(&out, '.');
		skep__format_number(&out, addr[i], spec);
	}
	to[out.at] = '\0';
	return out.at;
}

u32 skep__format_ip6(char *to, const u8 addr[16], bool colons)
{
	struct format_spec spec = { .base = 16, .zero = true, .width = 2 };
	struct format_out out = { .text = to, .end = 39 };

	for (int i = 0; i < 16; i++) {
		if (i && i % 2 == 0 && colons)
			format_putc(&out, ':');
		skep__format_number(&out, addr[i], spec);
	}
	to[out.at] = '\0';
	return out.at;
}
