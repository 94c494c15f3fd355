/* SPDX-License-Identifier: BSD-2-Clause */
/* A loaded program as text: what the world tells about it through OBJ_GET_INFO_BY_FD. */
#ifndef SKEP_CLI_PROG_TEXT_H
#define SKEP_CLI_PROG_TEXT_H

struct prog_text;
struct strbuf;

struct prog_text *prog_text_new(int prog_fd); /* NULL: cannot be read; errno */
/* The name of the program's n-th function; NULL: there is none, or its name is not known. */
const char *prog_text_func_at(const struct prog_text *text, unsigned int n);
void prog_text_print(const struct prog_text *text, struct strbuf *out);
void prog_text_free(struct prog_text *text);

#endif
