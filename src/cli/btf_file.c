/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file in which libbpf looks for the types of the kernel. On machines without one, it finds
 * skep's own there while a world answers bpf(2). libbpf knows no other way for all that it needs
 * them for (btf_custom_path is for CO-RE alone).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/types.h"
#include "cli/kernel.h"
#include "door/raw_call.h"
#include "skep/btf.h"

#define CAUGHT __attribute__((visibility("default")))

static const char vmlinux[] = "/sys/kernel/btf/vmlinux";

static bool machine_has_it(void)
{
	return !raw_call(SYS_faccessat, AT_FDCWD, (long)vmlinux, R_OK, 0, 0, 0);
}

static bool is_ours(const char *path)
{
	size_t size;

	return path && !strcmp(path, vmlinux) && kernel_world() && !machine_has_it() &&
	       skep_kernel_btf(&size);
}

static int own_file(void)
{
	size_t size, done = 0;
	const char *raw = skep_kernel_btf(&size);
	int fd = memfd_create("vmlinux", MFD_CLOEXEC);

	while (fd >= 0 && done < size) {
		ssize_t n = write(fd, raw + done, size - done);

		if (n <= 0) {
			close(fd);
			return -1;
		}
		done += n;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static FILE *own_stream(void)
{
	int fd = own_file();
	FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");

	if (fd >= 0 && !file)
		close(fd);
	return file;
}

static long given(long ret)
{
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

CAUGHT int faccessat(int dir, const char *path, int mode, int flags)
{
	int (*real)(int dir, const char *path, int mode, int flags) = dlsym(RTLD_NEXT, "faccessat");

	return is_ours(path) ? 0 : real(dir, path, mode, flags);
}

CAUGHT int access(const char *path, int mode)
{
	if (is_ours(path))
		return 0;
	return given(raw_call(SYS_faccessat, AT_FDCWD, (long)path, mode, 0, 0, 0));
}

CAUGHT FILE *fopen(const char *path, const char *mode)
{
	FILE *(*real)(const char *path, const char *mode) = dlsym(RTLD_NEXT, "fopen64");

	return is_ours(path) ? own_stream() : real(path, mode);
}

CAUGHT int open(const char *path, int flags, ...)
{
	int mode = 0;
	va_list ap;

	if (is_ours(path))
		return own_file();
	va_start(ap, flags);
	if (flags & (O_CREAT | O_TMPFILE))
		mode = va_arg(ap, int);
	va_end(ap);
	return given(raw_call(SYS_openat, AT_FDCWD, (long)path, flags, mode, 0, 0));
}

/* Under their other names: with 64 bits, files have one size. */
static_assert(sizeof(off_t) == 8, "built with _FILE_OFFSET_BITS=64");
CAUGHT FILE *plain_fopen(const char *path, const char *mode) __asm__("fopen");
CAUGHT int plain_open(const char *path, int flags, int mode) __asm__("open");

FILE *plain_fopen(const char *path, const char *mode)
{
	return fopen(path, mode);
}

int plain_open(const char *path, int flags, int mode)
{
	return open(path, flags, mode);
}
