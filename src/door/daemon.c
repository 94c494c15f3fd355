/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/daemon.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/types.h"
#include "door/keeper.h"
#include "door/listener.h"
#include "door/socket.h"
#include "door/space.h"
#include "world/usage.h"

#define MAX_VISITORS 64
#define CHECK_MS 1000 /* between two looks whether anything is left */

struct daemon {
	struct skep_world *world;
	const struct place *place;
	struct space space; /* what the first who came made */
	int socket, ended; /* ended: an eventfd that listeners write at their end */
	_Atomic u32 inside; /* listeners */
	bool was_used; /* an idle world that nobody has entered yet is waiting for its maker */
	struct pollfd fds[2 + MAX_VISITORS];
	u32 nr_fds;
};

static void listener_ended(void *opaque)
{
	struct daemon *d = opaque;

	atomic_fetch_sub(&d->inside, 1);
	eventfd_write(d->ended, 1);
}

static void fill_status(struct daemon *d, struct skep_world_status *s)
{
	struct world_usage usage;

	skep__world_usage(d->world->world, &usage);
	*s = (struct skep_world_status){
		.progs = usage.objects[OBJ_PROG],
		.maps = usage.objects[OBJ_MAP],
		.btfs = usage.objects[OBJ_BTF],
		.events = usage.objects[OBJ_EVENT],
		.commands = d->inside,
		.bytes = usage.bytes,
		.pid = getpid(),
	};
}

static int enter(struct daemon *d, int fds[FDS_MAX])
{
	if (fds[0] < 0)
		return -EBADF;
	d->was_used = true;
	atomic_fetch_add(&d->inside, 1);
	int err = fds[1] < 0 ? skep__listener_start(d->world, fds[0], listener_ended, d)
			     : skep__socket_start(d->world, fds[0], fds[1], listener_ended, d);
	fds[0] = fds[1] = -1;
	if (err)
		atomic_fetch_sub(&d->inside, 1);
	return err;
}

/* The directories, then the name spaces. */
static int keep_space(struct daemon *d, int fds[FDS_MAX])
{
	int err;

	if (fds[NR_MOUNTS] < 0 || space_is_there(&d->space))
		return -EINVAL;
	err = skep__mounts_tell(d->world->world, fds);
	for (int i = 0; i < NR_MOUNTS; i++)
		fds[i] = -1;
	if (err)
		return err;
	d->space.mounts = fds[NR_MOUNTS];
	d->space.user = fds[NR_MOUNTS + 1];
	fds[NR_MOUNTS] = fds[NR_MOUNTS + 1] = -1;
	return 0;
}

static void tell_space(const struct daemon *d, int visitor)
{
	int fds[] = { d->space.mounts, d->space.user };

	skep__fds_send(visitor, 0, fds, (d->space.mounts >= 0) + (d->space.user >= 0));
}

/* Answers a request that has arrived. */
static void serve_visitor(struct daemon *d, int visitor)
{
	struct answer answer = { 0 };
	int request, fds[FDS_MAX];

	if (skep__fds_receive(visitor, &request, fds))
		return;
	switch (request) {
	case ASK_ENTER:
		answer.err = enter(d, fds);
		break;
	case ASK_KEEP_SPACE:
		answer.err = keep_space(d, fds);
		break;
	case ASK_SPACE:
		tell_space(d, visitor);
		break;
	case ASK_STATUS:
		fill_status(d, &answer.status);
		break;
	case ASK_DOWN:
		unlink(d->place->addr.sun_path);
		break;
	default:
		answer.err = -EINVAL;
	}
	skep__fds_close(fds);
	if (request == ASK_SPACE)
		return;
	send(visitor, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (request == ASK_DOWN)
		_exit(0); /* listeners close with this process: whoever is inside gets ENOSYS from
			     now on */
}

static void let_in(struct daemon *d)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	int fd = accept4(d->socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (d->nr_fds == ARRAY_SIZE(d->fds) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != geteuid()) {
		close(fd);
		return;
	}
	d->fds[d->nr_fds++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

/* Those who come or go hold the lock, so with it in hand nobody is on the way. */
static bool can_leave(struct daemon *d)
{
	struct world_usage usage;
	struct pollfd knock = { .fd = d->socket, .events = POLLIN };
	int lock;

	if (d->inside || d->nr_fds > 2 || !d->was_used)
		return false;
	skep__world_usage(d->world->world, &usage);
	for (u32 kind = 0; kind < NR_OBJECT_KINDS; kind++) {
		if (usage.objects[kind])
			return false;
	}
	lock = open(d->place->lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0 && poll(&knock, 1, 0) == 0) {
		unlink(d->place->addr.sun_path);
		return true; /* the lock goes with the process */
	}
	if (lock >= 0)
		close(lock);
	return false;
}

static void serve_once(struct daemon *d)
{
	eventfd_t count;

	/* Nobody inside, something left: an fd of it may be closed any time. Otherwise news arrive.
	 */
	if (poll(d->fds, d->nr_fds, d->inside ? -1 : CHECK_MS) <= 0) {
		d->was_used = true;
		return;
	}
	if (d->fds[1].revents)
		eventfd_read(d->ended, &count);
	for (u32 i = d->nr_fds; i-- > 2;) {
		if (!d->fds[i].revents)
			continue;
		serve_visitor(d, d->fds[i].fd);
		close(d->fds[i].fd);
		d->fds[i] = d->fds[--d->nr_fds];
	}
	if (d->fds[0].revents)
		let_in(d);
}

int skep__daemon_main(void *opaque, int fd)
{
	const struct daemon_args *args = opaque;
	struct daemon d = { .place = &args->place, .socket = fd, .nr_fds = 2 };

	skep__space_init(&d.space);

	d.world = skep_world_new(args->opts);
	d.ended = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!d.world || d.ended < 0) {
		unlink(args->place.addr.sun_path);
		return 1;
	}
	skep__world_share_code(d.world->world);
	d.fds[0] = (struct pollfd){ .fd = fd, .events = POLLIN };
	d.fds[1] = (struct pollfd){ .fd = d.ended, .events = POLLIN };
	while (!can_leave(&d))
		serve_once(&d);
	return 0;
}
