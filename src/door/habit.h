/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread's calls read far from the attr. A loop that updates elements has its value in the
 * same place each time, and what was read by the last two calls of a kind is read together with
 * the attr by the next: a guess, which costs little when it is wrong.
 */
#ifndef SKEP_DOOR_HABIT_H
#define SKEP_DOOR_HABIT_H

#include "sys/client.h"

#define HABIT_RANGES 2
#define HABIT_BYTES 256 /* of one of them */

struct habit_reads {
	struct memory_range ranges[HABIT_RANGES];
	u32 nr; /* more than HABIT_RANGES: nothing that can be kept */
};

/* All-zero to begin with. */
struct habit {
	int cmd; /* that read this */
	u32 times; /* one after the other */
	struct habit_reads reads;
};

void skep__habit_note(struct habit_reads *reads, u64 addr, size_t len);
void skep__habit_learn(struct habit *h, int cmd, const struct habit_reads *reads);

/* What a call with this command will read, or nothing. */
void skep__habit_guess(const struct habit *h, int cmd, struct habit_reads *out);

#endif
