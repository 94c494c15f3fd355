/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/mounts.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "door/sysctls.h"
#include "skep/btf.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

static int make_text(int dir, const char *name, const void *text, size_t size)
{
	int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444), err = 0;

	if (fd < 0)
		return -errno;
	for (size_t done = 0; done < size && !err;) {
		ssize_t n = write(fd, (const char *)text + done, size - done);

		if (n > 0)
			done += n;
		else
			err = n ? -errno : -EIO;
	}
	close(fd);
	return err;
}

static bool always(void)
{
	return true;
}

static bool no_kernel_types(void)
{
	return access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_event_sources(void)
{
	return !access("/sys/bus/event_source/devices", R_OK);
}

/* The types that the world uses itself, since it finds no file either (world/kernel_btf.c). */
static int fill_types(int dir, int old)
{
	size_t size;
	const void *raw = skep_kernel_btf(&size);

	return raw ? make_text(dir, "vmlinux", raw, size) : 0;
}

static bool is_no_source(const char *name)
{
	static const char *const missing[] = {
#define NO_SOURCE(name) name,
#include "door/tracefs.def"
#undef NO_SOURCE
	};

	for (u32 i = 0; i < ARRAY_SIZE(missing); i++) {
		if (!strcmp(name, missing[i]))
			return true;
	}
	return false;
}

/* The kernel's own, which are links to other places in sysfs. */
static int fill_event_sources(int dir, int old)
{
	DIR *entries = fdopendir(dup(old));
	struct dirent *entry;
	char to[PATH_MAX];
	int err = entries ? 0 : -errno;

	while (!err && (entry = readdir(entries)) != NULL) {
		ssize_t len = readlinkat(old, entry->d_name, to, sizeof(to) - 1);

		if (len < 0 || is_no_source(entry->d_name))
			continue;
		to[len] = 0;
		err = symlinkat(to, dir, entry->d_name) ? -errno : 0;
	}
	if (entries)
		closedir(entries);
	return err;
}

static int fill_nothing(int dir, int old)
{
	return 0;
}

static int fill_tracing(int dir, int old)
{
	int err = 0;

#define TRACE_DIR(name)                                                                            \
	if (!err && mkdirat(dir, name, 0755))                                                      \
		err = -errno;
#define TRACE_FILE(name, text)                                                                     \
	if (!err)                                                                                  \
		err = make_text(dir, name, text, strlen(text));
#define TRACE_FIFO(name)                                                                           \
	if (!err && mknodat(dir, name, S_IFIFO | 0644, 0))                                         \
		err = -errno;
#include "door/tracefs.def"
#undef TRACE_DIR
#undef TRACE_FILE
#undef TRACE_FIFO
	return err;
}

static int fill_debug(int dir, int old)
{
	return symlinkat("/sys/kernel/tracing", dir, "tracing") ? -errno : 0;
}

static const struct mount_row {
	const char *type, *parent, *path, *options;
	bool (*is_wanted)(void);
	u32 magic;
	int (*fill)(int dir, int old); /* old: the directory that is hidden now, or -1 */
} rows[NR_MOUNTS] = {
#define MOUNT(id, type, parent, name, wanted, magic, options, fill)                                \
	[MOUNT_##id] = { type, parent, parent "/" name, options, wanted, magic, fill },
#include "door/mounts.def"
#undef MOUNT
};

/* An entry of a directory that is hidden now, where it was. */
static int bind_entry(const char *parent, int old, const char *name)
{
	char from[64 + NAME_MAX], to[64 + NAME_MAX];
	struct stat st;
	int err;

	if (fstatat(old, name, &st, AT_SYMLINK_NOFOLLOW) || S_ISLNK(st.st_mode))
		return 0;
	snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", old, name);
	snprintf(to, sizeof(to), "%s/%s", parent, name);
	err = S_ISDIR(st.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0444, 0);
	return err || mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

/* A kernel without BPF has no directory for the mount, and sysfs takes none: its parent is made
 * anew. */
static int make_mount_point(const struct mount_row *row)
{
	int old = open(row->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = old < 0 ? NULL : fdopendir(old);
	struct dirent *entry;

	if (!dir)
		return -errno;
	if (mount("skep", row->parent, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"))
		err = -errno;
	while (!err && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			err = bind_entry(row->parent, old, entry->d_name);
	}
	closedir(dir);
	return err || !mkdir(row->path, 0755) || errno == EEXIST ? err : -errno;
}

static int check_mount_point(const struct mount_row *row)
{
	return access(row->path, F_OK) ? make_mount_point(row) : 0;
}

static int mount_one(const struct mount_row *row, int *dir)
{
	int err = check_mount_point(row), old;

	if (err)
		return err;
	old = open(row->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount(row->type, row->path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, row->options))
		err = -errno;
	if (!err)
		*dir = open(row->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!err)
		err = *dir < 0 ? -errno : row->fill(*dir, old);
	if (old >= 0)
		close(old);
	return err;
}

/* Where none is wanted, any directory takes its place in the array: nobody asks what it is. */
static int make_one(const struct mount_row *row, int *dir)
{
	if (row->is_wanted())
		return mount_one(row, dir);
	*dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *dir < 0 ? -errno : 0;
}

int skep__mounts_make(int dirs[NR_MOUNTS])
{
	int err = 0;

	for (int i = 0; i < NR_MOUNTS && !err; i++)
		err = make_one(&rows[i], &dirs[i]);
	if (!err)
		skep__sysctls_make(dirs[MOUNT_tracefs]);
	return err;
}

int skep__mounts_clone(int trees[NR_MOUNTS])
{
	for (int i = 0; i < NR_MOUNTS; i++) {
		trees[i] = open_tree(AT_FDCWD, rows[i].path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (trees[i] < 0 && (errno != ENOENT || rows[i].magic))
			return -errno;
	}
	return 0;
}

int skep__mounts_put(const int trees[NR_MOUNTS])
{
	for (int i = 0; i < NR_MOUNTS; i++) {
		int err;

		if (trees[i] < 0 || !rows[i].is_wanted())
			continue;
		err = check_mount_point(&rows[i]);
		if (err)
			return err;
		if (move_mount(trees[i], "", AT_FDCWD, rows[i].path, MOVE_MOUNT_F_EMPTY_PATH))
			return -errno;
	}
	skep__sysctls_make(trees[MOUNT_tracefs]);
	return 0;
}

int skep__mounts_tell(struct world *w, int dirs[NR_MOUNTS])
{
	int err = 0;

	for (int i = 0; i < NR_MOUNTS && !err; i++)
		err = rows[i].magic ? skep__world_show_fs(w, dirs[i], rows[i].magic) : 0;
	if (!err)
		err = skep__world_open_trace_pipe(w, dirs[MOUNT_tracefs]);
	if (!err)
		err = skep__world_set_pin_dir(w, dirs[MOUNT_bpf]);
	if (!err)
		dirs[MOUNT_bpf] = -1;
	for (int i = 0; i < NR_MOUNTS; i++) {
		if (dirs[i] >= 0)
			close(dirs[i]);
	}
	return err;
}
