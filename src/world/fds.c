/* SPDX-License-Identifier: BSD-2-Clause */
#include "world/fds.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

/* Whoever takes users from 0 to KEPT_CHANGES may change what is kept. */
static bool begin_change(struct object *obj)
{
	s32 none = 0;

	return atomic_compare_exchange_strong(&obj->kept.users, &none, KEPT_CHANGES);
}

static int swap_kept(struct object *obj, int fd, int accmode)
{
	int old = obj->kept.fd;

	obj->kept.fd = fd;
	obj->kept.accmode = accmode;
	atomic_store(&obj->kept.users, 0);
	return old;
}

int skep__object_keep_fd(struct object *obj, int fd, int accmode)
{
	return begin_change(obj) ? swap_kept(obj, fd, accmode) : fd;
}

/* Nothing is kept any more; or false: somebody is comparing. */
static bool drop_kept(struct object *obj)
{
	if (!begin_change(obj))
		return false;
	int old = swap_kept(obj, -1, 0);
	if (old >= 0)
		close(old);
	return true;
}

int skep__object_compare_kept_fd(struct object *obj, u32 own_pid, u32 tid, int fd, int *accmode)
{
	s32 users = atomic_load(&obj->kept.users);
	int ret = -ENOENT;

	do {
		if (users == KEPT_CHANGES)
			return -ENOENT;
	} while (!atomic_compare_exchange_weak(&obj->kept.users, &users, users + 1));
	if (obj->kept.fd >= 0) {
		long differs = syscall(SYS_kcmp, own_pid, tid, KCMP_FILE, obj->kept.fd, fd);

		ret = differs < 0 ? -errno : !differs;
		*accmode = obj->kept.accmode;
	}
	atomic_fetch_sub(&obj->kept.users, 1);
	return ret;
}

/*
 * Descriptions that the kernel does not count as writers are given out with a shared lock, so the
 * world gets an exclusive one when none is left. The kernel grants a write lease only to the sole
 * description of a file that is open for writing. It is taken for the length of the question.
 */
bool skep__object_is_open_elsewhere(struct object *obj)
{
	if (!drop_kept(obj))
		return true;
	if (obj->has_locked_fds && is_locked_elsewhere(obj))
		return true;
	if (fcntl(obj->fd, F_SETLEASE, F_WRLCK) < 0)
		return true;
	fcntl(obj->fd, F_SETLEASE, F_UNLCK);
	return false;
}
