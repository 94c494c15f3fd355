/* SPDX-License-Identifier: BSD-2-Clause */
#include "doc-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check(const char *path, const struct strbuf *sb)
{
	size_t room = sb->len + 2;
	char *text = malloc(room);
	FILE *f = fopen(path, "r");
	size_t len = f && text ? fread(text, 1, room, f) : 0;
	bool same = text && len == sb->len && !memcmp(text, sb->text, len);

	if (f)
		fclose(f);
	free(text);
	if (!same)
		fprintf(stderr, "%s is not what its table says: run ./dev docs\n", path);
	return same ? 0 : 1;
}

static int write_file(const char *path, const struct strbuf *sb)
{
	FILE *f = fopen(path, "w");
	bool ok = f && fwrite(sb->text, 1, sb->len, f) == sb->len;

	if (f && fclose(f))
		ok = false;
	if (!ok)
		perror(path);
	return ok ? 0 : 1;
}

int doc_file(int argc, char **argv, const struct strbuf *text)
{
	if (argc != 3 || (strcmp(argv[1], "--write") && strcmp(argv[1], "--check"))) {
		fprintf(stderr, "usage: %s --write|--check FILE\n", argv[0]);
		return 2;
	}
	if (text->truncated)
		return 1;
	return strcmp(argv[1], "--write") ? check(argv[2], text) : write_file(argv[2], text);
}
