/* SPDX-License-Identifier: BSD-2-Clause */
/* What return values mean, by program type. */
#ifndef SKEP_CLI_VERDICT_H
#define SKEP_CLI_VERDICT_H

#include <bpf/libbpf.h>

#include "cli/cli.h"

enum fate { DROPPED, PASSED, SENT, REDIRECTED, ABORTED };

enum verdict_group { NO_PACKETS, XDP, TC, FILTER };

struct verdict {
	enum verdict_group group;
	int32_t value;
	const char *name;
	enum fate fate;
};

enum verdict_group verdict_group(enum bpf_prog_type type);

/* Never NULL: values without a name are what the kernel takes them for. */
const struct verdict *verdict_of(enum verdict_group group, uint32_t retval);

/* "XDP_PASS", or NULL when the type's return values have no names. */
const char *verdict_name(enum bpf_prog_type type, uint32_t retval);

/* All verdicts of the table and behind them those without a row: for counting. */
enum { MAX_VERDICTS = 32 };
unsigned int verdict_index(const struct verdict *v);
const struct verdict *verdict_at(unsigned int index); /* NULL past the last */

#endif
