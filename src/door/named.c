/* SPDX-License-Identifier: BSD-2-Clause */
/* Named worlds from the outside: making, entering, asking and ending them. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/types.h"
#include "door/daemon.h"
#include "door/enter.h"
#include "door/keeper.h"
#include "door/space.h"

static int take_lock(const struct place *place)
{
	int fd = open(place->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX)) {
		if (errno != EINTR) {
			int err = -errno;

			close(fd);
			return err;
		}
	}
	return fd;
}

static int new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* A connection to a world of this user; -ECONNREFUSED or -ENOENT: there is none. */
static int visit(const struct place *place)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd = new_socket(), err = 0;

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&place->addr, sizeof(place->addr)))
		err = -errno;
	else if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != geteuid())
		err = -EPERM;
	if (!err)
		return fd;
	close(fd);
	return err;
}

static int make(const struct place *place, const struct skep_world_opts *opts)
{
	struct daemon_args args = { .opts = opts, .place = *place };
	int fd = new_socket(), err = 0;

	if (fd < 0)
		return fd;
	unlink(place->addr.sun_path); /* of a world that was killed: the lock is ours */
	if (bind(fd, (const struct sockaddr *)&place->addr, sizeof(place->addr)) || listen(fd, 64))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	return skep__keeper_start(skep__daemon_main, &args, fd);
}

static int visit_or_make(const struct place *place, const struct skep_world_opts *opts)
{
	int fd = visit(place), err;

	if (fd != -ECONNREFUSED && fd != -ENOENT)
		return fd;
	err = make(place, opts);
	return err ? err : visit(place);
}

/* One request and its answer. */
static int ask(int sock, enum request request, const int *fds, u32 nr, struct answer *answer)
{
	int err = skep__fds_send(sock, request, fds, nr);

	if (err)
		return err;
	if (recv(sock, answer, sizeof(*answer), 0) != sizeof(*answer))
		return -EPIPE;
	return answer->err;
}

static int give_ways(void *arg, const int *fds, u32 nr)
{
	struct answer answer;

	return ask(*(int *)arg, ASK_ENTER, fds, nr, &answer);
}

static int ask_space(const struct place *place, const struct skep_world_opts *opts, struct space *s)
{
	int sock = visit_or_make(place, opts), fds[FDS_MAX], word, err;

	if (sock < 0)
		return sock;
	err = skep__fds_send(sock, ASK_SPACE, NULL, 0);
	if (!err)
		err = skep__fds_receive(sock, &word, fds);
	if (!err)
		s->mounts = fds[0], s->user = fds[1];
	close(sock);
	return err;
}

static int give_space(const struct place *place, const struct space *s)
{
	int sock = visit(place), fds[NR_MOUNTS + 2], err;
	struct answer answer;

	if (sock < 0)
		return sock;
	memcpy(fds, s->dirs, sizeof(s->dirs));
	fds[NR_MOUNTS] = s->mounts;
	fds[NR_MOUNTS + 1] = s->user;
	err = ask(sock, ASK_KEEP_SPACE, fds, NR_MOUNTS + 1 + (s->user >= 0), &answer);
	close(sock);
	return err;
}

/* Losses or -errno. A world whose first processes could have no surroundings gets them from the
 * first who can. */
static int surround(const struct place *place, const struct door_opts *opts)
{
	struct space s;
	int err, lost;

	skep__space_init(&s);
	err = ask_space(place, &opts->world, &s);
	bool had_one = space_is_there(&s);
	if (err)
		return err;
	lost = skep__enter_space(&s, opts);
	if (lost >= 0 && !had_one && space_is_there(&s))
		err = give_space(place, &s);
	skep__space_close(&s);
	return err ? err : lost;
}

int skep__door_named(const char *name, const struct door_opts *opts)
{
	struct place place;
	int err = skep__place_find(&place, name), lock, sock, lost;

	if (err)
		return err;
	lock = take_lock(&place);
	if (lock < 0)
		return lock;
	lost = surround(&place, opts);
	err = sock = lost < 0 ? lost : visit(&place);
	if (sock >= 0) {
		err = skep__enter(give_ways, &sock);
		close(sock);
	}
	close(lock);
	return err < 0 ? err : lost | err;
}

static int ask_by_name(const char *name, enum request request, struct answer *answer)
{
	struct place place;
	int err = skep__place_find(&place, name), sock;

	if (err)
		return err;
	sock = visit(&place);
	if (sock < 0)
		return sock == -ECONNREFUSED ? -ENOENT : sock;
	err = ask(sock, request, NULL, 0, answer);
	close(sock);
	return err;
}

int skep__door_status(const char *name, struct skep_world_status *out)
{
	struct answer answer;
	int err = ask_by_name(name, ASK_STATUS, &answer);

	if (!err)
		*out = answer.status;
	return err;
}

int skep__door_down(const char *name)
{
	struct answer answer;

	return ask_by_name(name, ASK_DOWN, &answer);
}

int skep__door_each(void (*each)(void *opaque, const char *name), void *opaque)
{
	char dir[64], name[WORLD_NAME_MAX + 1];
	int err = skep__place_dir(dir);
	DIR *d = err ? NULL : opendir(dir);
	struct dirent *entry;

	if (!d)
		return err ? err : -errno;
	while ((entry = readdir(d)) != NULL) {
		size_t len = strlen(entry->d_name);

		if (len <= 5 || len - 5 > WORLD_NAME_MAX ||
		    strcmp(entry->d_name + len - 5, ".sock"))
			continue;
		memcpy(name, entry->d_name, len - 5);
		name[len - 5] = '\0';
		each(opaque, name);
	}
	closedir(d);
	return 0;
}
