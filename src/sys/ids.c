/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids and statistics: commands that look at objects from outside. */
#include <fcntl.h>
#include <limits.h>

#include "sys/sys.h"

static long get_next_id(struct call *call, enum object_kind kind)
{
	if (call->attr.start_id >= INT_MAX)
		return -EINVAL;
	skep__world_settle(call->world);
	u32 id = skep__world_next_id(call->world, kind, call->attr.start_id);
	return id ? call_put_attr(call, next_id, id) : -ENOENT;
}

long skep__sys_prog_get_next_id(struct call *call)
{
	return get_next_id(call, OBJ_PROG);
}

long skep__sys_map_get_next_id(struct call *call)
{
	return get_next_id(call, OBJ_MAP);
}

long skep__sys_btf_get_next_id(struct call *call)
{
	skep__world_show_kernel_btf(call->world);
	return get_next_id(call, OBJ_BTF);
}

static long get_fd_by_id(struct call *call, enum object_kind kind, u32 id, int accmode)
{
	struct object *obj;

	skep__world_settle(call->world);
	obj = skep__world_get(call->world, kind, id);
	return obj ? skep__call_give(call, obj, accmode) : -ENOENT;
}

long skep__sys_prog_get_fd_by_id(struct call *call)
{
	return get_fd_by_id(call, OBJ_PROG, call->attr.prog_id, O_RDWR);
}

long skep__sys_map_get_fd_by_id(struct call *call)
{
	int accmode = skep__accmode_of(call->attr.open_flags);

	if (call->attr.open_flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	return accmode < 0 ? accmode : get_fd_by_id(call, OBJ_MAP, call->attr.map_id, accmode);
}

long skep__sys_btf_get_fd_by_id(struct call *call)
{
	/* BPF_F_TOKEN_FD is the only flag, and there are no tokens. */
	if (call->attr.open_flags)
		return -EINVAL;
	if (call->attr.btf_id == KERNEL_BTF_ID)
		skep__world_show_kernel_btf(call->world);
	return get_fd_by_id(call, OBJ_BTF, call->attr.btf_id, O_RDWR);
}

long skep__sys_enable_stats(struct call *call)
{
	if (call->attr.enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	object_get(&call->world->stats);
	atomic_store(&call->world->gave_stats, true);
	return skep__call_give(call, &call->world->stats, O_RDWR);
}
