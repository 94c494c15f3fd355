/* SPDX-License-Identifier: BSD-2-Clause */
/* One conversion of a format for programs; see format.h. */
#ifndef SKEP_HELPER_FORMAT_PARSE_H
#define SKEP_HELPER_FORMAT_PARSE_H

#include "helper/format_number.h"

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

/* The conversion whose % stands right before at; the text is NUL-terminated. */
struct conversion skep__format_parse(const char *at);

bool skep__format_is_plain(u8 c); /* may it stand in a format at all? */
bool skep__format_is_alnum(u8 c); /* letters and digits of Latin-1 */

#endif
