/* SPDX-License-Identifier: BSD-2-Clause */
/* What a packet program's return value means for the packet. */
#ifndef SKEP_CLI_VERDICT_H
#define SKEP_CLI_VERDICT_H

#include <bpf/libbpf.h>
#include <stdbool.h>
#include <stdint.h>

struct verdict {
	const char *name; /* "XDP_PASS" */
	bool goes_on; /* the packet passed, or was transmitted somewhere */
};

#define MAX_VERDICTS 12

/* Can captures be run through programs of this type? */
bool verdicts_known(enum bpf_prog_type type);

/* Index of the verdict in the type's list; the last index stands for values without a name. */
int verdict_of(enum bpf_prog_type type, uint32_t retval);
const struct verdict *verdict_at(enum bpf_prog_type type, int index); /* NULL past the end */

#endif
