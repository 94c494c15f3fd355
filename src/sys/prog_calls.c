/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) as a program calls it. The attr and what it points to lie in the memory of the program, in
 * this process; fds are those of the client who asked for the run. Nothing is written through an
 * attr: its addresses are the program's word, and nobody has checked them (-EFAULT for logs).
 */
#include "sys/prog_calls.h"

#include <unistd.h>

struct prog_client {
	struct client client;
	struct client *outer;
};

static struct client *outer_of(struct client *c)
{
	return ((struct prog_client *)c)->outer;
}

static int read_own(struct client *c, void *to, u64 addr, size_t len)
{
	return skep__client_self.read(c, to, addr, len);
}

static int write_nothing(struct client *c, u64 addr, const void *from, size_t len)
{
	return -EFAULT;
}

static int identify_outer(struct client *c, int fd, struct fd_id *out)
{
	return outer_of(c)->ops->identify_fd(outer_of(c), fd, out);
}

static int borrow_outer(struct client *c, int fd)
{
	return outer_of(c)->ops->borrow_fd(outer_of(c), fd);
}

/* The run goes on: the fd is not the answer to the client's call. */
static int give_outer(struct client *c, int fd)
{
	return outer_of(c)->ops->add_fd(outer_of(c), fd);
}

static const struct client_ops prog_client_ops = {
	.read = read_own,
	.write = write_nothing,
	.identify_fd = identify_outer,
	.give_fd = give_outer,
	.borrow_fd = borrow_outer,
};

/* The kernel's list: what loading takes, and nothing that could run the program again. */
static bool may_call(int cmd)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
	case BPF_MAP_DELETE_ELEM:
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_PROG_LOAD:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_RAW_TRACEPOINT_OPEN:
		return true;
	default:
		return false;
	}
}

static long prog_bpf(void *caller, int cmd, const void *attr, u32 size)
{
	const struct call *outer = caller;
	struct prog_client client = { .client = { .ops = &prog_client_ops,
						  .uid = outer->client->uid,
						  .tid = outer->client->tid },
				      .outer = outer->client };
	struct call call = { .world = outer->world,
			     .benches = outer->benches,
			     .client = &client.client,
			     .uattr = (u64)(uintptr_t)attr };

	return may_call(cmd) ? skep__sys_call(&call, cmd, size) : -EINVAL;
}

/* In one process the world's own fds are among the caller's. */
static bool is_worlds_own(const struct call *call, const struct object *obj, u32 fd)
{
	return call->client->ops == &skep__client_self && obj->fd == (int)fd;
}

/* Programs close what they were given, and neither the world's own fds nor the client's others. */
static int prog_close(void *caller, u32 fd)
{
	struct call *call = caller;
	struct fd_id id;
	int err = call->client->ops->identify_fd(call->client, (int)fd, &id);
	struct object *obj = err ? NULL : skep__world_get_by_fd(call->world, &id);

	if (!obj)
		return -EBADF;
	err = -EBADF;
	if (call->client->ops->close_fd && !is_worlds_own(call, obj, fd))
		err = call->client->ops->close_fd(call->client, (int)fd);
	object_put(obj);
	return err;
}

static s64 find_type(void *caller, const char *name, u32 kind)
{
	const struct call *call = caller;
	const struct btf *btf = skep__world_kernel_btf(call->world);

	return btf ? skep__btf_find(btf, name, kind) : -EINVAL;
}

void skep__prog_calls_init(struct services *svc, struct call *call)
{
	svc->caller = call;
	svc->bpf = prog_bpf;
	svc->close_fd = prog_close;
	svc->find_type = find_type;
}
