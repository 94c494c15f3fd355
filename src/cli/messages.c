/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/messages.h"

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 1 << 16, LINES_SHOWN = 30 };

/* The last ROOM bytes or fewer; what came before is dropped. */
static char text[ROOM + 1];
static size_t used;

static int collect(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	static char piece[ROOM];
	int len;

	if (level == LIBBPF_DEBUG)
		return 0;
	len = vsnprintf(piece, sizeof(piece), fmt, ap);
	if (len < 0)
		return 0;
	if ((size_t)len >= sizeof(piece))
		len = sizeof(piece) - 1;
	if (used + len > ROOM) {
		size_t drop = used + len - ROOM;

		memmove(text, text + drop, used - drop);
		used -= drop;
	}
	memcpy(text + used, piece, len);
	used += len;
	text[used] = '\0';
	return 0;
}

void messages_collect(void)
{
	used = 0;
	text[0] = '\0';
	libbpf_set_print(collect);
}

/* Lines that repeat the frame around the news. */
static bool is_noise(const char *line, size_t len)
{
	static const char *const noise[] = { "-- BEGIN PROG LOAD LOG --",
					     "-- END PROG LOAD LOG --" };

	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++)
		if (memmem(line, len, noise[i], strlen(noise[i])))
			return true;
	return len == 0;
}

void messages_show(void)
{
	const char *start = text + used, *line, *end;
	int lines = 0;

	while (start > text && lines <= LINES_SHOWN)
		if (*--start == '\n')
			lines++;
	if (start > text) {
		fprintf(stderr, "  ...\n");
		start++;
	}
	for (line = start; *line; line = *end ? end + 1 : end) {
		end = strchrnul(line, '\n');
		if (!is_noise(line, end - line))
			fprintf(stderr, "  %.*s\n", (int)(end - line), line);
	}
}
