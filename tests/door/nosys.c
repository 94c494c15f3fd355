/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Executes a command below a seccomp filter, for good: `nosys CMD` on what looks like a kernel
 * without bpf(2), `nosys --container CMD` with what container engines refuse by default,
 * `nosys --no-notification CMD` where there is no seccomp notification either, `nosys --no-kcmp
 * CMD` on a kernel without kcmp(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD_NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define REFUSE(nr, err)                                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),                                             \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (err))
#define REFUSE_ABOVE(nr, err)                                                                      \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, nr, 0, 1),                                             \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (err))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter no_bpf[] = { LOAD_NR, REFUSE(SYS_bpf, ENOSYS), ALLOW };

static struct sock_filter container[] = {
	LOAD_NR,
	REFUSE(SYS_bpf, EPERM),
	REFUSE(SYS_perf_event_open, EPERM),
	REFUSE(SYS_pidfd_getfd, EPERM),
	REFUSE(SYS_kcmp, EPERM),
	REFUSE(SYS_unshare, EPERM),
	REFUSE(SYS_setns, EPERM),
	REFUSE(SYS_mount, EPERM),
	REFUSE(SYS_umount2, EPERM),
	REFUSE(SYS_move_mount, EPERM),
	REFUSE(SYS_open_tree, EPERM),
	REFUSE(SYS_fsopen, EPERM),
	REFUSE(SYS_userfaultfd, EPERM),
	REFUSE(SYS_keyctl, EPERM),
	REFUSE_ABOVE(SYS_process_mrelease, ENOSYS), /* numbers newer than the engine */
	ALLOW,
};

static struct sock_filter no_notification[] = {
	LOAD_NR,
	REFUSE(SYS_bpf, ENOSYS),
	REFUSE(SYS_seccomp, EINVAL),
	ALLOW,
};

static struct sock_filter no_kcmp[] = { LOAD_NR, REFUSE(SYS_kcmp, ENOSYS), ALLOW };

static const struct {
	const char *option;
	struct sock_fprog prog;
} filters[] = {
	{ "--container", { sizeof(container) / sizeof(*container), container } },
	{ "--no-kcmp", { sizeof(no_kcmp) / sizeof(*no_kcmp), no_kcmp } },
	{ "--no-notification",
	  { sizeof(no_notification) / sizeof(*no_notification), no_notification } },
};

int main(int argc, char **argv)
{
	struct sock_fprog prog = { .len = sizeof(no_bpf) / sizeof(no_bpf[0]), .filter = no_bpf };
	char **cmd = argv + 1;

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters) && argc > 1; i++) {
		if (!strcmp(argv[1], filters[i].option)) {
			prog = filters[i].prog;
			cmd = argv + 2;
		}
	}
	if (!*cmd)
		return 2;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
		perror("seccomp");
		return 2;
	}
	execvp(cmd[0], cmd);
	perror(cmd[0]);
	return 127;
}
