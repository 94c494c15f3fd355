/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps that programs of some types may not use, whatever they do with them. */
#include "map/arena.h"
#include "verify/lock.h"

/* Programs that may run anywhere, also while the same lock is held. */
static bool is_tracing(u32 type)
{
	switch (type) {
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT:
	case BPF_PROG_TYPE_PERF_EVENT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return true;
	default:
		return false;
	}
}

static bool may_sleep_with(u32 map_type)
{
	switch (map_type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
	case BPF_MAP_TYPE_INODE_STORAGE:
	case BPF_MAP_TYPE_SK_STORAGE:
	case BPF_MAP_TYPE_TASK_STORAGE:
	case BPF_MAP_TYPE_CGRP_STORAGE:
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_ARENA:
		return true;
	default:
		return false;
	}
}

static int check_arena(struct verify_env *env, const struct verify_map *map)
{
	if (env->arena)
		return skep__vfail(env, -EBUSY, "Only one arena per program\n");
	if (!env->allow_ptr_leaks || !env->capable)
		return skep__vfail(env, -EPERM,
				   "CAP_BPF and CAP_PERFMON are required to use arena\n");
	if (!arena_user_start(map->map))
		return skep__vfail(env, -EINVAL,
				   "arena's user address must be set via map_extra or mmap()\n");
	env->arena = map;
	return 0;
}

static int check_map(struct verify_env *env, const struct verify_map *map)
{
	u32 fields = map->record ? map->record->mask : 0, type = env->prog->type;
	bool tracing = is_tracing(type);

	if (map->def->type == BPF_MAP_TYPE_STRUCT_OPS)
		return skep__vfail(env, -EINVAL, "bpf_struct_ops map cannot be used in prog\n");
	if (fields & BTF_FIELD_ROOTS && tracing)
		return skep__vfail(env, -EINVAL,
				   "tracing progs cannot use bpf_{list_head,rb_root} yet\n");
	if (fields & (BTF_FIELD_SPIN_LOCK | BTF_FIELD_RES_SPIN_LOCK) &&
	    type == BPF_PROG_TYPE_SOCKET_FILTER)
		return skep__vfail(env, -EINVAL,
				   "socket filter progs cannot use bpf_spin_lock yet\n");
	if (fields & BTF_FIELD_SPIN_LOCK && tracing)
		return skep__vfail(env, -EINVAL, "tracing progs cannot use bpf_spin_lock yet\n");
	if (fields & BTF_FIELD_TIMER && tracing)
		return skep__vfail(env, -EINVAL, "tracing progs cannot use bpf_timer yet\n");
	if (fields & BTF_FIELD_WQ && tracing)
		return skep__vfail(env, -EINVAL, "tracing progs cannot use bpf_wq yet\n");
	if (env->prog->sleepable && !may_sleep_with(map->def->type))
		return skep__vfail(env, -EINVAL,
				   "Sleepable programs can only use array, hash, ringbuf and local "
				   "storage maps\n");
	return map->def->type == BPF_MAP_TYPE_ARENA ? check_arena(env, map) : 0;
}

int skep__check_maps(struct verify_env *env)
{
	int err = 0;

	for (u32 i = 0; i < env->prog->nr_maps && !err; i++)
		err = check_map(env, &env->in->maps[i]);
	return err;
}
