/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of explored.h, for those who write down and those who look up. */
#ifndef TESTS_VERIFIER_EXPLORED_ROWS_H
#define TESTS_VERIFIER_EXPLORED_ROWS_H

#include "verify/state.h"

#define BUCKETS (1 << 14)
#define NOTHING UINT32_MAX /* in a row: nobody wants to know */
#define SAVED_REGS 0x3c0 /* R6 to R9, which callers get back */

/* A slot; or a register, without kinds of bytes. */
struct known {
	struct known *chain; /* in the bucket */
	u64 hash;
	u32 number;
	struct slot slot;
};

/* A state: numbers of what is known, frame by frame registers and then slots. */
struct row {
	struct row *next; /* of the place */
	struct row *chain; /* in the bucket */
	const struct place *place;
	u64 hash;
	u32 nr_slots[MAX_CALL_FRAMES];
	u32 cells[];
};

struct place {
	struct place *next; /* at the instruction */
	u32 insn, depth;
	bool begins_global; /* runs may be deeper */
	struct {
		u32 sub, callsite;
		u16 live_regs;
	} frames[MAX_CALL_FRAMES];
	struct row *first, *last;
	struct row *cursor; /* that fitted last: runs and verifications go the same ways */
};

#endif
