/* SPDX-License-Identifier: BSD-2-Clause */
#include "visitor.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door/keeper.h"
#include "door/socket.h"

#define FIRST_FREE_FD 16 /* in the visitor: below are fds that messages may name */

struct order {
	char name[48];
	struct visit visit;
};

static struct {
	int pid, sock;
} visitor = { .pid = -1, .sock = -1 };

/* What comes with an answer stays open for later messages, as far as there is room. */
static void hear(int conn)
{
	int word, fds[FDS_MAX];

	if (skep__fds_receive(conn, &word, fds))
		return;
	for (int i = 0; i < FDS_MAX; i++) {
		if (fds[i] >= FIRST_FREE_FD)
			close(fds[i]);
	}
}

static void go(const struct order *o)
{
	const struct visit *v = &o->visit;
	struct sockaddr_un addr;
	socklen_t len = skep__socket_address(&addr, o->name);
	int conn = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), zero = 0;
	unsigned int size = v->size < sizeof(v->message) ? v->size : sizeof(v->message);

	if (conn >= 0 && dup2(conn, 100) >= 0) { /* numbers below stay free for what is given */
		close(conn);
		conn = 100;
	}
	if (conn < 0 || connect(conn, (struct sockaddr *)&addr, len))
		return;
	for (int i = 0; i <= !!(v->how & VISIT_REPEATS); i++)
		skep__fds_send_bytes(conn, v->message, size, &zero, !!(v->how & VISIT_BRINGS_FD));
	if (v->how & VISIT_SAYS_NO_MORE)
		shutdown(conn, SHUT_WR);
	if (!(v->how & VISIT_LEAVES))
		hear(conn);
	close(conn);
}

static _Noreturn void visitor_main(int sock)
{
	struct order o;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	while (recv(sock, &o, sizeof(o), 0) == sizeof(o)) {
		o.name[sizeof(o.name) - 1] = 0;
		go(&o);
		send(sock, "", 1, 0);
	}
	_exit(0);
}

static void forget(void)
{
	if (visitor.pid < 0)
		return;
	kill(visitor.pid, SIGKILL);
	waitpid(visitor.pid, NULL, 0);
	close(visitor.sock);
	visitor.pid = visitor.sock = -1;
}

int visitor_pid(void)
{
	int pair[2];

	if (visitor.pid >= 0)
		return visitor.pid;
	if (mmap(ARENA, ARENA_SIZE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != (void *)ARENA &&
	    msync(ARENA, ARENA_SIZE, MS_ASYNC))
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -1;
	visitor.pid = fork();
	if (!visitor.pid) {
		close(pair[0]);
		if (dup2(pair[1], 101) < 0)
			_exit(1);
		close_range(3, 100, 0);
		visitor_main(101);
	}
	close(pair[1]);
	visitor.sock = pair[0];
	if (visitor.pid < 0)
		close(pair[0]);
	return visitor.pid;
}

void visitor_go(const char *name, const struct visit *v)
{
	struct order o = { .visit = *v };
	char done;

	strncpy(o.name, name, sizeof(o.name) - 1);
	if (send(visitor.sock, &o, sizeof(o), MSG_NOSIGNAL) != sizeof(o) ||
	    recv(visitor.sock, &done, 1, 0) != 1)
		forget();
}
