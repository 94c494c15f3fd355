/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client in another process that says to the world's socket whatever it is told to. Its process
 * stays for all inputs, and is replaced when what was written into its memory has ended it.
 */
#ifndef TESTS_FUZZ_VISITOR_H
#define TESTS_FUZZ_VISITOR_H

#include <stdint.h>

/* Memory of both processes, at an address that inputs can name. */
#define ARENA ((uint8_t *)0x7d0000000000)
#define ARENA_SIZE 16384

enum visit_how {
	VISIT_WAITS = 0, /* for the answer */
	VISIT_LEAVES = 1, /* without hearing it */
	VISIT_SAYS_NO_MORE = 2, /* waits, but has shut down its side */
	VISIT_BRINGS_FD = 4, /* one comes along with the message */
	VISIT_REPEATS = 8, /* says everything twice */
};

struct visit {
	uint32_t how; /* enum visit_how, or-ed */
	uint32_t size; /* of the message */
	uint8_t message[120];
};

/* The process's id, after it was started if need be; -1: it cannot be. */
int visitor_pid(void);
/* One visit, from its beginning to its end, at the socket that DOOR_VARIABLE names. */
void visitor_go(const char *name, const struct visit *v);

#endif
