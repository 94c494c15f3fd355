/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/kallsyms, in which tools (bpftool, perf) look for the functions of programs by their
 * address: after what the kernel has come the world's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "door/carry.h"
#include "door/preload.h"

struct symbols {
	char *text;
	size_t at, len;
	FILE *kernels; /* NULL: it tells nothing */
};

/* What there is may grow between two questions. */
static char *ask_world(size_t *len)
{
	char *text = NULL;
	long room = 0, is;

	while ((is = preload_bpf(DOOR_SYMBOLS, text, (u32)room)) > room) {
		free(text);
		room = is + is / 2;
		text = malloc((size_t)room);
		if (!text)
			return NULL;
	}
	*len = is > 0 ? (size_t)is : 0;
	return text;
}

static ssize_t read_symbols(void *cookie, char *to, size_t size)
{
	struct symbols *s = cookie;
	size_t n = s->kernels ? fread(to, 1, size, s->kernels) : 0;

	if (n)
		return (ssize_t)n;
	n = min(size, s->len - s->at);
	memcpy(to, s->text + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

static int close_symbols(void *cookie)
{
	struct symbols *s = cookie;
	int ret = s->kernels ? fclose(s->kernels) : 0;

	free(s->text);
	free(s);
	return ret;
}

/* NULL: there is nothing to add. */
static FILE *with_worlds(FILE *kernels)
{
	struct symbols *s = calloc(1, sizeof(*s));
	FILE *file = NULL;

	if (s)
		s->text = ask_world(&s->len);
	if (s && s->len)
		file = fopencookie(
			s, "r",
			(cookie_io_functions_t){ .read = read_symbols, .close = close_symbols });
	if (file) {
		s->kernels = kernels;
	} else if (s) {
		free(s->text);
		free(s);
	}
	return file;
}

FILE *preload_with_symbols(FILE *file, const char *path, const char *mode)
{
	int saved = errno;
	FILE *more;

	if (!path || strcmp(path, "/proc/kallsyms") || *mode != 'r')
		return file;
	more = with_worlds(file);
	errno = saved;
	return more ? more : file;
}
