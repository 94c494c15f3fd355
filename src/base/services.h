/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the data plane needs from the world above it: a small table that the caller of a run fills.
 * Tests and deterministic runs put their own answers here. Every function may be called while a
 * program runs, also in a signal handler: it must not allocate, block, or take a lock that a dead
 * or stopped process could hold. Only general registers are saved around them by the caller.
 */
#ifndef SKEP_BASE_SERVICES_H
#define SKEP_BASE_SERVICES_H

#include <time.h>

#include "base/types.h"

struct async_ops;
struct map;
struct packet;
struct perf_event;
struct prog;

/* Who runs the program: the kernel's `current`, as far as user space knows it. */
struct task {
	u32 pid, tgid; /* the kernel's names: thread id and process id */
	u32 uid, gid;
	char comm[16];
};

struct services {
	void *opaque; /* first argument of each, unless it says otherwise */
	u32 tid; /* on whose behalf programs run; 0: the calling thread's own */

	/* MONOTONIC, BOOTTIME, MONOTONIC_COARSE, TAI */
	u64 (*clock_ns)(void *opaque, clockid_t clock);
	u64 (*jiffies)(void *opaque); /* in units of 1/HZ s as bpf_jiffies64 reports */
	u32 (*random)(void *opaque);
	u32 (*numa_node)(void *opaque); /* of the current CPU; NULL: there is one only, number 0 */

	/* About the current task, which is thread tid: these are handed the table itself. */
	void (*current_task)(const struct services *svc, struct task *out);
	/* Its control group, or the one of that level that it is in; 0: none. */
	u64 (*cgroup_id)(const struct services *svc, const int *level);
	/* Is its pid name space the one with this device (as the kernel numbers them) and inode? */
	bool (*in_pid_ns)(const struct services *svc, u32 dev, u64 ino);
	/* A signal for it, or for its whole process: 0 or -errno. */
	int (*send_signal)(const struct services *svc, u32 sig, bool process);

	/*
	 * Shared map memory holds ids, a process holds pointers: what has the id is in these
	 * tables, NULL for an id that is gone, and for 0. The object stays valid until the calling
	 * run ends (skep__cpu_exit).
	 */
	const _Atomic(struct map *) *maps;
	const _Atomic(const struct prog *) *progs;
	u32 nr_maps, nr_progs;
	const struct perf_event *(*event_by_id)(void *opaque, u32 id); /* map/perf_ring.h */

	/* A consumer that waits on the map (ring buffer, perf event array slot) has something to
	 * read. */
	void (*wake)(void *opaque, struct map *map, u32 index);

	/*
	 * A copy of the packet as it is now leaves by bpf_clone_redirect: 0, or -EINVAL when there
	 * is no such interface. NULL: there is none at all.
	 */
	int (*clone_out)(void *opaque, const struct packet *pkt, u32 ifindex, bool ingress);

	/*
	 * For syscall programs, whose run may sleep: bpf(2) and close(2) on behalf of the caller,
	 * who is the first argument here: an fd, 0 or -errno. NULL: there is nobody to call on
	 * behalf of.
	 */
	void *caller;
	long (*bpf)(void *caller, int cmd, const void *attr, u32 size);
	int (*close_fd)(void *caller, u32 fd);
	/* A type of the kernel's by name and kind: its BTF id, or -ENOENT; -EINVAL: no types are
	 * known. */
	s64 (*find_type)(void *caller, const char *name, u32 kind);

	/* Timers and work queues (base/async.h); NULL: there are none. */
	const struct async_ops *async;

	/* One line for trace_pipe, without the header that the kernel puts before it and its
	 * newline; it is handed the table, which tells whose line it is. */
	void (*trace)(const struct services *svc, const char *line, size_t len);
};

/* Real clocks, getrandom-seeded numbers, the calling thread; no objects, no consumers, trace to
 * nowhere. */
extern const struct services skep__default_services;

#endif
