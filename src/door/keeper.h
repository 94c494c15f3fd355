/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that keeps a world: how it comes to be, out of everybody's way. */
#ifndef SKEP_DOOR_KEEPER_H
#define SKEP_DOOR_KEEPER_H

#include <stddef.h>

/*
 * Runs keep(arg, fd) in a process that is nobody's child, in a session of its own, with no fd but
 * the given one, and closes fd here. keep's result is its exit status. 0 or -errno.
 */
int skep__keeper_start(int (*keep)(void *arg, int fd), void *arg, int fd);

#define FDS_MAX 8 /* in one message */

/* Passes fds with one word over a socket; the fds stay the sender's. 0 or -errno. */
int skep__fds_send(int sock, int word, const int *fds, unsigned int nr);
int skep__fds_send_bytes(int sock, const void *bytes, size_t size, const int *fds, unsigned int nr);

/* The word, and what fds came; -1 in place of the others. 0 or -errno; -EPIPE when the other side
 * is gone. */
int skep__fds_receive(int sock, int *word, int fds[FDS_MAX]);
void skep__fds_close(int fds[FDS_MAX]);

#endif
