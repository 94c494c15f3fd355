/* SPDX-License-Identifier: BSD-2-Clause */
/* Fields of contexts in words: which one lies at an offset, and who may touch it. */
#ifndef SKEP_CLI_CTX_WORDS_H
#define SKEP_CLI_CTX_WORDS_H

#include "base/strbuf.h"

struct ctx_touch {
	uint32_t prog_type;
	long long off;
	bool write;
};

/* "`data_meta`", or "these bytes". */
void ctx_field_words(const struct ctx_touch *t, struct strbuf *out);
/* "programs of type sched_cls and sched_act may", "no program may", "only in pieces of 4 bytes". */
void ctx_who_words(const struct ctx_touch *t, struct strbuf *out);

#endif
