/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/space.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PINS "/sys/fs/bpf"
#define PINS_PARENT "/sys/fs"

const struct space skep__no_space = { -1, -1, -1 };

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* In a user name space that is new: the caller, by this number. */
static int map_ids(unsigned int uid, unsigned int outer_uid, unsigned int gid,
		   unsigned int outer_gid)
{
	char line[48];
	int err = write_file("/proc/self/setgroups", "deny");

	if (err && err != -ENOENT)
		return err;
	snprintf(line, sizeof(line), "%u %u 1", uid, outer_uid);
	err = write_file("/proc/self/uid_map", line);
	snprintf(line, sizeof(line), "%u %u 1", gid, outer_gid);
	return err ? err : write_file("/proc/self/gid_map", line);
}

/* Whoever may mount needs no user name space for it. */
static int unshare_mounts(bool *has_user)
{
	unsigned int uid = geteuid(), gid = getegid();

	*has_user = false;
	if (!unshare(CLONE_NEWNS))
		return 0;
	*has_user = true;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -errno;
	return map_ids(uid, uid, gid, gid);
}

/* What root mounts outside arrives here; nothing that is mounted here goes out. */
static int stop_propagation(void)
{
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) ? -errno : 0;
}

static int bind_entry(int old, const char *name)
{
	char from[64 + NAME_MAX], to[sizeof(PINS_PARENT) + 1 + NAME_MAX];
	struct stat st;

	if (fstatat(old, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return 0; /* the kernel has directories there */
	snprintf(from, sizeof(from), "/proc/self/fd/%d/%s", old, name);
	snprintf(to, sizeof(to), PINS_PARENT "/%s", name);
	return mkdir(to, 0755) || mount(from, to, NULL, MS_BIND | MS_REC, NULL) ? -errno : 0;
}

/* A kernel without BPF has no directory for the mount, and sysfs takes none: so the parent is made
 * anew. */
static int make_mount_point(void)
{
	int old = open(PINS_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = old < 0 ? NULL : fdopendir(old);
	struct dirent *entry;

	if (!dir)
		return -errno;
	if (mount("skep", PINS_PARENT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=755"))
		err = -errno;
	while (!err && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			err = bind_entry(old, entry->d_name);
	}
	closedir(dir);
	if (!err && mkdir(PINS, 0755) && errno != EEXIST)
		err = -errno;
	return err;
}

static int check_mount_point(void)
{
	return access(PINS, F_OK) ? make_mount_point() : 0;
}

static int mount_pins(struct space *s)
{
	int err = check_mount_point();

	if (err)
		return err;
	if (mount("bpf", PINS, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777"))
		return -errno;
	s->pins = open(PINS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return s->pins < 0 ? -errno : 0;
}

static int make(struct space *s)
{
	bool has_user;
	int err = unshare_mounts(&has_user);

	*s = skep__no_space;
	if (!err)
		err = stop_propagation();
	if (!err)
		err = mount_pins(s);
	if (err)
		return err;
	s->mounts = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (has_user)
		s->user = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	return s->mounts < 0 || (has_user && s->user < 0) ? -errno : 0;
}

/* There is no way back out of half a name space, so somebody else goes first. */
static int try(int (*what)(struct space *s), struct space *s)
{
	struct sigaction plain = { .sa_handler = SIG_DFL }, old;
	int status, err = -EPERM;
	pid_t pid;

	sigaction(SIGCHLD, &plain, &old); /* ignored, it would take the status away */
	pid = fork();
	if (pid == 0)
		_exit(-what(s));
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			pid = -1;
	}
	if (pid > 0 && WIFEXITED(status))
		err = -WEXITSTATUS(status);
	sigaction(SIGCHLD, &old, NULL);
	return err;
}

int skep__space_make(struct space *s)
{
	int err = try(make, s);

	*s = skep__no_space;
	return err ? err : make(s);
}

/* Goes to the world's mounts to fetch a copy of one, and comes back: root and directory are lost on
 * the way. */
static int fetch(const struct space *s, int here, int *tree)
{
	int root = open("/", O_PATH | O_CLOEXEC), cwd = open(".", O_PATH | O_CLOEXEC), err = 0;

	if (root < 0 || cwd < 0 || setns(s->mounts, CLONE_NEWNS))
		return -errno;
	*tree = open_tree(AT_FDCWD, PINS, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (*tree < 0)
		err = -errno;
	if (setns(here, CLONE_NEWNS) || fchdir(root) || chroot(".") || fchdir(cwd))
		err = -errno;
	close(root);
	close(cwd);
	return err;
}

static int join(struct space *s)
{
	int here, tree = -1, err;

	if (s->user >= 0 && setns(s->user, CLONE_NEWUSER))
		return -errno;
	if (unshare(CLONE_NEWNS))
		return -errno;
	err = stop_propagation();
	here = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (err || here < 0)
		return err ? err : -errno;
	err = fetch(s, here, &tree);
	close(here);
	if (!err)
		err = check_mount_point();
	if (!err && move_mount(tree, "", AT_FDCWD, PINS, MOVE_MOUNT_F_EMPTY_PATH))
		err = -errno;
	return err;
}

int skep__space_join(const struct space *s)
{
	struct space copy = *s;
	int err = try(join, &copy);

	return err ? err : join(&copy);
}

int skep__space_be_root(void)
{
	unsigned int uid = geteuid(), gid = getegid();

	if (!uid)
		return 0;
	return unshare(CLONE_NEWUSER) ? -errno : map_ids(0, uid, 0, gid);
}

void skep__space_close(struct space *s)
{
	int *fds[] = { &s->pins, &s->mounts, &s->user };

	for (size_t i = 0; i < ARRAY_SIZE(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}
