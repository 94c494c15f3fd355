/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/space.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

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
	/* Root would lose its powers over other users' files there. */
	if (!uid)
		return -EPERM;
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

static int make(struct space *s)
{
	bool has_user;
	int err = unshare_mounts(&has_user);

	skep__space_init(s);
	if (!err)
		err = stop_propagation();
	if (!err)
		err = skep__mounts_make(s->dirs);
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

	skep__space_init(s);
	return err ? err : make(s);
}

/* Goes to the world's mounts for copies, and comes back: root and directory are lost on the way. */
static int fetch(const struct space *s, int here, int trees[NR_MOUNTS])
{
	int root = open("/", O_PATH | O_CLOEXEC), cwd = open(".", O_PATH | O_CLOEXEC), err;

	if (root < 0 || cwd < 0 || setns(s->mounts, CLONE_NEWNS))
		return -errno;
	err = skep__mounts_clone(trees);
	if (setns(here, CLONE_NEWNS) || fchdir(root) || chroot(".") || fchdir(cwd))
		err = -errno;
	close(root);
	close(cwd);
	return err;
}

static int join(struct space *s)
{
	int here, trees[NR_MOUNTS], err;

	if (s->user >= 0 && setns(s->user, CLONE_NEWUSER))
		return -errno;
	if (unshare(CLONE_NEWNS))
		return -errno;
	err = stop_propagation();
	here = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	if (err || here < 0)
		return err ? err : -errno;
	err = fetch(s, here, trees);
	close(here);
	if (!err)
		err = skep__mounts_put(trees);
	for (int i = 0; i < NR_MOUNTS && !err; i++) {
		if (trees[i] >= 0)
			close(trees[i]);
	}
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

void skep__space_init(struct space *s)
{
	s->mounts = s->user = -1;
	for (int i = 0; i < NR_MOUNTS; i++)
		s->dirs[i] = -1;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void skep__space_close(struct space *s)
{
	close_fd(s->mounts);
	close_fd(s->user);
	for (int i = 0; i < NR_MOUNTS; i++)
		close_fd(s->dirs[i]);
	skep__space_init(s);
}
