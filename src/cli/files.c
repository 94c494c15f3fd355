/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/run.h"

static void *read_stream(FILE *in, size_t *size)
{
	size_t cap = 4096, n;
	char *data = malloc(cap);

	*size = 0;
	while (data && (n = fread(data + *size, 1, cap - *size, in)) > 0) {
		*size += n;
		if (*size == cap) {
			char *more = realloc(data, cap *= 2);

			if (!more)
				free(data);
			data = more;
		}
	}
	return data;
}

void *read_file(const char *path, size_t *size)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *in = is_stdin ? stdin : fopen(path, "rbe");
	void *data = in ? read_stream(in, size) : NULL;

	if (!in || ferror(in)) {
		fail("%s: %s", is_stdin ? "standard input" : path, strerror(errno));
		free(data);
		data = NULL;
	}
	if (in && !is_stdin)
		fclose(in);
	return data;
}

bool write_file(const char *path, const void *data, size_t size)
{
	bool is_stdout = !strcmp(path, "-");
	FILE *out = is_stdout ? stdout : fopen(path, "wbe");
	bool ok = out && fwrite(data, 1, size, out) == size;

	if (out && (is_stdout ? fflush(out) : fclose(out)))
		ok = false;
	if (!ok)
		fail("%s: %s", is_stdout ? "standard output" : path, strerror(errno));
	return ok;
}
