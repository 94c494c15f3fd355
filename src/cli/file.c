/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* fopen(3) opens directories too, and fails at the first read. */
static FILE *open_for_reading(const char *path)
{
	struct stat st;
	FILE *f;

	if (!strcmp(path, "-"))
		return stdin;
	f = fopen(path, "rb");
	if (!f || fstat(fileno(f), &st)) {
		complain("%s: %m", path);
	} else if (S_ISDIR(st.st_mode)) {
		complain("%s: a file is needed, this is a directory", path);
	} else {
		return f;
	}
	if (f)
		fclose(f);
	return NULL;
}

static enum outcome read_all(FILE *f, const char *path, size_t most, struct bytes *out)
{
	size_t room = 0;

	for (;;) {
		size_t got;

		if (out->size + 1 >= room) {
			unsigned char *bigger;

			room = room ? room * 2 : 4096;
			bigger = realloc(out->data, room);
			if (!bigger)
				return complain("%s: out of memory", path);
			out->data = bigger;
		}
		got = fread(out->data + out->size, 1, room - 1 - out->size, f);
		out->size += got;
		if (out->size > most)
			return complain("%s: more than %zu bytes", path, most);
		if (ferror(f))
			return complain("%s: %m", path);
		if (got == 0)
			break;
	}
	out->data[out->size] = '\0';
	return GOOD;
}

enum outcome file_read(const char *path, size_t most, struct bytes *out)
{
	FILE *f = open_for_reading(path);
	enum outcome ret;

	*out = (struct bytes){ 0 };
	if (!f)
		return BAD_INPUT;
	ret = read_all(f, path, most, out);
	if (f != stdin)
		fclose(f);
	if (ret)
		bytes_free(out);
	return ret;
}

enum outcome file_write(const char *path, const void *data, size_t size)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "wb") : stdout;
	bool bad;

	if (!f)
		return complain("%s: %m", path);
	bad = fwrite(data, 1, size, f) != size || fflush(f);
	if (f != stdout)
		bad = fclose(f) || bad;
	return bad ? complain("%s: %m", path) : GOOD;
}

void bytes_free(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}
