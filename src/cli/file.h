/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole files in memory; "-" is standard input or output. */
#ifndef SKEP_CLI_FILE_H
#define SKEP_CLI_FILE_H

#include "cli/cli.h"

struct bytes {
	unsigned char *data; /* owned; NUL behind the last byte; NULL before file_read */
	size_t size;
};

/* At most `most` bytes, or a complaint. Free with bytes_free. */
enum outcome file_read(const char *path, size_t most, struct bytes *out);
enum outcome file_write(const char *path, const void *data, size_t size);
void bytes_free(struct bytes *b);

#endif
