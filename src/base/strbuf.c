/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/strbuf.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

static char empty[1];

void skep__strbuf_init(struct strbuf *sb)
{
	*sb = (struct strbuf){ .text = empty, .growable = true };
}

void skep__strbuf_fixed(struct strbuf *sb, char *array, size_t cap)
{
	array[0] = '\0';
	*sb = (struct strbuf){ .text = array, .cap = cap };
}

void skep__strbuf_fini(struct strbuf *sb)
{
	if (sb->growable && sb->cap)
		skep__free(sb->text);
	skep__strbuf_init(sb);
}

void skep__strbuf_clear(struct strbuf *sb)
{
	sb->len = 0;
	sb->truncated = false;
	if (sb->cap)
		sb->text[0] = '\0';
}

/* Makes room for `more` bytes and the NUL; returns how many of them fit. */
static size_t reserve(struct strbuf *sb, size_t more)
{
	size_t want = sb->len + more + 1;

	if (want > sb->cap && sb->growable) {
		size_t cap = max(want, sb->cap * 2);
		char *text = skep__resize(sb->cap ? sb->text : NULL, max(cap, (size_t)64));

		if (text) {
			sb->text = text;
			sb->cap = max(cap, (size_t)64);
		}
	}
	if (want <= sb->cap)
		return more;
	sb->truncated = true;
	return sb->cap ? sb->cap - sb->len - 1 : 0;
}

void skep__strbuf_add(struct strbuf *sb, const char *text, size_t len)
{
	size_t fit = reserve(sb, len);

	if (fit == 0)
		return;
	memcpy(sb->text + sb->len, text, fit);
	sb->len += fit;
	sb->text[sb->len] = '\0';
}

void skep__strbuf_puts(struct strbuf *sb, const char *text)
{
	skep__strbuf_add(sb, text, strlen(text));
}

void skep__strbuf_putc(struct strbuf *sb, char c)
{
	skep__strbuf_add(sb, &c, 1);
}

void skep__strbuf_vprintf(struct strbuf *sb, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n <= 0)
		return;
	size_t fit = reserve(sb, n);
	if (fit == 0)
		return;
	vsnprintf(sb->text + sb->len, fit + 1, fmt, ap);
	sb->len += fit;
}

void skep__strbuf_printf(struct strbuf *sb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	skep__strbuf_vprintf(sb, fmt, ap);
	va_end(ap);
}
