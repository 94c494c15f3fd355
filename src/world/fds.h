/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fds behind objects. An object's memfd has one description that the world owns, and one for each
 * time it was given out (their dups, forks and mappings are the kernel's to count).
 */
#ifndef SKEP_WORLD_FDS_H
#define SKEP_WORLD_FDS_H

#include "base/types.h"
#include "world/object.h"

/* What an fd refers to. */
struct fd_id {
	u64 dev, ino;
	int accmode; /* O_RDONLY, O_WRONLY or O_RDWR */
	bool is_socket;
};

/*
 * A new memfd by the name that tools expect to read in /proc/self/fd, out of the way; or -errno. Its size is
 * sealed: whoever gets an fd of it can neither shrink it under a mapping nor store more in it.
 */
int skep__memfd_new(enum object_kind kind, u64 size);
const char *skep__memfd_name(enum object_kind kind);

/*
 * Trades a memfd for the world's own description of the same file, at a high number; or -errno, and fd is closed.
 * The description that memfd_create gives is not one that the kernel counts as open for writing, and the counting
 * is what skep__object_is_open_elsewhere lives on.
 */
int skep__memfd_own(int fd);

/* Moves an fd to a high number, so that programs around see the low ones they expect. */
int skep__fd_move_high(int fd);

int skep__fd_identify(int fd, struct fd_id *out); /* 0 or -EBADF */

/* For an object whose file is empty: obj->fd and obj->first_fd. 0 or -errno. */
int skep__object_new_fd(struct object *obj);

/* A new description of the object's memfd with the given access mode, close-on-exec; or -errno. */
int skep__object_open_fd(struct object *obj, int accmode);

/*
 * A client's description of the object's memfd is kept here, to be compared with what other calls come with. It
 * ends when the world asks who has the object open. Takes fd over, or returns one to close (or -1).
 */
int skep__object_keep_fd(struct object *obj, int fd, int accmode);

/* Does that thread's fd have the kept description? 1 and *accmode, 0, -ENOENT: none is kept, or -errno. own_pid
 * is this process'. The caller has a reference, and no lock, since the other process may make the kernel wait. */
int skep__object_compare_kept_fd(struct object *obj, u32 own_pid, u32 tid, int fd, int *accmode);

/* Does anyone but the world have a description of the object's memfd? */
bool skep__object_is_open_elsewhere(struct object *obj);

#endif
