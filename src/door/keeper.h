/* SPDX-License-Identifier: BSD-2-Clause */
/* The process that keeps a world: how it comes to be, out of everybody's way. */
#ifndef SKEP_DOOR_KEEPER_H
#define SKEP_DOOR_KEEPER_H

/*
 * Runs keep(arg, fd) in a process that is nobody's child, in a session of its own, with no fd but
 * the given one, and closes fd here. keep's result is its exit status. 0 or -errno.
 */
int skep__keeper_start(int (*keep)(void *arg, int fd), void *arg, int fd);

/* Passes an fd with one word over a socket; the fd stays the sender's. 0 or -errno. */
int skep__fd_send(int sock, int word, int fd);

/* The word, and the fd (-1: none came). 0 or -errno; -EPIPE when the other side is gone. */
int skep__fd_receive(int sock, int *word, int *fd);

#endif
