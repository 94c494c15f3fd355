/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/habit.h"

#define TIMES_MIN 2
#define NEVER (HABIT_RANGES + 1)

void skep__habit_note(struct habit_reads *reads, u64 addr, size_t len)
{
	if (reads->nr >= HABIT_RANGES || len > HABIT_BYTES)
		reads->nr = NEVER;
	else
		reads->ranges[reads->nr++] = (struct memory_range){ addr, len };
}

static bool are_same(const struct habit_reads *a, const struct habit_reads *b)
{
	if (a->nr != b->nr)
		return false;
	for (u32 i = 0; i < a->nr; i++) {
		if (a->ranges[i].addr != b->ranges[i].addr || a->ranges[i].len != b->ranges[i].len)
			return false;
	}
	return true;
}

/* Calls between that read nothing far do not count: a loop may look up before it updates. */
void skep__habit_learn(struct habit *h, int cmd, const struct habit_reads *reads)
{
	bool is_kept = reads->nr && reads->nr <= HABIT_RANGES;

	if (h->cmd == cmd && is_kept && are_same(&h->reads, reads)) {
		h->times = min(h->times + 1, TIMES_MIN);
	} else if (h->cmd == cmd || is_kept) {
		h->cmd = cmd;
		h->times = is_kept;
		h->reads = is_kept ? *reads : (struct habit_reads){ 0 };
	}
}

void skep__habit_guess(const struct habit *h, int cmd, struct habit_reads *out)
{
	out->nr = 0;
	if (h->cmd == cmd && h->times >= TIMES_MIN)
		*out = h->reads;
}
