/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/sysctls.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/types.h"

#ifdef __x86_64__
#define HAS_JIT "1\n"
#else
#define HAS_JIT "0\n"
#endif

#define NAME ".sysctl"

static bool says(const char *path, const char *text)
{
	char is[32];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, is, sizeof(is));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(is, text, n);
}

/* The file has no name any more when this is over, and lives on as what is mounted. */
static void put(int dir, const char *path, const char *text)
{
	char from[48];
	int fd;

	if (access(path, F_OK) || says(path, text))
		return;
	fd = openat(dir, NAME, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);
	if (fd < 0)
		return;
	snprintf(from, sizeof(from), "/proc/self/fd/%d/" NAME, dir);
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		mount(from, path, NULL, MS_BIND, NULL);
	close(fd);
	unlinkat(dir, NAME, 0);
}

void skep__sysctls_make(int dir)
{
#define SYSCTL(path, text) put(dir, path, text);
#include "door/sysctls.def"
#undef SYSCTL
}
