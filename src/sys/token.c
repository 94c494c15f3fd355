/* SPDX-License-Identifier: BSD-2-Clause */
/* TOKEN_CREATE: tokens are made from a mounted bpf file system, and a world has none. */
#include "sys/sys.h"

long skep__sys_token_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct fd_id id;
	int err;

	if (attr->token_create.flags)
		return -EINVAL;
	err = call->client->ops->identify_fd(call->client, attr->token_create.bpffs_fd, &id);
	return err ? err : -EINVAL;
}
