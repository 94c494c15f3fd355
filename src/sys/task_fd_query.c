/* SPDX-License-Identifier: BSD-2-Clause */
/* TASK_FD_QUERY: which program an fd of a process stands for. No fd stands for one yet. */
#include <stdio.h>
#include <sys/stat.h>

#include "sys/sys.h"

static bool process_exists(u32 pid)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u", pid);
	return stat(path, &st) == 0;
}

static int identify(u32 pid, u32 fd, struct fd_id *id)
{
	char path[48];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%u/fd/%u", pid, fd);
	if (stat(path, &st))
		return -EBADF;
	*id = (struct fd_id){ .dev = st.st_dev, .ino = st.st_ino };
	return 0;
}

long skep__sys_task_fd_query(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct object *obj;
	struct fd_id id;
	int err;

	if (attr->task_fd_query.flags)
		return -EINVAL;
	if (!process_exists(attr->task_fd_query.pid))
		return -ENOENT;
	err = identify(attr->task_fd_query.pid, attr->task_fd_query.fd, &id);
	if (err)
		return err;
	obj = skep__world_get_by_fd(call->world, &id);
	/* A perf event without a program, or nothing that has one. */
	err = obj && obj->kind == OBJ_EVENT ? -ENOENT : -ENOTSUPP;
	if (obj)
		object_put(obj);
	return err;
}
