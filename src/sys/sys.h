/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf(2): from a command number and an attr in a client's memory to a handler, and back. This is
 * the only layer that knows union bpf_attr.
 */
#ifndef SKEP_SYS_SYS_H
#define SKEP_SYS_SYS_H

#include <sys/stat.h>

#include "hook/test_run.h"
#include "sys/client.h"
#include "world/world.h"

/* A world, with what its front door keeps between calls. The public API's opaque type. */
struct skep_world {
	bool trusts_pointers; /* skep_world_opts */
	struct world *world;
	struct test_benches benches; /* memory that test runs use again */
};

/* This process as the client of a world of its own. */
static inline struct client skep__self(const struct skep_world *w)
{
	return (struct client){ .ops = &skep__client_self, .trusted = w->trusts_pointers };
}

/* One call in progress. */
struct call {
	struct world *world;
	struct test_benches *benches;
	struct client *client;
	union bpf_attr attr; /* the handler's copy, zero behind what the caller gave */
	u64 uattr; /* where the caller's attr is, for results */
	u32 size; /* bytes of it that may be written back */
};

/* The system call: returns an fd of the client's, 0, or -errno. */
long skep__sys_bpf(struct skep_world *w, struct client *c, int cmd, u64 uattr, u32 size);

/* How far a command goes. */
enum command_state {
	WORKS,
	/* Checks everything, then answers as a kernel without the hook (attach_types.def). */
	NO_HOOKS,
	/* Checks everything; tokens come from a mounted bpf file system, which no world has. */
	NO_TOKENS,
};

/* The same, with the call's world, benches, client and uattr in place. */
long skep__sys_call(struct call *call, int cmd, u32 size);

/* No errno: the call is about something that is none of the world's. */
#define SYS_NOT_OURS (-4096)

/* The system calls around bpf(2), with the client's addresses and fds: what they return, or
 * SYS_NOT_OURS. */
long skep__sys_perf_event_open(struct skep_world *w, struct client *c, u64 uattr, int pid, int cpu,
			       int group_fd, u64 flags);
long skep__sys_ioctl(struct skep_world *w, struct client *c, int fd, u64 request);
long skep__sys_epoll_ctl(struct skep_world *w, struct client *c, int epfd, int op, int fd,
			 u64 uevent);
long skep__sys_mmap(struct skep_world *w, struct client *c, u64 length, int prot, int fd,
		    u64 offset);

/* The event's ring is that many bytes of its fd, with the header: 0 or -errno. With the world's
 * lock held. */
int skep__event_map(struct event_object *e, u64 length);

/* For clients that keep an epoll set out of reach: the bell of a ring (epoll.c), for them to put there (ADD: a new fd of
 * theirs) or to take out (DEL: 0). -EINVAL for anything else, or another -errno. */
long skep__sys_ring_bell(struct skep_world *w, struct client *c, int fd, int op);

/* Every handler: called with an attr whose unused tail is zero. */
typedef long sys_handler(struct call *call);

#define CMD(name, last, handler, state, since) sys_handler skep__sys_##handler;
#include "sys/commands.def"
#undef CMD

/* An O_PATH fd (and what else the flags say) of what the path means to the client, and where it is; -EPERM when that is
 * not in the world's file system for pins, or another -errno. */
int skep__open_among_pins(struct world *w, struct client *c, int dirfd, const char *path, int flags,
			  struct stat *st);

/* The object behind an fd of the client's, with a reference: NULL and *err = -EBADF or -EINVAL. */
struct object *skep__call_object(struct call *call, int fd, enum object_kind kind, int *err,
				 struct fd_id *id /* may be NULL */);

/* A new fd of the object in the client; drops the caller's reference. */
long skep__call_give(struct call *call, struct object *obj, int accmode);

/* Writes a field of attr back to the caller: 0 or -EFAULT. */
#define call_put_attr(call, field, value)                                                          \
	({                                                                                         \
		(call)->attr.field = (value);                                                      \
		client_write((call)->client, (call)->uattr + offsetof(union bpf_attr, field),      \
			     &(call)->attr.field, sizeof((call)->attr.field));                     \
	})

/* BPF_F_RDONLY and BPF_F_WRONLY of map and fd flags as an access mode, or -EINVAL for both. */
int skep__accmode_of(u32 flags);

/* A name of the kernel's: letters, digits, '_' and '.', ended within 16 bytes. 0 or -EINVAL. */
int skep__check_name(const char name[BPF_OBJ_NAME_LEN]);

#endif
