/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict.h"

#include <stddef.h>

struct row {
	int32_t retval;
	struct verdict verdict;
};

static const struct row xdp[] = {
	{ 0, { "XDP_ABORTED", false } }, { 1, { "XDP_DROP", false } },	  { 2, { "XDP_PASS", true } },
	{ 3, { "XDP_TX", true } },	 { 4, { "XDP_REDIRECT", true } }, { -1, { "unknown (dropped)", false } },
};

static const struct row tc[] = {
	{ -1, { "TC_ACT_UNSPEC", true } },   { 0, { "TC_ACT_OK", true } },	 { 1, { "TC_ACT_RECLASSIFY", true } },
	{ 2, { "TC_ACT_SHOT", false } },     { 3, { "TC_ACT_PIPE", true } },	 { 4, { "TC_ACT_STOLEN", false } },
	{ 5, { "TC_ACT_QUEUED", false } },   { 6, { "TC_ACT_REPEAT", false } }, { 7, { "TC_ACT_REDIRECT", true } },
	{ 8, { "TC_ACT_TRAP", false } },     { -2, { "unknown (passed)", true } },
};

/* A socket filter returns how many bytes the socket gets. */
static const struct row filter[] = {
	{ 0, { "dropped", false } },
	{ 1, { "accepted", true } },
};

static const struct row *rows_of(enum bpf_prog_type type, int *count)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
		*count = sizeof(xdp) / sizeof(xdp[0]);
		return xdp;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		*count = sizeof(tc) / sizeof(tc[0]);
		return tc;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		*count = sizeof(filter) / sizeof(filter[0]);
		return filter;
	default:
		*count = 0;
		return NULL;
	}
}

bool verdicts_known(enum bpf_prog_type type)
{
	int count;

	return rows_of(type, &count) != NULL;
}

int verdict_of(enum bpf_prog_type type, uint32_t retval)
{
	int count;
	const struct row *rows = rows_of(type, &count);

	for (int i = 0; i < count - 1; i++) {
		if (rows[i].retval == (int32_t)retval)
			return i;
	}
	return count - 1;
}

const struct verdict *verdict_at(enum bpf_prog_type type, int index)
{
	int count;
	const struct row *rows = rows_of(type, &count);

	return index < count ? &rows[index].verdict : NULL;
}
