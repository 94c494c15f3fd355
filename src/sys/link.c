/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on links, and those that make a link another way. No hook makes one yet, so no fd is a
 * link's and no id either: the answers are those of a kernel in which nothing is attached.
 */
#include <limits.h>
#include <string.h>

#include "sys/sys.h"

/* Every fd that there is belongs to something else. */
static int no_link(struct call *call, int fd)
{
	struct fd_id id;
	int err = call->client->ops->identify_fd(call->client, fd, &id);

	return err ? err : -EINVAL;
}

long skep__sys_link_update(struct call *call)
{
	const union bpf_attr *attr = &call->attr;

	return attr->link_update.flags & ~BPF_F_REPLACE ? -EINVAL
							: no_link(call, attr->link_update.link_fd);
}

long skep__sys_link_detach(struct call *call)
{
	return no_link(call, call->attr.link_detach.link_fd);
}

long skep__sys_iter_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr;

	return attr->iter_create.flags ? -EINVAL : no_link(call, attr->iter_create.link_fd);
}

long skep__sys_link_get_fd_by_id(struct call *call)
{
	return -ENOENT;
}

long skep__sys_link_get_next_id(struct call *call)
{
	return call->attr.start_id >= INT_MAX ? -EINVAL : -ENOENT;
}

static bool is_raw_tracepoint(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       prog_type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

long skep__sys_raw_tracepoint_open(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	char name[128];
	int err;
	struct object *obj =
		skep__call_object(call, attr->raw_tracepoint.prog_fd, OBJ_PROG, &err, NULL);

	if (!obj)
		return err;
	err = is_raw_tracepoint(to_prog(obj)->prog.type) ? -ENOENT
							 : -EINVAL; /* no tracepoint is there */
	object_put(obj);
	if (err == -ENOENT &&
	    skep__client_read_str(call->client, name, attr->raw_tracepoint.name, sizeof(name)) < 0)
		return -EFAULT;
	return err;
}
