/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A text under construction. It grows on the heap (strbuf_init) or fills a caller's array
 * (strbuf_fixed: for the data plane) and is NUL-terminated at every moment. Running out of room or
 * memory loses the tail and sets `truncated`; nothing else goes wrong.
 */
#ifndef SKEP_BASE_STRBUF_H
#define SKEP_BASE_STRBUF_H

#include <stdarg.h>

#include "base/types.h"

struct strbuf {
	char *text; /* never NULL once initialised */
	size_t len, cap; /* bytes without the NUL; room with it */
	bool growable, truncated;
};

void skep__strbuf_init(struct strbuf *sb); /* empty, growing; end with _fini */
void skep__strbuf_fixed(struct strbuf *sb, char *array, size_t cap); /* cap >= 1 */
void skep__strbuf_fini(struct strbuf *sb);
void skep__strbuf_clear(struct strbuf *sb);
void skep__strbuf_add(struct strbuf *sb, const char *text, size_t len);
void skep__strbuf_puts(struct strbuf *sb, const char *text);
void skep__strbuf_putc(struct strbuf *sb, char c);
void skep__strbuf_printf(struct strbuf *sb, const char *fmt, ...) __fmt(2, 3);
void skep__strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap) __fmt(2, 0);

#endif
