/* SPDX-License-Identifier: BSD-2-Clause */
/* Ids, pins and statistics: commands that look at objects from outside. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "sys/sys.h"

static long get_next_id(struct call *call, enum object_kind kind)
{
	if (call->attr.start_id >= INT_MAX)
		return -EINVAL;
	skep__world_sweep(call->world);
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
	return get_next_id(call, OBJ_BTF);
}

static long get_fd_by_id(struct call *call, enum object_kind kind, u32 id, int accmode)
{
	struct object *obj;

	skep__world_sweep(call->world);
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
	return get_fd_by_id(call, OBJ_BTF, call->attr.btf_id, O_RDWR);
}

/* The object of any kind that can be pinned. */
static struct object *pinnable(struct call *call, int fd, int *err, struct fd_id *id)
{
	struct object *obj = skep__call_object(call, fd, OBJ_MAP, err, id);

	return obj || *err == -EBADF ? obj : skep__call_object(call, fd, OBJ_PROG, err, id);
}

/* 0 or -errno; pins are a private name space, so no directory has to exist. */
static long read_path(struct call *call, char path[PATH_MAX])
{
	s64 len = skep__client_read_str(call->client, path, call->attr.pathname, PATH_MAX);

	if (len < 0)
		return len;
	if (len == 0)
		return -ENOENT;
	return len == PATH_MAX - 1 ? -ENAMETOOLONG : 0;
}

long skep__sys_obj_pin(struct call *call)
{
	char path[PATH_MAX];
	int err;

	/* BPF_F_PATH_FD names a directory of a real file system, which these pins do not live in. */
	if (call->attr.file_flags || call->attr.path_fd)
		return -EINVAL;
	struct object *obj = pinnable(call, call->attr.bpf_fd, &err, NULL);
	if (!obj)
		return err == -EBADF ? -EINVAL : err; /* no file is as bad as one that is no object */
	err = read_path(call, path);
	if (!err)
		err = skep__world_pin(call->world, path, obj);
	object_put(obj);
	return err;
}

long skep__sys_obj_get(struct call *call)
{
	int accmode = skep__accmode_of(call->attr.file_flags);
	char path[PATH_MAX];

	if (call->attr.bpf_fd || call->attr.path_fd ||
	    call->attr.file_flags & ~(u32)(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	if (accmode < 0)
		return accmode;
	long err = read_path(call, path);
	if (err)
		return err;
	struct object *obj = skep__world_get_pinned(call->world, path);
	if (!obj)
		return -ENOENT;
	return skep__call_give(call, obj, obj->kind == OBJ_MAP ? accmode : O_RDWR);
}

long skep__sys_enable_stats(struct call *call)
{
	if (call->attr.enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	object_get(&call->world->stats);
	return skep__call_give(call, &call->world->stats, O_RDWR);
}
