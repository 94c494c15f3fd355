/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stack_trace map's program side: stores a call chain that a hook has captured and returns its
 * id, as bpf_get_stackid does from the moment it has the chain.
 */
#ifndef SKEP_MAP_STACK_TRACE_H
#define SKEP_MAP_STACK_TRACE_H

#include "map/map.h"

#define STACK_TRACE_MAX_DEPTH 127 /* kernel.perf_event_max_stack as it ships */

/*
 * ips: innermost first, nr of them; flags: BPF_F_SKIP_FIELD_MASK, BPF_F_FAST_STACK_CMP,
 * BPF_F_REUSE_STACKID (the others are the capturer's). Returns the id, or -EINVAL (unknown flags),
 * -EFAULT (nothing left after skipping), -EEXIST (another stack has that id), -ENOMEM. (data plane)
 */
s64 skep__stack_trace_store(struct map *map, const u64 *ips, u32 nr, u64 flags);

#endif
