/* SPDX-License-Identifier: BSD-2-Clause */
/* The world without a name: it belongs to one command and ends with the last of its processes. */
#include <pthread.h>
#include <string.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/types.h"
#include "door/door.h"
#include "door/enter.h"
#include "door/keeper.h"
#include "door/listener.h"
#include "door/socket.h"

static void world_ended(void *opaque)
{
#ifdef __SANITIZE_ADDRESS__
	exit(0); /* what leaked is told */
#endif
	_exit(0); /* the kernel frees faster than we do, and nobody else is served here */
}

/* Takes the listener from the command, and says with a word how that went. */
static int keep(void *arg, int sock)
{
	const struct door_opts *opts = arg;
	struct skep_world *world = skep_world_new(&opts->world);
	int err = world ? 0 : -errno, fds[FDS_MAX], word;

	if (skep__fds_send(sock, err, NULL, 0) || err || skep__fds_receive(sock, &word, fds) ||
	    fds[0] < 0 || word < 1 || word > 2)
		return 1;
	skep__world_share_code(world->world);
	/* The word is the number of fds by which calls arrive; directories follow. */
	if (fds[word] >= 0)
		err = skep__mounts_tell(world->world, fds + word);
	if (!err && word == 1)
		err = skep__listener_start(world, fds[0], world_ended, NULL);
	else if (!err)
		err = skep__socket_start(world, fds[0], fds[1], world_ended, NULL);
	if (skep__fds_send(sock, err, NULL, 0) || err)
		return 1;
	close(sock);
	for (;;)
		pause();
}

struct gift {
	int sock;
	const struct space *space;
};

static int give_ways(void *arg, const int *ways, u32 nr)
{
	struct gift *g = arg;
	int word = 0, none[FDS_MAX], fds[2 + NR_MOUNTS], err;
	static_assert(2 + NR_MOUNTS <= FDS_MAX, "they go in one message");

	memcpy(fds, ways, nr * sizeof(*ways));
	memcpy(fds + nr, g->space->dirs, sizeof(g->space->dirs));
	err = skep__fds_send(g->sock, nr, fds, nr + (space_is_there(g->space) ? NR_MOUNTS : 0));
	if (!err)
		err = skep__fds_receive(g->sock, &word, none);
	return err ? err : word;
}

/* Enters the world once it is made: before that nothing is lost yet. */
static int enter(int sock, const struct door_opts *opts)
{
	int word, none[FDS_MAX], err = skep__fds_receive(sock, &word, none), lost;
	struct space space;

	skep__space_init(&space);
	if (err || word)
		return err ? err : word;
	lost = skep__enter_space(&space, opts);
	if (lost >= 0)
		err = skep__enter(give_ways, &(struct gift){ sock, &space });
	skep__space_close(&space);
	return lost < 0 || err < 0 ? min(lost, err) : lost | err;
}

int skep__door_private(const struct door_opts *opts)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = skep__keeper_start(keep, (void *)opts, pair[1]);
	if (!err)
		err = enter(pair[0], opts);
	close(pair[0]);
	return err;
}
