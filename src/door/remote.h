/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client in another process, stopped in a system call that the filter sent here: its memory is
 * copied by the kernel, its fds are looked at through a pidfd, and new fds are put into it. The
 * number of a thread that was killed may be given to another one, so whatever was read is thrown
 * away, and nothing is written, unless the notification is still alive.
 */
#ifndef SKEP_DOOR_REMOTE_H
#define SKEP_DOOR_REMOTE_H

#include "sys/client.h"

#define PIDFD_SLOTS 16

/* The pidfds of threads that called lately. Each serving thread has its own; all-zero to begin
 * with. */
struct pidfds {
	struct {
		u32 tid; /* 0: empty */
		int fd;
	} slots[PIDFD_SLOTS];
};
void skep__pidfds_close(struct pidfds *p);

struct remote {
	struct client client;
	struct pidfds *pidfds;
	int listener; /* -1: the call came over a socket */
	u64 id; /* of the notification */
	int conn, given; /* that socket; the fd to send with the answer, or -1 */
	u32 tid;
	u64 looked_ms; /* when a long call last looked for signals; 0: not yet */
	bool is_answered; /* an fd went in, and was the answer */
};

extern const struct client_ops skep__client_remote;

/* Fills in client.uid, which few handlers look at. */
void skep__remote_find_uid(struct remote *r);

#endif
