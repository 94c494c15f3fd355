/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_tail_call, inlined into each way of running programs. In the kernel's order, where it can be
 * told from outside: a call through an empty slot is not counted. That the target is of the right
 * kind was checked when it was put into the map; the map's memory is shared, so it is checked
 * again.
 */
#ifndef SKEP_EXEC_TAIL_CALL_H
#define SKEP_EXEC_TAIL_CALL_H

#include "exec/prog.h"
#include "helper/run.h"
#include "map/fd_array.h"

#define MAX_TAIL_CALLS 33 /* the kernel's MAX_TAIL_CALL_CNT */

/* Programs may follow one another that are of one class. Never 0. */
static inline u32 skep__tail_call_class(const struct prog *prog)
{
	return 1 + (prog->type << 1 | prog->xdp_has_frags);
}

/*
 * The program in slot `index`, which from then on is run->prog; NULL, and nothing counted, when
 * there is none or 33 tail calls were made in this run. (data plane)
 */
static inline const struct prog *skep__tail_call_target(struct run *run, struct map *map, u32 index)
{
	const struct prog *target;
	u32 id;

	if (map->def.type != BPF_MAP_TYPE_PROG_ARRAY || run->tail_calls >= MAX_TAIL_CALLS)
		return NULL;
	id = skep__fd_array_id(map, index);
	target = id < run->svc->nr_progs
			 ? atomic_load_explicit(&run->svc->progs[id], memory_order_acquire)
			 : NULL;
	if (!target || skep__tail_call_class(target) != skep__tail_call_class(run->prog))
		return NULL;
	if ((!run->frames && !target->jit) || (target->checked_only && !run->checker))
		return NULL;
	run->tail_calls++;
	run->prog = target;
	return target;
}

#endif
