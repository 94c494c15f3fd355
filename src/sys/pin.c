/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * OBJ_PIN and OBJ_GET. In a world with a file system for pins, paths are resolved in the client's
 * place (its root, its directory, its mounts), and what is found there has to be in that file
 * system. A client that does not have it mounted reaches it by the name that it would have. In the
 * other worlds, pins are a private name space of paths.
 */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/sys.h"

#define BPFFS "/sys/fs/bpf"

/* 0 or -errno. */
static long read_path(struct call *call, char path[PATH_MAX])
{
	s64 len = skep__client_read_str(call->client, path, call->attr.pathname, PATH_MAX);

	if (len < 0)
		return len;
	if (len == 0)
		return -ENOENT;
	return len == PATH_MAX - 1 ? -ENAMETOOLONG : 0;
}

/* Permission bits of a file, as the kernel looks at them for a user without groups. */
static bool may(u32 uid, const struct stat *st, mode_t want)
{
	mode_t mode = st->st_uid == uid ? st->st_mode >> 6 : st->st_mode;

	return uid == 0 || (mode & want) == want;
}

/* What of a path below /sys/fs/bpf comes behind that; NULL: it is not below. */
static const char *below_bpffs(const char *path)
{
	size_t len = strlen(BPFFS);

	if (strncmp(path, BPFFS, len) || (path[len] && path[len] != '/') || strstr(path, "/.."))
		return NULL;
	path += len;
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

int skep__open_among_pins(struct world *w, struct client *c, int dirfd, const char *path, int flags,
			  struct stat *st)
{
	int fd = c->ops->open_path(c, dirfd, path, O_PATH | flags);
	const char *rest = below_bpffs(path);

	if (fd >= 0 && !fstat(fd, st) && st->st_dev == w->pin_dev)
		return fd;
	if (fd >= 0)
		close(fd);
	if (!rest || (fd < 0 && fd != -ENOENT && fd != -EACCES))
		return fd < 0 ? fd : -EPERM;
	/* Not mounted for this client, then. Links would lead astray. */
	fd = openat(w->pin_dir, rest, O_PATH | O_NOFOLLOW | O_CLOEXEC | flags);
	if (fd >= 0 && (fstat(fd, st) || st->st_dev != w->pin_dev)) {
		close(fd);
		return -EPERM;
	}
	return fd < 0 ? -errno : fd;
}

static int open_named(struct call *call, const char *path, int flags, struct stat *st)
{
	bool is_at_fd = call->attr.file_flags & BPF_F_PATH_FD;

	return skep__open_among_pins(call->world, call->client,
				     is_at_fd ? call->attr.path_fd : AT_FDCWD, path, flags, st);
}

/* Cuts a path into directory and last name. 0 or -errno, as where a file is to be created. */
static int split(struct call *call, char *path, const char **dir, const char **name)
{
	char *slash = strrchr(path, '/');
	struct stat st;

	if (slash && !slash[1]) { /* a directory's name, which a pin cannot have */
		int fd = open_named(call, path, 0, &st);

		if (fd >= 0)
			close(fd);
		return fd >= 0 || fd == -ENOTDIR ? -EEXIST : fd;
	}
	*name = slash ? slash + 1 : path;
	*dir = !slash ? "." : slash == path ? "/" : path;
	if (!strcmp(*name, ".") || !strcmp(*name, ".."))
		return -EEXIST;
	if (slash)
		*slash = '\0';
	return 0;
}

/* Makes the pin's file in a directory, and the pin. */
static int pin_in(struct call *call, int dir, const char *name, struct object *obj, u32 uid)
{
	int file = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (file < 0)
		return -errno;
	/* Only root's worlds have clients of other users. */
	if (uid != geteuid() && fchown(file, uid, -1))
		err = -errno;
	else
		err = skep__world_pin_file(call->world, file, obj);
	if (err) {
		unlinkat(dir, name, 0);
		close(file);
	}
	return err;
}

static int pin_as_file(struct call *call, char *path, struct object *obj)
{
	const char *dir, *name;
	struct stat st;
	int err = split(call, path, &dir, &name);
	int fd = err ? err : open_named(call, dir, O_DIRECTORY, &st);

	if (fd < 0)
		return fd;
	u32 uid = call->client->ops->uid(call->client, UID_OF_FILES);
	if (!may(uid, &st, W_OK | X_OK))
		err = -EACCES;
	else if (strchr(name, '.')) /* kept for the kernel's own */
		err = faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) ? -EPERM : -EEXIST;
	else
		err = pin_in(call, fd, name, obj, uid);
	close(fd);
	return err;
}

static struct object *get_from_file(struct call *call, const char *path, int accmode, int *err)
{
	struct stat st;
	int fd = open_named(call, path, 0, &st);
	struct object *obj = NULL;
	mode_t want = (accmode == O_WRONLY ? 0 : R_OK) | (accmode == O_RDONLY ? 0 : W_OK);

	*err = fd == -EPERM ? -EACCES : fd;
	if (fd < 0)
		return NULL;
	if (may(call->client->ops->uid(call->client, UID_OF_FILES), &st, want))
		obj = skep__world_get_pinned_file(call->world, st.st_ino);
	*err = obj ? 0 : -EACCES;
	close(fd);
	return obj;
}

/* The object of any kind that can be pinned. */
static struct object *pinnable(struct call *call, int fd, int *err)
{
	struct object *obj = skep__call_object(call, fd, OBJ_MAP, err, NULL);

	return obj || *err == -EBADF ? obj : skep__call_object(call, fd, OBJ_PROG, err, NULL);
}

static bool has_files(const struct call *call)
{
	return call->world->pin_dir >= 0 && call->client->ops->open_path;
}

/* The flags that are known; a directory's fd goes with its flag, and nothing else. */
static bool are_good(const union bpf_attr *attr, u32 known)
{
	return !(attr->file_flags & ~known) && (attr->file_flags & BPF_F_PATH_FD || !attr->path_fd);
}

long skep__sys_obj_pin(struct call *call)
{
	char path[PATH_MAX];
	int err;

	if (!are_good(&call->attr, has_files(call) ? BPF_F_PATH_FD : 0))
		return -EINVAL;
	struct object *obj = pinnable(call, call->attr.bpf_fd, &err);
	if (!obj)
		return err == -EBADF ? -EINVAL
				     : err; /* no file is as bad as one that is no object */
	err = read_path(call, path);
	if (!err)
		err = has_files(call) ? pin_as_file(call, path, obj)
				      : skep__world_pin(call->world, path, obj);
	object_put(obj);
	return err;
}

long skep__sys_obj_get(struct call *call)
{
	u32 known = BPF_F_RDONLY | BPF_F_WRONLY | (has_files(call) ? BPF_F_PATH_FD : 0);
	int accmode = skep__accmode_of(call->attr.file_flags), err = -ENOENT;
	struct object *obj;
	char path[PATH_MAX];

	if (call->attr.bpf_fd || !are_good(&call->attr, known))
		return -EINVAL;
	if (accmode < 0)
		return accmode;
	long bad = read_path(call, path);
	if (bad)
		return bad;
	if (has_files(call))
		obj = get_from_file(call, path, accmode, &err);
	else
		obj = skep__world_get_pinned(call->world, path);
	if (!obj)
		return err;
	return skep__call_give(call, obj, obj->kind == OBJ_MAP ? accmode : O_RDWR);
}
