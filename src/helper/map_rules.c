/* SPDX-License-Identifier: BSD-2-Clause */
/* The rows of map_rules.def as sets of map types, bit n for BPF_MAP_TYPE number n. */
#include "base/uapi.h"
#include "helper/proto.h"

#define SET(name) (1ull << BPF_MAP_TYPE_##name)
static_assert(__MAX_BPF_MAP_TYPE <= 64, "a set of map types is one word");

/* clang-format off */
#define OF_MAPS		(SET(ARRAY_OF_MAPS) | SET(HASH_OF_MAPS))
#define DEVMAPS		(SET(DEVMAP) | SET(DEVMAP_HASH))
#define CPUMAP		SET(CPUMAP)
#define XSKMAP		SET(XSKMAP)
#define SOCKMAP		SET(SOCKMAP)
#define SOCKHASH	SET(SOCKHASH)
#define QUEUES		(SET(QUEUE) | SET(STACK))
#define BLOOM		SET(BLOOM_FILTER)
#define PERCPU		(SET(PERCPU_ARRAY) | SET(PERCPU_HASH) | SET(LRU_PERCPU_HASH))
#define PROGS		SET(PROG_ARRAY)
#define PERF		SET(PERF_EVENT_ARRAY)
#define RING		SET(RINGBUF)
#define USER_RING	SET(USER_RINGBUF)
#define STACKS		SET(STACK_TRACE)
#define CGROUPS		SET(CGROUP_ARRAY)
#define LOCAL_STORAGE	(SET(CGROUP_STORAGE) | SET(PERCPU_CGROUP_STORAGE))
#define REUSEPORT	SET(REUSEPORT_SOCKARRAY)
#define SK_STORAGE	SET(SK_STORAGE)
#define INODE_STORAGE	SET(INODE_STORAGE)
#define TASK_STORAGE	SET(TASK_STORAGE)
#define CGRP_STORAGE	SET(CGRP_STORAGE)

#define SPECIAL (OF_MAPS | DEVMAPS | CPUMAP | XSKMAP | SOCKMAP | SOCKHASH | QUEUES | BLOOM | PROGS | PERF | \
		 RING | USER_RING | STACKS | CGROUPS | LOCAL_STORAGE | REUSEPORT | SK_STORAGE | \
		 INODE_STORAGE | TASK_STORAGE | CGRP_STORAGE)
#define DATA (~SPECIAL)
/* clang-format on */

bool skep__helper_takes_map(u32 number, u32 map_type)
{
	static const u64 rules[__BPF_FUNC_MAX_ID] = {
#define MAP_RULE(helper, types) [BPF_FUNC_##helper] = types,
#include "helper/map_rules.def"
	};
	u64 types = number < ARRAY_SIZE(rules) && rules[number] ? rules[number] : DATA;

	return map_type < 64 && types >> map_type & 1;
}
