/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/task.h"

const char *skep__task_path(u32 tid, const char *file, char path[TASK_PATH_SIZE])
{
	char digits[12];
	u32 at = sizeof(digits) - 1;

	digits[at] = 0;
	for (u32 n = tid; n; n /= 10)
		digits[--at] = '0' + n % 10;
	strcpy(path, "/proc/");
	strcat(path, tid ? digits + at : "thread-self");
	strcat(path, "/");
	return strcat(path, file);
}

static void calling_thread(struct task *out)
{
	*out = (struct task){
		.pid = syscall(SYS_gettid),
		.tgid = getpid(),
		.uid = getuid(),
		.gid = getgid(),
	};
	prctl(PR_GET_NAME, out->comm);
}

/* The number behind "\nName:"; 0 when there is none. */
static u32 number_of(const char *status, const char *name)
{
	const char *at = strstr(status, name);
	u32 n = 0;

	if (!at)
		return 0;
	for (at += strlen(name); *at == '\t' || *at == ' '; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		n = n * 10 + (*at - '0');
	return n;
}

void skep__task(u32 tid, struct task *out)
{
	char path[TASK_PATH_SIZE], status[2048];
	ssize_t len;
	int fd;

	if (!tid) {
		calling_thread(out);
		return;
	}
	*out = (struct task){ 0 };
	fd = open(skep__task_path(tid, "status", path), O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);
	if (fd >= 0)
		close(fd);
	if (len < 6)
		return;
	status[len] = 0;
	memcpy(out->comm, status + 6, min(strcspn(status + 6, "\n"), sizeof(out->comm) - 1));
	out->pid = tid;
	out->tgid = number_of(status, "\nTgid:");
	out->uid = number_of(status, "\nUid:");
	out->gid = number_of(status, "\nGid:");
}

bool skep__task_in_pid_ns(u32 tid, u32 dev, u64 ino)
{
	char path[TASK_PATH_SIZE];
	struct stat st;

	return !stat(skep__task_path(tid, "ns/pid", path), &st) && st.st_ino == ino &&
	       (major(st.st_dev) << 20 | minor(st.st_dev)) == dev;
}

int skep__task_signal(u32 tid, u32 sig, bool process)
{
	struct task task;
	long ret;

	skep__task(tid, &task);
	if (!task.tgid)
		return -ESRCH;
	ret = process ? kill((pid_t)task.tgid, (int)sig)
		      : syscall(SYS_tgkill, task.tgid, task.pid, (int)sig);
	return ret ? -errno : 0;
}
