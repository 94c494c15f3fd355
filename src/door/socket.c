/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/socket.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "door/calls.h"
#include "door/keeper.h"

#define STACK_BYTES (512 * 1024)
#define MAX_CALLS 64 /* at a time; the others wait in the socket's queue */

struct doorman {
	struct skep_world *world;
	int sock, pidfd;
	void (*ended)(void *opaque);
	void *opaque;
	pthread_mutex_t lock; /* guards calls */
	pthread_cond_t is_less;
	u32 calls; /* under way */
};

struct visit {
	struct doorman *d;
	int conn;
};

int skep__socket_new(void)
{
	struct sockaddr_un addr;
	unsigned long number[2];
	char name[48];
	socklen_t len;
	int fd;

	if (getrandom(number, sizeof(number), 0) != sizeof(number))
		return -EAGAIN;
	snprintf(name, sizeof(name), "skep-%016lx%016lx", number[0], number[1]);
	len = skep__socket_address(&addr, name);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 128) ||
	    setenv(DOOR_VARIABLE, name, 1)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* The thread that is said to call has to be one of the process at the other end, and of this user.
 */
static bool is_honest(int conn, u32 tid)
{
	struct ucred who;
	socklen_t len = sizeof(who);
	char path[48];

	if (getsockopt(conn, SOL_SOCKET, SO_PEERCRED, &who, &len) || who.uid != geteuid())
		return false;
	snprintf(path, sizeof(path), "/proc/%d/task/%u", who.pid, tid);
	return !access(path, F_OK);
}

static void answer(struct doorman *d, int conn, const struct socket_call *c)
{
	struct pidfds pidfds = { 0 };
	struct remote r = {
		.client = { .ops = &skep__client_remote, .tid = c->tid },
		.pidfds = &pidfds,
		.listener = -1,
		.conn = conn,
		.cmd = -1,
		.given = -1,
		.tid = c->tid,
	};
	struct seccomp_data data = { .nr = c->nr };

	memcpy(data.args, c->args, sizeof(c->args));
	long ret = skep__door_call(d->world, &r, &data);
	skep__remote_end(&r);
	static_assert(SOCKET_NOT_OURS == SYS_NOT_OURS, "the library knows it by another name");
	skep__fds_send_bytes(conn, &(struct socket_answer){ ret }, sizeof(struct socket_answer),
			     &r.given, r.given >= 0);
	if (r.given >= 0)
		close(r.given);
	skep__pidfds_close(&pidfds);
}

static void *serve_visit(void *arg)
{
	struct visit v = *(struct visit *)arg;
	struct timeval patience = { .tv_sec = 2 }; /* whoever says nothing keeps nobody out */
	struct socket_call c;

	skep__free(arg);
	setsockopt(v.conn, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (recv(v.conn, &c, sizeof(c), 0) == sizeof(c) && is_honest(v.conn, c.tid))
		answer(v.d, v.conn, &c);
	close(v.conn);
	pthread_mutex_lock(&v.d->lock);
	v.d->calls--;
	pthread_cond_signal(&v.d->is_less);
	pthread_mutex_unlock(&v.d->lock);
	return NULL;
}

static int start_thread(void *(*main)(void *), void *arg)
{
	pthread_attr_t attr;
	pthread_t thread;
	int err;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	err = pthread_create(&thread, &attr, main, arg);
	pthread_attr_destroy(&attr);
	return -err;
}

static void wait_until_fewer(struct doorman *d, u32 limit)
{
	pthread_mutex_lock(&d->lock);
	while (d->calls >= limit)
		pthread_cond_wait(&d->is_less, &d->lock);
	pthread_mutex_unlock(&d->lock);
}

static void let_in(struct doorman *d)
{
	struct visit *v = skep__alloc(sizeof(*v));
	int conn = accept4(d->sock, NULL, NULL, SOCK_CLOEXEC);

	if (!v || conn < 0)
		goto drop;
	*v = (struct visit){ d, conn };
	wait_until_fewer(d, MAX_CALLS);
	pthread_mutex_lock(&d->lock);
	d->calls++;
	pthread_mutex_unlock(&d->lock);
	if (!start_thread(serve_visit, v))
		return;
	pthread_mutex_lock(&d->lock);
	d->calls--;
	pthread_mutex_unlock(&d->lock);
drop:
	if (conn >= 0)
		close(conn);
	skep__free(v);
}

static void *doorman_main(void *arg)
{
	struct doorman *d = arg;
	struct pollfd fds[] = { { .fd = d->sock, .events = POLLIN },
				{ .fd = d->pidfd, .events = POLLIN } };

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) > 0 && fds[0].revents)
			let_in(d);
	}
	close(d->sock);
	close(d->pidfd);
	wait_until_fewer(d, 1);
	void (*ended)(void *opaque) = d->ended;
	void *opaque = d->opaque;
	pthread_cond_destroy(&d->is_less);
	pthread_mutex_destroy(&d->lock);
	skep__free(d);
	ended(opaque);
	return NULL;
}

int skep__socket_start(struct skep_world *w, int sock, int pidfd, void (*ended)(void *opaque),
		       void *opaque)
{
	struct doorman *d = skep__alloc(sizeof(*d));
	int err = d ? 0 : -ENOMEM;

	if (d) {
		*d = (struct doorman){ w, sock, pidfd, ended, opaque };
		pthread_mutex_init(&d->lock, NULL);
		pthread_cond_init(&d->is_less, NULL);
		err = start_thread(doorman_main, d);
	}
	if (!err)
		return 0;
	skep__free(d);
	close(sock);
	close(pidfd);
	return err;
}
