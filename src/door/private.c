/* SPDX-License-Identifier: BSD-2-Clause */
/* The world without a name: it belongs to one command and ends with the last of its processes. */
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/types.h"
#include "door/door.h"
#include "door/enter.h"
#include "door/keeper.h"
#include "door/listener.h"

static void world_ended(void *opaque)
{
	_exit(0); /* the kernel frees faster than we do, and nobody else is served here */
}

/* Takes the listener from the command, and says with a word how that went. */
static int keep(void *arg, int sock)
{
	struct skep_world *world = skep_world_new(arg);
	int err = world ? 0 : -errno, fd, word;

	if (skep__fd_send(sock, err, -1) || err || skep__fd_receive(sock, &word, &fd) || fd < 0)
		return 1;
	err = skep__listener_start(world, fd, world_ended, NULL);
	if (skep__fd_send(sock, err, -1) || err)
		return 1;
	close(sock);
	for (;;)
		pause();
}

static int give_listener(void *arg, int listener)
{
	int sock = *(int *)arg, word = 0, none, err;

	err = skep__fd_send(sock, 0, listener);
	if (!err)
		err = skep__fd_receive(sock, &word, &none);
	return err ? err : word;
}

/* Enters the world once it is made: before that nothing is lost yet. */
static int enter(int sock)
{
	int word, none, err = skep__fd_receive(sock, &word, &none);

	if (err || word)
		return err ? err : word;
	return skep__enter(give_listener, &sock);
}

int skep__door_private(const struct skep_world_opts *opts)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	err = skep__keeper_start(keep, (void *)opts, pair[1]);
	if (!err)
		err = enter(pair[0]);
	close(pair[0]);
	return err;
}
