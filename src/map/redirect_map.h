/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Maps that XDP programs redirect through: devmap, devmap_hash, cpumap, xskmap. An element says
 * where a packet goes (an interface, a CPU's queue, a socket) and, where values have 8 bytes, which
 * program it meets there. bpf(2)'s callers pass that program's fd, which the sys layer turns into
 * its id; whether the interface or the program exists is the sys layer's to find out.
 */
#ifndef SKEP_MAP_REDIRECT_MAP_H
#define SKEP_MAP_REDIRECT_MAP_H

#include "map/map.h"

/* An element, as it lies in shared memory and as struct bpf_devmap_val and bpf_cpumap_val lie. */
struct redirect_val {
	u32 target; /* ifindex, or size of the CPU's queue; 0: no element */
	u32 prog; /* fd or id; 0: none */
};

#define CPUMAP_MAX_QUEUE 16384

/* Does the map take programs, which then must fit the ones that use it? (the kernel's rule) */
static inline bool redirect_map_has_progs(const struct map_def *def)
{
	switch (def->type) {
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
		return def->value_size == sizeof(struct redirect_val);
	default:
		return false;
	}
}

/* The errors of an update that come before what the value names is looked for, in the kernel's
 * order. */
int skep__redirect_map_check_update(struct map *map, const void *key, struct redirect_val val,
				    u64 flags);

#endif
