/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How calls reach the world: as they are, or carried by ioctl(2) where a filter around the world
 * would answer them (carry.h). Outside of worlds they are the kernel's.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/uapi.h"
#include "door/carry.h"
#include "door/preload.h"
#include "door/raw_call.h"
#include "door/socket.h"

enum way { WAY_UNKNOWN, WAY_DIRECT, WAY_CARRIED, WAY_SOCKET };

static _Atomic int found; /* a process stays where it is */

/* A child is another process to Yama. */
static void look_again(void)
{
	found = WAY_UNKNOWN;
}

static void __attribute__((constructor)) look_again_after_fork(void)
{
	pthread_atfork(NULL, NULL, look_again);
}

static long bpf_by(enum way way, int cmd, const void *attr, u32 size)
{
	if (way == WAY_CARRIED)
		return raw_call(SYS_ioctl, cmd, CARRY_BPF, (long)attr, size, 0, 0);
	if (way == WAY_SOCKET)
		return preload_socket_call(SYS_bpf, (long[6]){ cmd, (long)attr, size });
	return raw_call(SYS_bpf, cmd, (long)attr, size, 0, 0, 0);
}

/* The world's keeper is no ancestor of ours, which Yama insists on unless it is told. */
static void let_world_read(enum way way)
{
	static const char byte;
	long pid = bpf_by(way, DOOR_READER, &byte, 1);

	if (pid > 0)
		raw_call(SYS_prctl, PR_SET_PTRACER, pid, 0, 0, 0, 0);
}

static enum way find_way(void)
{
	int way = atomic_load_explicit(&found, memory_order_relaxed);

	if (likely(way != WAY_UNKNOWN))
		return way;
	for (way = WAY_DIRECT; way <= WAY_SOCKET; way++) {
		if (bpf_by(way, DOOR_PROBE, NULL, 0) == DOOR_PROBE)
			break;
	}
	if (way > WAY_SOCKET)
		way = WAY_DIRECT;
	let_world_read(way);
	atomic_store(&found, way);
	return way;
}

bool preload_way_is_socket(void)
{
	return find_way() == WAY_SOCKET;
}

/* Commands that end with EINTR in the kernel too. */
static bool may_be_interrupted(int cmd)
{
	switch (cmd) {
	case BPF_PROG_TEST_RUN:
	case BPF_MAP_LOOKUP_BATCH:
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
	case BPF_MAP_UPDATE_BATCH:
	case BPF_MAP_DELETE_BATCH:
		return true;
	default:
		return false;
	}
}

/* A signal that comes before the world has received the call ends it, and nothing has happened yet.
 */
long preload_bpf(int cmd, const void *attr, u32 size)
{
	enum way way = find_way();
	long ret;

	do
		ret = bpf_by(way, cmd, attr, size);
	while (unlikely(ret == -EINTR) && !may_be_interrupted(cmd));
	return ret;
}

long preload_perf_event_open(const long args[6])
{
	enum way way = find_way();
	long ret = SOCKET_NOT_OURS;

	if (way == WAY_CARRIED)
		ret = raw_call(SYS_ioctl, args[0], CARRY_PERF_EVENT_OPEN, args[1], args[2], args[3],
			       args[4]);
	else if (way == WAY_SOCKET)
		ret = preload_socket_call(SYS_perf_event_open, args);
	if (ret != SOCKET_NOT_OURS && ret != -ENOTTY)
		return ret;
	return raw_call(SYS_perf_event_open, args[0], args[1], args[2], args[3], args[4], 0);
}
