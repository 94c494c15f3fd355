/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * statfs(2) of file systems that stand for others (mounts.def), above all of the place where pins
 * live. It is no bpf file system, and may be no mount at all; but loaders look for one before they
 * pin, and mount one, which takes privileges, where they find none.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "door/calls.h"

#define BPFFS "/sys/fs/bpf"

#ifndef BPF_FS_MAGIC
#define BPF_FS_MAGIC 0xcafe4a11
#endif

/* The directory of pins, or a path below it. Anything with ".." in it is the kernel's to resolve.
 */
static bool is_in_bpffs(const char *path)
{
	size_t len = strlen(BPFFS);

	return !strncmp(path, BPFFS, len) && (path[len] == '/' || !path[len]) &&
	       !strstr(path, "/..");
}

/* In the names of a world where pins are no files. */
static bool is_name_in_bpffs(struct skep_world *w, const char *path)
{
	struct object *pin;

	if (!is_in_bpffs(path))
		return false;
	if (!strcmp(path, BPFFS) || !strcmp(path, BPFFS "/"))
		return true;
	pin = skep__world_get_pinned(w->world, path);
	if (pin)
		object_put(pin);
	return pin;
}

/* The kernel's magic number of the file system that a path is in, for the client; 0: what it is. */
static u32 magic_of(struct skep_world *w, struct client *c, const char *path)
{
	struct stat st;
	u32 magic = 0;
	int fd;

	if (w->world->pin_dir < 0)
		return is_name_in_bpffs(w, path) ? BPF_FS_MAGIC : 0;
	fd = c->ops->open_path(c, AT_FDCWD, path, O_PATH);
	if (fd >= 0 && !fstat(fd, &st))
		magic = skep__world_fs_magic(w->world, st.st_dev);
	if (fd >= 0)
		close(fd);
	if (magic)
		return magic;
	fd = skep__open_among_pins(w->world, c, AT_FDCWD, path, 0, &st); /* mounted or not */
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? BPF_FS_MAGIC : 0;
}

long skep__door_statfs(struct skep_world *w, struct remote *r, u64 upath, u64 ubuf)
{
	char path[PATH_MAX];
	struct statfs st = {
		.f_bsize = 4096,
		.f_namelen = NAME_MAX,
		.f_frsize = 4096,
	};

	if (skep__client_read_str(&r->client, path, upath, sizeof(path)) < 0)
		return SYS_NOT_OURS; /* the kernel says what is wrong with it */
	st.f_type = magic_of(w, &r->client, path);
	return st.f_type ? client_write(&r->client, ubuf, &st, sizeof(st)) : SYS_NOT_OURS;
}
