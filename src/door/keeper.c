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

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
};

int skep__fds_send_bytes(int sock, const void *bytes, size_t size, const int *fds, unsigned int nr)
{
	struct iovec data = { (void *)bytes, size };
	union control control = { .head = { CMSG_LEN(nr * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr msg = { .msg_iov = &data, .msg_iovlen = 1 };

	if (nr) {
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, nr * sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)size ? 0 : -errno;
}

int skep__fds_send(int sock, int word, const int *fds, unsigned int nr)
{
	return skep__fds_send_bytes(sock, &word, sizeof(word), fds, nr);
}

static void take_fds(struct msghdr *msg, int fds[FDS_MAX])
{
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);

	for (int i = 0; i < FDS_MAX; i++)
		fds[i] = -1;
	if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
	    head->cmsg_len <= CMSG_LEN(FDS_MAX * sizeof(int)))
		memcpy(fds, CMSG_DATA(head), head->cmsg_len - CMSG_LEN(0));
}

int skep__fds_receive(int sock, int *word, int fds[FDS_MAX])
{
	struct iovec data = { word, sizeof(*word) };
	union control control = { 0 };
	struct msghdr msg = { .msg_iov = &data,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t got;

	do
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	int err = got < 0 ? -errno : -EPIPE;
	if (got <= 0)
		msg.msg_controllen = 0;
	take_fds(&msg, fds);
	if (got == sizeof(*word))
		return 0;
	skep__fds_close(fds);
	return err;
}

void skep__fds_close(int fds[FDS_MAX])
{
	for (int i = 0; i < FDS_MAX; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}
