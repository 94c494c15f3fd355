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

#include "skep/btf.h"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

static int make_file(int dir, const char *name, mode_t mode)
{
	return mknodat(dir, name, mode, 0) ? -errno : 0;
}

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

/* The types that the world uses itself, since it finds no file either (world/kernel_btf.c). */
static int fill_types(int dir)
{
	size_t size;
	const void *raw = skep_kernel_btf(&size);

	return raw ? make_text(dir, "vmlinux", raw, size) : 0;
}

static int fill_nothing(int dir)
{
	return 0;
}

/* A kernel that traces nothing, but prints what programs print. */
static int fill_tracing(int dir)
{
	int err = mkdirat(dir, "events", 0755) ? -errno : 0;

	if (!err)
		err = make_file(dir, "available_events", S_IFREG | 0444);
	if (!err)
		err = make_file(dir, "available_filter_functions", S_IFREG | 0444);
	if (!err)
		err = make_file(dir, "trace_pipe", S_IFIFO | 0644);
	return err;
}

static int fill_debug(int dir)
{
	return symlinkat("/sys/kernel/tracing", dir, "tracing") ? -errno : 0;
}

static const struct mount_row {
	const char *type, *parent, *path, *unless, *options;
	u32 magic;
	int (*fill)(int dir);
} rows[NR_MOUNTS] = {
#define MOUNT(id, type, parent, name, unless, magic, options, fill)                                \
	[MOUNT_##id] = { type, parent, parent "/" name, unless, options, magic, fill },
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

/* The kernel has what is wanted there. */
static bool stays(const struct mount_row *row)
{
	char file[64];

	if (!row->unless)
		return false;
	snprintf(file, sizeof(file), "%s/%s", row->path, row->unless);
	return !access(file, R_OK);
}

static int make_one(const struct mount_row *row, int *dir)
{
	bool is_new = !stays(row);
	int err = check_mount_point(row);

	if (err)
		return err;
	if (is_new &&
	    mount(row->type, row->path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, row->options))
		return -errno;
	*dir = open(row->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return -errno;
	return is_new ? row->fill(*dir) : 0;
}

int skep__mounts_make(int dirs[NR_MOUNTS])
{
	int err = 0;

	for (int i = 0; i < NR_MOUNTS && !err; i++)
		err = make_one(&rows[i], &dirs[i]);
	return err;
}

int skep__mounts_clone(int trees[NR_MOUNTS])
{
	for (int i = 0; i < NR_MOUNTS; i++) {
		trees[i] = open_tree(AT_FDCWD, rows[i].path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (trees[i] < 0)
			return -errno;
	}
	return 0;
}

int skep__mounts_put(const int trees[NR_MOUNTS])
{
	for (int i = 0; i < NR_MOUNTS; i++) {
		int err;

		if (stays(&rows[i]))
			continue;
		err = check_mount_point(&rows[i]);
		if (err)
			return err;
		if (move_mount(trees[i], "", AT_FDCWD, rows[i].path, MOVE_MOUNT_F_EMPTY_PATH))
			return -errno;
	}
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
