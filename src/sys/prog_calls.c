/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2) as a program calls it. The attr and what it points to lie in the memory of the program, in
 * this process; fds are those of the client who asked for the run. A log is written into that
 * client's memory, as in the kernel. The attr itself is not written: the verifier knows it as
 * memory that is read.
 */
#include "sys/prog_calls.h"

#include <unistd.h>

struct prog_client {
	struct client client;
	struct client *outer;
	const struct call *run; /* of the program */
	u64 size_of_log; /* where the attr has room for it */
};

/* How a light skeleton's context begins (libbpf's bpf_loader_ctx). */
struct loader_ctx {
	u32 size, flags, log_level, log_size;
	u64 log_buf;
};

static struct client *outer_of(struct client *c)
{
	return ((struct prog_client *)c)->outer;
}

static int read_own(struct client *c, void *to, u64 addr, size_t len)
{
	return skep__client_self.read(c, to, addr, len);
}

/* Does whoever asked for the run offer that memory for a log? */
static bool is_offered(const struct call *run, u64 addr, size_t len)
{
	struct loader_ctx ctx;
	u64 off;

	if (run->attr.test.ctx_size_in < sizeof(ctx) ||
	    client_read(run->client, &ctx, run->attr.test.ctx_in, sizeof(ctx)))
		return false;
	off = addr - ctx.log_buf;
	return off <= ctx.log_size && len <= ctx.log_size - off;
}

/*
 * The address is the program's word. It can harm nobody but the client, who asked for it; in one
 * process with the world that is not enough, because the world's memory is the client's, too.
 */
static int write_outer(struct client *c, u64 addr, const void *from, size_t len)
{
	struct prog_client *p = container_of(c, struct prog_client, client);

	if (addr == p->size_of_log && len == sizeof(u32))
		return -EFAULT;
	if (p->outer->ops == &skep__client_self && !is_offered(p->run, addr, len))
		return -EFAULT;
	return client_write(p->outer, addr, from, len);
}

static u32 uid_of_outer(struct client *c, enum uid_kind kind)
{
	return outer_of(c)->ops->uid(outer_of(c), kind);
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
	.write = write_outer,
	.uid = uid_of_outer,
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

static u64 size_of_log(int cmd, const void *attr)
{
	u64 off = cmd == BPF_BTF_LOAD ? offsetof(union bpf_attr, btf_log_true_size)
				      : offsetof(union bpf_attr, log_true_size);

	return (u64)(uintptr_t)attr + off;
}

static long prog_bpf(void *caller, int cmd, const void *attr, u32 size)
{
	const struct call *outer = caller;
	struct prog_client client = { .client = { .ops = &prog_client_ops,
						  .tid = outer->client->tid },
				      .outer = outer->client,
				      .run = outer,
				      .size_of_log = size_of_log(cmd, attr) };
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
