/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who calls bpf(2): the transports differ in how a handler reads the caller's memory and gives it fds,
 * and in nothing else. Every address and fd number is the caller's own and hostile: memory is read
 * once, into the handler's copy, and never looked at again.
 */
#ifndef SKEP_SYS_CLIENT_H
#define SKEP_SYS_CLIENT_H

#include "base/range.h"
#include "base/types.h"
#include "world/fds.h"

struct client;

/* Who the caller is to other users, and to files. */
enum uid_kind { UID_REAL, UID_OF_FILES };

/* 0 or -errno, where nothing else is said. */
struct client_ops {
	int (*read)(struct client *c, void *to, u64 addr, size_t len); /* -EFAULT */
	int (*write)(struct client *c, u64 addr, const void *from, size_t len); /* -EFAULT */
	int (*identify_fd)(struct client *c, int fd, struct fd_id *out); /* -EBADF */
	/* Takes fd over: the caller's number for it or -errno. It may be the call's answer already:
	 * nothing may be written after it. */
	int (*give_fd)(struct client *c, int fd);
	int (*add_fd)(struct client *c, int fd); /* the same in the middle of a call */
	int (*close_fd)(struct client *c, int fd); /* NULL: nobody can do that from here */
	/* The same description here, to close; or -EBADF, or -EPERM: it cannot be had from here. */
	int (*borrow_fd)(struct client *c, int fd);
	/* The file that the path means to the caller, by an O_PATH fd here, to close; or -errno.
	 * NULL: nobody asks. */
	int (*open_path)(struct client *c, int dirfd, const char *path, int flags);
	int (*open_maps)(struct client *c); /* the caller's /proc/PID/maps, to close; or -errno */
	/* These will be read in this call, perhaps: to be had at once, where each read costs a system
	 * call. NULL: where none does. */
	void (*expect)(struct client *c, const struct memory_range *ranges, u32 nr);
	u32 (*uid)(struct client *c, enum uid_kind kind); /* -1: cannot be told */
	/* Killed, or a signal waits to be handled. NULL: never. */
	bool (*is_interrupted)(struct client *c);
};

struct client {
	const struct client_ops *ops;
	u32 tid; /* the thread that called; 0: the calling one here */
	bool trusted; /* this process, which vouches for its pointers */
};

/* The caller is this very process and thread. */
extern const struct client_ops skep__client_self;

static inline int client_read(struct client *c, void *to, u64 addr, size_t len)
{
	return len ? c->ops->read(c, to, addr, len) : 0;
}
static inline int client_write(struct client *c, u64 addr, const void *from, size_t len)
{
	return len ? c->ops->write(c, addr, from, len) : 0;
}

/* A copy of len bytes on the heap, for the caller to free. NULL with *err = -EFAULT or -ENOMEM. */
void *skep__client_read_dup(struct client *c, u64 addr, size_t len, int *err);

/* At most size - 1 characters of a string; always terminated. Its length or -EFAULT. */
s64 skep__client_read_str(struct client *c, char *to, u64 addr, size_t size);

/* Bytes [known, size) of a structure of the caller's must be zero: 0, -E2BIG or -EFAULT. */
int skep__client_check_tail_zero(struct client *c, u64 addr, size_t known, size_t size);

#endif
