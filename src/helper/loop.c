/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that call back into the program: bpf_loop and bpf_for_each_map_elem. A callback ends the
 * iteration by returning non-zero; so does a run that was stopped inside one.
 */
#include "helper/arg.h"

#define LOOP_MAX (8 * 1024 * 1024) /* the kernel's BPF_MAX_LOOPS */

DEFINE_HELPER(loop)
{
	u32 nr = (u32)r1;
	u64 fn = r2, ctx = r3, flags = r4;

	if (flags)
		return result(-EINVAL);
	if (nr > LOOP_MAX)
		return result(-E2BIG);
	for (u32 i = 0; i < nr; i++) {
		if (run->callback(run, fn, i, ctx, 0, 0, 0) || run->aborted)
			return i + 1;
	}
	return nr;
}

struct each_elem {
	struct run *run;
	u64 fn, ctx;
};

static u64 call_elem(struct map *map, void *key, void *value, void *opaque)
{
	struct each_elem *each = opaque;
	struct run *run = each->run;

	return run->callback(run, each->fn, result_ptr(map), result_ptr(key), result_ptr(value),
			     each->ctx, 0) ||
	       run->aborted;
}

DEFINE_HELPER(for_each_map_elem)
{
	struct map *map = arg_map(r1);
	struct each_elem each = { .run = run, .fn = r2, .ctx = r3 };

	if (r4 || !map->ops->for_each)
		return result(-EINVAL);
	return result(map->ops->for_each(map, run->cpu, call_elem, &each));
}
