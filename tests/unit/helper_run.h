/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A run to call helpers in: services with answers that a test knows beforehand, and the call
 * itself, by helper number as a program makes it.
 */
#ifndef TESTS_HELPER_RUN_H
#define TESTS_HELPER_RUN_H

#include <stdio.h>
#include <string.h>

#include "base/uapi.h"
#include "helper/proto.h"
#include "helper/run.h"

/* What the services below were asked and told. */
struct told {
	u32 task_questions;
	char trace[2048];
};

static inline u64 told_clock(void *opaque, clockid_t clock)
{
	return 1000000000ull + clock;
}

static inline u64 told_jiffies(void *opaque)
{
	return 4294667296ull;
}

static inline u32 told_random(void *opaque)
{
	return 0xdecafbad;
}

static inline void told_task(const struct services *svc, struct task *out)
{
	struct told *told = svc->opaque;

	told->task_questions++;
	*out = (struct task){ .pid = 11, .tgid = 10, .uid = 1000, .gid = 100, .comm = "beekeeper" };
}

static inline void told_trace(const struct services *svc, const char *line, size_t len)
{
	struct told *told = svc->opaque;
	size_t at = strlen(told->trace);

	snprintf(told->trace + at, sizeof(told->trace) - at, "%.*s", (int)len, line);
}

static inline struct services told_services(struct told *told)
{
	return (struct services){
		.opaque = told,
		.clock_ns = told_clock,
		.jiffies = told_jiffies,
		.random = told_random,
		.current_task = told_task,
		.trace = told_trace,
	};
}

static inline s64 call_as(struct run *run, u32 prog_type, u32 nr, u64 r1, u64 r2, u64 r3, u64 r4,
			  u64 r5)
{
	return (s64)skep__helper_for(nr, prog_type)->fn(r1, r2, r3, r4, r5, run);
}

#define CALL(run, name, r1, r2, r3, r4, r5)                                                        \
	call_as(run, BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_##name, (u64)(r1), (u64)(r2), (u64)(r3),    \
		(u64)(r4), (u64)(r5))

#endif
