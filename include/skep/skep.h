/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libskep: a user-space kernel for eBPF. A world is to eBPF programs what one booted kernel is; its
 * front door is bpf(2) itself, with the kernel's commands, attr layouts and errnos. libbpf works on top:
 * define syscall() in your program and send SYS_bpf to skep_bpf() (examples/embed.c does).
 *
 * Every function may be called from any thread. Nothing here prints, exits or aborts.
 */
#ifndef SKEP_SKEP_H
#define SKEP_SKEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SKEP_API __attribute__((visibility("default")))

union bpf_attr;
struct epoll_event;
struct perf_event_attr;
struct skep_world;

/* The library's version, "major.minor.patch"; static. */
SKEP_API const char *skep_version(void);

/*
 * How programs of a world run: as machine code (a program without any, as on machines that skep has no compiler
 * for, is interpreted), interpreted, or in checked mode, which tests every access against the memory that the
 * program may touch, and stops it at the first bad one. The first two trust that the program was verified.
 */
enum skep_mode { SKEP_MODE_CHECKED, SKEP_MODE_INTERP, SKEP_MODE_JIT };

/* Options of a world: start with `.size = sizeof(struct skep_world_opts)`; everything else may be 0. */
struct skep_world_opts {
	size_t size;
	uint32_t nr_cpus; /* possible CPUs of the world; 0: as many as the machine has */
	int unverified; /* non-zero: programs are loaded without being verified */
	uint32_t max_objects; /* of all kinds together; more are -EPERM. 0: no limit */
	uint64_t max_bytes; /* of their memory; more is -ENOMEM. 0: no limit but the machine's */
	int trusts_pointers; /* non-zero: memory that calls point to is read and written as memcpy would, so a pointer to
			      * nothing ends the process instead of the call with -EFAULT. That saves two system calls for
			      * each that does not point into the caller's stack */
	int no_perfmon; /* non-zero: loaders are taken to have CAP_BPF and not CAP_PERFMON; else both, whoever they are */
};

/*
 * A private world. Its verifier decides which programs are loaded, with the kernel's errno and log for those that are
 * not, and they are compiled. With opts->unverified, everything that has the shape of a program is loaded, and runs
 * in checked mode unless skep_world_set_mode says otherwise. opts may be NULL. The caller ends the world with
 * skep_world_free. NULL with errno set: ENOMEM, EMFILE, EINVAL (size or nr_cpus out of range).
 */
SKEP_API struct skep_world *skep_world_new(const struct skep_world_opts *opts);

/*
 * Ends a world with its programs, maps and pins. Call it when no call into the world is under way. Fds that
 * were given out stay open and mean nothing any more.
 */
SKEP_API void skep_world_free(struct skep_world *world);

/*
 * bpf(2) on the world: command, attr and attr size as in the manual page. Returns what the system call
 * returns (a new fd of this process, or 0), or -errno.
 */
SKEP_API long skep_bpf(struct skep_world *world, int cmd, union bpf_attr *attr, unsigned int size);

/*
 * The system calls around bpf(2) that have to know about its fds; send them here when the fd is one of the
 * world's (-EBADF, -EINVAL, -ENOTTY or -EPERM tell when it is not, and the real call should be made).
 * perf_event_open: BPF_OUTPUT events only, -ENOENT for others. ioctl: PERF_EVENT_IOC_ENABLE and _DISABLE. epoll_ctl: ring
 * buffers and perf events. Each returns what the system call returns, or -errno.
 */
SKEP_API long skep_perf_event_open(struct skep_world *world, const struct perf_event_attr *attr,
				   int pid, int cpu, int group_fd, unsigned long flags);
SKEP_API long skep_ioctl(struct skep_world *world, int fd, unsigned long request);
SKEP_API long skep_epoll_ctl(struct skep_world *world, int epfd, int op, int fd,
			     struct epoll_event *event);

/*
 * The mode of every run from now on: 0, or -EINVAL for no such mode. In a world with opts->unverified, a program that was
 * loaded in checked mode has no machine code; and whoever leaves checked mode there trusts what nothing has proved.
 */
SKEP_API int skep_world_set_mode(struct skep_world *world, enum skep_mode mode);
SKEP_API enum skep_mode skep_world_mode(const struct skep_world *world);

/*
 * What checked mode stopped last in a run that the calling thread asked for, as a text for people (program,
 * instruction, source line, address, region and distance), or NULL when its last run was not stopped. Valid
 * until the thread's next call into the world.
 */
SKEP_API const char *skep_world_fault(const struct skep_world *world);

/*
 * Where the verifier spent its budget on the program that the calling thread loaded last, if it refused it: at
 * most n instructions, those first that paths came by most often. Returns how many it wrote.
 */
struct skep_visits {
	uint32_t insn, visits;
};
SKEP_API unsigned int skep_world_busiest(const struct skep_world *world, struct skep_visits *out,
					 unsigned int n);

/*
 * Where bpf_trace_printk's lines go: called with each line (not NUL-terminated, without its newline) on the
 * thread that runs the program. NULL: nowhere, as at first.
 */
SKEP_API void skep_world_set_trace(struct skep_world *world,
				   void (*trace)(void *opaque, const char *line, size_t len),
				   void *opaque);

#ifdef __cplusplus
}
#endif
#endif
