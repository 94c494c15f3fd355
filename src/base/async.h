/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers and work queues of map values, as the data plane asks for them. Who runs the programs
 * keeps them (world/timers.h); a field of a map value has the number of one, and nothing else of a
 * field is believed.
 */
#ifndef SKEP_BASE_ASYNC_H
#define SKEP_BASE_ASYNC_H

#include <time.h>

#include "base/types.h"

struct map;
struct run;

enum async_kind { ASYNC_TIMER, ASYNC_WORK };

/* struct bpf_timer and struct bpf_wq, in shared memory. */
struct async_field {
	_Atomic u32 number; /* 0: none */
	u32 spare[3];
};
static_assert(sizeof(struct async_field) == 16, "as struct bpf_timer");

/*
 * The functions of the kernel's helpers, with their results. opaque is the services' own; callback
 * is an address as run's program has it.
 */
struct async_ops {
	int (*init)(void *opaque, enum async_kind kind, struct async_field *field, struct map *map,
		    void *value, clockid_t clock);
	int (*set_callback)(void *opaque, struct async_field *field, const struct run *run,
			    u64 callback);
	int (*start)(void *opaque, struct async_field *field, u64 ns, bool absolute);
	int (*cancel)(void *opaque, struct async_field *field);
	/* The value goes: waits for nobody. */
	void (*drop)(void *opaque, struct async_field *field);
};

#endif
