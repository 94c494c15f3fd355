/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc/PID/fdinfo/FD of the world's objects. The kernel writes these files, and says about an
 * object what it says about any memfd; who opens one here gets a file with the same lines, and
 * those about the object behind them.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/describe.h"
#include "door/preload.h"
#include "door/preload_libc.h"
#include "door/raw_call.h"

#define FDINFO "/fdinfo/"

/* The path of the fd that a file in a directory of fdinfo is about; false: it is no such path. */
static bool fd_path(const char *path, char *fd, size_t size)
{
	const char *name = strncmp(path, "/proc/", 6) ? NULL : strstr(path, FDINFO);

	if (!name || !name[strlen(FDINFO)] ||
	    strspn(name + strlen(FDINFO), "0123456789") != strlen(name + strlen(FDINFO)))
		return false;
	int n = snprintf(fd, size, "%.*s/fd/%s", (int)(name - path), path, name + strlen(FDINFO));
	return n > 0 && (size_t)n < size;
}

/* What the world has to say about the file. */
static long ask(const char *path, struct door_fdinfo *info)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return -ENOENT;
	*info = (struct door_fdinfo){ .dev = st.st_dev, .ino = st.st_ino };
	return preload_bpf(DOOR_FDINFO, info, sizeof(*info));
}

/* What the kernel says of the file, less locks: that is how the world counts its descriptions. */
static bool copy(int from, int to)
{
	char text[4096], *line = text, *end;
	ssize_t n = read(from, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	for (; (end = strchr(line, '\n')); line = end + 1) {
		size_t len = end + 1 - line;

		if (strncmp(line, "lock:", 5) && write(to, line, len) != (ssize_t)len)
			return false;
	}
	return true;
}

/* A file with the kernel's lines and the world's; or -1. */
static int both_lines(int kernels, const struct door_fdinfo *info, size_t len)
{
	int fd = memfd_create("fdinfo", MFD_CLOEXEC);

	if (fd < 0)
		return -1;
	if (copy(kernels, fd) && write(fd, info->text, len) == (ssize_t)len &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	lseek(kernels, 0, SEEK_SET);
	return -1;
}

/* Puts the other file in the place of one that was just opened, if it is about an object. */
static void add_lines(int fd, const char *path, int flags)
{
	char target[128];
	struct door_fdinfo info;
	int saved = errno;

	if (fd >= 0 && fd_path(path, target, sizeof(target))) {
		long len = ask(target, &info);
		int both =
			len > 0 && len <= (long)sizeof(info.text) ? both_lines(fd, &info, len) : -1;

		if (both >= 0) {
			raw_call(SYS_dup3, both, fd, flags & O_CLOEXEC, 0, 0, 0);
			raw_call(SYS_close, both, 0, 0, 0, 0, 0);
		}
	}
	errno = saved;
}

typedef int open_fn(const char *path, int flags, ...);
typedef int openat_fn(int dir, const char *path, int flags, ...);
typedef FILE *fopen_fn(const char *path, const char *mode);

static mode_t mode_of(int flags, va_list ap)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(ap, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
	CAUGHT int caught_##name(const char *path, int flags, ...) __asm__(#name);                 \
	int caught_##name(const char *path, int flags, ...)                                        \
	{                                                                                          \
		static _Atomic(void *) found;                                                      \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		int fd = ((open_fn *)preload_libcs(#name, &found))(path, flags,                    \
								   mode_of(flags, ap));            \
		va_end(ap);                                                                        \
		add_lines(fd, path, flags);                                                        \
		return fd;                                                                         \
	}

#define OPENAT(name)                                                                               \
	CAUGHT int caught_##name(int dir, const char *path, int flags, ...) __asm__(#name);        \
	int caught_##name(int dir, const char *path, int flags, ...)                               \
	{                                                                                          \
		static _Atomic(void *) found;                                                      \
		va_list ap;                                                                        \
		va_start(ap, flags);                                                               \
		int fd = ((openat_fn *)preload_libcs(#name, &found))(dir, path, flags,             \
								     mode_of(flags, ap));          \
		va_end(ap);                                                                        \
		add_lines(fd, path, flags);                                                        \
		return fd;                                                                         \
	}

/* Nothing has been read of the file yet. */
#define FOPEN(name)                                                                                \
	CAUGHT FILE *caught_##name(const char *path, const char *mode) __asm__(#name);             \
	FILE *caught_##name(const char *path, const char *mode)                                    \
	{                                                                                          \
		static _Atomic(void *) found;                                                      \
		FILE *file = ((fopen_fn *)preload_libcs(#name, &found))(path, mode);               \
		if (file)                                                                          \
			add_lines(fileno(file), path, strchr(mode, 'e') ? O_CLOEXEC : 0);          \
		return preload_with_symbols(file, path, mode);                                     \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
FOPEN(fopen)
FOPEN(fopen64)
