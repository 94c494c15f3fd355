/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of docs/ that are made from tables: what the programs that make them have in common. */
#ifndef DOC_FILE_H
#define DOC_FILE_H

#include "base/strbuf.h"

/*
 * Does what the arguments say with the page's text: `--write FILE`, or `--check FILE`, which fails
 * when the file is not that text. The program's exit code.
 */
int doc_file(int argc, char **argv, const struct strbuf *text);

#endif
