/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/verdict.h"

static const struct verdict verdicts[] = {
#define VERDICT(group, value, name, fate) { group, value, name, fate },
#include "cli/verdicts.def"
	/* The kernel treats an unknown action of XDP as aborted; of TC as TC_ACT_UNSPEC does
	   nothing. */
	{ XDP, 0, "unknown XDP action", ABORTED },
	{ TC, 0, "unknown TC action", PASSED },
	{ FILTER, 0, "dropped", DROPPED },
	{ FILTER, 1, "accepted", PASSED },
};

enum { UNKNOWN_XDP = COUNT(verdicts) - 4, UNKNOWN_TC, FILTER_DROPPED, FILTER_ACCEPTED };

_Static_assert(COUNT(verdicts) <= MAX_VERDICTS, "counters are arrays of MAX_VERDICTS");

enum verdict_group verdict_group(enum bpf_prog_type type)
{
	switch (type) {
	case BPF_PROG_TYPE_XDP:
		return XDP;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		return TC;
	case BPF_PROG_TYPE_SOCKET_FILTER:
		return FILTER;
	default:
		return NO_PACKETS;
	}
}

const struct verdict *verdict_of(enum verdict_group group, uint32_t retval)
{
	if (group == FILTER)
		return &verdicts[retval ? FILTER_ACCEPTED : FILTER_DROPPED];
	for (unsigned int i = 0; i < UNKNOWN_XDP; i++)
		if (verdicts[i].group == group && verdicts[i].value == (int32_t)retval)
			return &verdicts[i];
	return &verdicts[group == XDP ? UNKNOWN_XDP : UNKNOWN_TC];
}

const char *verdict_name(enum bpf_prog_type type, uint32_t retval)
{
	enum verdict_group group = verdict_group(type);

	return group == XDP || group == TC ? verdict_of(group, retval)->name : NULL;
}

unsigned int verdict_index(const struct verdict *v)
{
	return (unsigned int)(v - verdicts);
}

const struct verdict *verdict_at(unsigned int index)
{
	return index < COUNT(verdicts) ? &verdicts[index] : NULL;
}
