/* SPDX-License-Identifier: BSD-2-Clause */
/* bpf(2) as a hostile caller makes it (attr_calls.h), in one process with the world. */
#include <stdlib.h>

#include "attr_calls.h"
#include "skep/skep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static long bpf(void *world, int cmd, union bpf_attr *attr, unsigned int size)
{
	return skep_bpf(world, cmd, attr, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct skep_world_opts opts = { .size = sizeof(opts), .nr_cpus = 2 };
	struct skep_world *world = skep_world_new(&opts);

	if (!world)
		abort();
	attr_calls(data, size, bpf, world);
	skep_world_free(world);
	return 0;
}
