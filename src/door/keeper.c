/* SPDX-License-Identifier: BSD-2-Clause */
#include "door/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/types.h"

static void close_all_but(int fd)
{
	if (fd > 0)
		syscall(SYS_close_range, 0, fd - 1, 0);
	syscall(SYS_close_range, fd + 1, ~0U, 0);
	for (int std = 0; std < 3; std++) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null > 2) { /* the given fd has one of the three numbers */
			close(null);
			break;
		}
	}
}

/* Each object has an fd here. */
static void want_many_fds(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return;
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
}

static void become_keeper(int fd)
{
	sigset_t none;

	setsid();
	close_all_but(fd);
	if (chdir("/"))
		return;
	for (int sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "skep-world");
	want_many_fds();
}

int skep__keeper_start(int (*keep)(void *arg, int fd), void *arg, int fd)
{
	int status;
	pid_t pid = fork();

	if (pid < 0) {
		close(fd);
		return -errno;
	}
	if (pid == 0) { /* a child for a moment: its child is nobody's */
		pid = fork();
		if (pid)
			_exit(pid < 0);
		become_keeper(fd);
		_exit(keep(arg, fd));
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 0; /* children are not waited for here: SIGCHLD is ignored */
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EAGAIN;
}

int skep__fd_send(int sock, int word, int fd)
{
	struct iovec data = { &word, sizeof(word) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };

	if (fd >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == sizeof(word) ? 0 : -errno;
}

int skep__fd_receive(int sock, int *word, int *fd)
{
	struct iovec data = { word, sizeof(*word) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t got;

	do
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	*fd = -1;
	struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(fd, CMSG_DATA(head), sizeof(*fd));
	if (got == sizeof(*word))
		return 0;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return got < 0 ? -errno : -EPIPE;
}
