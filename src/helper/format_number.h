/* SPDX-License-Identifier: BSD-2-Clause */
/* A text being written into limited room, and numbers in it; see format.h. */
#ifndef SKEP_HELPER_FORMAT_NUMBER_H
#define SKEP_HELPER_FORMAT_NUMBER_H

#include "base/types.h"

/* Room [at, end); at moves on past end, which tells how much was asked for. */
struct format_out {
	char *text;
	u64 at, end;
};

static inline void format_putc(struct format_out *out, char c)
{
	if (out->at < out->end)
		out->text[out->at] = c;
	out->at++;
}

void skep__format_fill(struct format_out *out, char c, s64 n); /* n times; none when n <= 0 */
void skep__format_puts(struct format_out *out, const char *text, u32 len);

struct format_spec {
	bool left, plus, space, zero; /* flags */
	bool is_signed, upper;
	u8 base; /* 10 or 16 */
	s32 width; /* -1: none given */
};

/* A text, padded with spaces to the width. */
void skep__format_text(struct format_out *out, const char *text, u32 len,
		       const struct format_spec *spec);
void skep__format_number(struct format_out *out, u64 value, struct format_spec spec);

/* Addresses: at most 40 bytes with the NUL; the length. */
u32 skep__format_ip4(char *to, const u8 addr[4], bool leading_zeros);
u32 skep__format_ip6(char *to, const u8 addr[16], bool colons);

#endif
