/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's place in the unified hierarchy of control groups, found out with system
 * calls alone, so that it may be asked for in a signal handler. An id is the inode number of the
 * group's directory, as the kernel has it; the root's is 1, also where nobody mounted the
 * hierarchy.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/task.h"

#define ROOT_ID 1
#define PATH_SIZE 2048 /* longer ones are not known */

static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

/* "0::/path" is the line of the unified hierarchy, and the last one. */
static char *path_in(char *text)
{
	char *line = strncmp(text, "0::", 3) ? strstr(text, "\n0::") : text;
	char *path = line ? strchr(line, '/') : NULL;

	if (path)
		path[strcspn(path, "\n")] = 0;
	return path;
}

static char *read_path(u32 tid, char *buf, size_t size)
{
	char path[TASK_PATH_SIZE];
	int fd = open(skep__task_path(tid, "cgroup", path), O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0 || len == (ssize_t)size - 1)
		return NULL;
	buf[len] = 0;
	return path_in(buf);
}

/* Cuts "/a/b/c" to so many names: false when it has fewer. */
static bool cut(char *path, int names)
{
	char *at = path;

	if (names < 0)
		return false;
	for (; names; names--) {
		if (!at[0] || !at[1])
			return false;
		at++;
		at += strcspn(at, "/");
	}
	*at = 0;
	return true;
}

static u64 id_of(const char *path)
{
	char full[PATH_SIZE + 32];
	struct statfs fs;
	struct stat st;

	for (u32 i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (statfs(mounts[i], &fs) || fs.f_type != CGROUP2_SUPER_MAGIC)
			continue;
		strcpy(full, mounts[i]);
		strcat(full, path);
		return stat(full, &st) ? 0 : st.st_ino;
	}
	return path[0] && path[1] ? 0 : ROOT_ID;
}

u64 skep__task_cgroup(u32 tid, const int *level)
{
	char buf[PATH_SIZE];
	char *path = read_path(tid, buf, sizeof(buf));

	if (!path || (level && !cut(path, *level)))
		return 0;
	return id_of(path);
}
