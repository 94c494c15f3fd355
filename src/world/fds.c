/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* The world's own fds start here. */
#define HIGH_FD 256

const char *skep__memfd_name(enum object_kind kind)
{
	static const char *const names[] = {
		[OBJ_MAP] = "anon_inode:bpf-map",     [OBJ_PROG] = "anon_inode:bpf-prog",
		[OBJ_BTF] = "anon_inode:btf",         [OBJ_EVENT] = "anon_inode:[perf_event]",
		[OBJ_STATS] = "anon_inode:bpf-stats",
	};

	return names[kind];
}

int skep__fd_move_high(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);

	if (high < 0)
		return fd; /* RLIMIT_NOFILE is lower than that: it stays where it is */
	close(fd);
	return high;
}

static int reopen(int fd, int accmode)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, accmode | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int reopen_high(int fd)
{
	int own = reopen(fd, O_RDWR);

	return own < 0 ? own : skep__fd_move_high(own);
}

int skep__memfd_own(int fd)
{
	int own = reopen_high(fd);

	close(fd);
	return own;
}

static int sealed_memfd(enum object_kind kind, u64 size)
{
	int fd = memfd_create(skep__memfd_name(kind), MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if ((size && ftruncate(fd, size)) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

int skep__memfd_new(enum object_kind kind, u64 size)
{
	int fd = sealed_memfd(kind, size);

	return fd < 0 ? fd : skep__memfd_own(fd);
}

/* The description that memfd_create gives is good for a client, if it is locked: opening the file
 * once more takes longer than all the rest. */
int skep__object_new_fd(struct object *obj)
{
	int first = sealed_memfd(obj->kind, 0), own = first < 0 ? first : reopen_high(first);

	if (own < 0) {
		if (first >= 0)
			close(first);
		return own;
	}
	obj->fd = own;
	obj->first_fd = first;
	return 0;
}

int skep__fd_identify(int fd, struct fd_id *out)
{
	struct stat st;
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fstat(fd, &st) < 0)
		return -EBADF;
	*out = (struct fd_id){
		.dev = st.st_dev,
		.ino = st.st_ino,
		.accmode = flags & O_ACCMODE,
		.is_socket = S_ISSOCK(st.st_mode),
	};
	return 0;
}

/* The lock belongs to the description, and ends with its last fd and mapping. */
static void lock_shared(int fd)
{
	while (flock(fd, LOCK_SH) && errno == EINTR)
		;
}

static bool is_locked_elsewhere(const struct object *obj)
{
	if (flock(obj->fd, LOCK_EX | LOCK_NB))
		return true;
	flock(obj->fd, LOCK_UN);
	return false;
}

int skep__object_open_fd(struct object *obj, int accmode)
{
	int fd = -1;

	if (accmode == O_RDWR)
		fd = atomic_exchange(&obj->first_fd, -1);
	bool is_counted = fd < 0 && accmode != O_RDONLY;
	/* dup() would share the world's description, and the kernel counts descriptions. */
	if (fd < 0)
		fd = reopen(obj->fd, accmode);
	if (fd >= 0 && !is_counted) {
		obj->has_locked_fds = true;
		lock_shared(fd);
	}
	return fd;
}

/*
 * Descriptions that the kernel does not count as writers are given out with a shared lock, so the
 * world gets an exclusive one when none is left. The kernel grants a write lease only to the sole
 * description of a file that is open for writing. It is taken for the length of the question.
 */
bool skep__object_is_open_elsewhere(const struct object *obj)
{
	if (obj->has_locked_fds && is_locked_elsewhere(obj))
		return true;
	if (fcntl(obj->fd, F_SETLEASE, F_WRLCK) < 0)
		return true;
	fcntl(obj->fd, F_SETLEASE, F_UNLCK);
	return false;
}
