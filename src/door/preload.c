/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libskep-preload.so: does operations on elements of hashes, arrays and tries in the calling
 * process, in the map's shared memory, without a system call. It overrides libc's syscall(),
 * through which dynamic programs call bpf(2); everything that it does not know goes on to the
 * kernel, and so to the world, past filters that would answer it before the world does (carry.h).
 *
 * What an fd refers to is remembered until something closes it or puts another file in its place
 * (preload_slots.h). Addresses that are not there fault here, where bpf(2) would say EFAULT.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/uapi.h"
#include "door/preload.h"
#include "door/preload_slots.h"
#include "door/raw_call.h"

#define ATTR_END (offsetof(union bpf_attr, flags) + sizeof(u64)) /* of commands on one element */

/* The fd is about to be something else, or nothing. */
static void forget(unsigned int fd)
{
	if (fd >= PRELOAD_FDS)
		return;
	preload_forget_ring(fd);
	preload_forget_polled(fd);
	preload_slot_forget(fd);
}

static void forget_range(unsigned int first, unsigned int last)
{
	for (unsigned int fd = first; fd < PRELOAD_FDS && fd <= last; fd++)
		forget(fd);
}

static const union bpf_attr no_attr;

/* An attr may end behind the last field that is wanted (libbpf's of GET_NEXT_KEY does): flags are
 * 0. */
static u64 flags_of(const union bpf_attr *attr, u32 size)
{
	return size >= ATTR_END ? attr->flags : 0;
}

static bool is_whole(int cmd, const union bpf_attr *attr, u32 size)
{
	if (size <= ATTR_END)
		return size == ATTR_END || size == offsetof(union bpf_attr, flags) ||
		       (cmd == BPF_MAP_DELETE_ELEM && size == offsetof(union bpf_attr, value));
	return size <= sizeof(*attr) &&
	       !memcmp((const u8 *)attr + ATTR_END, &no_attr, size - ATTR_END);
}

/* Has the attr of a command on one element nothing unusual about it? */
static inline bool is_usual(int cmd, const union bpf_attr *attr, u32 size)
{
	if (unlikely(size != ATTR_END) && !is_whole(cmd, attr, size))
		return false;
	if (attr->key < PRELOAD_NO_ADDRESS && !(cmd == BPF_MAP_GET_NEXT_KEY && !attr->key))
		return false;
	if (cmd != BPF_MAP_DELETE_ELEM &&
	    attr->value < PRELOAD_NO_ADDRESS) /* and next_key, which is the same field */
		return false;
	return flags_of(attr, size) <= (cmd == BPF_MAP_UPDATE_ELEM ? BPF_EXIST : 0);
}

static inline long element(int cmd, const union bpf_attr *attr, u32 size, struct map *map)
{
	void *key = (void *)attr->key, *value = (void *)attr->value;

	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM:
		return map->ops->sys_lookup(map, key, value, 0);
	case BPF_MAP_UPDATE_ELEM:
		return map->ops->sys_update(map, key, value, flags_of(attr, size));
	case BPF_MAP_DELETE_ELEM:
		return map->ops->sys_remove(map, key);
	default:
		return map->ops->sys_next_key(map, key, value);
	}
}

/* False: bpf(2) has to answer. */
static inline __attribute__((always_inline)) bool element_here(int cmd, const union bpf_attr *attr,
							       u32 size, long *ret)
{
	bool writes = cmd == BPF_MAP_UPDATE_ELEM || cmd == BPF_MAP_DELETE_ELEM;

	if (!attr || !is_usual(cmd, attr, size))
		return false;
	u32 fd = attr->map_fd;
	const struct known *k = slot_use(fd);
	if (!k)
		return false;
	bool can = !(writes && k->frozen);
	if (can)
		*ret = element(cmd, attr, size, k->map);
	slot_done(fd, k);
	return can;
}

/* Each command by itself, so that the compiler knows which it is. */
static bool answer_here(int cmd, const union bpf_attr *attr, u32 size, long *ret)
{
	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM:
		return element_here(BPF_MAP_LOOKUP_ELEM, attr, size, ret);
	case BPF_MAP_UPDATE_ELEM:
		return element_here(BPF_MAP_UPDATE_ELEM, attr, size, ret);
	case BPF_MAP_DELETE_ELEM:
		return element_here(BPF_MAP_DELETE_ELEM, attr, size, ret);
	case BPF_MAP_GET_NEXT_KEY:
		return element_here(BPF_MAP_GET_NEXT_KEY, attr, size, ret);
	default:
		return false;
	}
}

static long bpf_call(int cmd, union bpf_attr *attr, u32 size)
{
	long ret;

	if (answer_here(cmd, attr, size, &ret))
		return ret;
	if (preload_batch(cmd, attr, size, &ret))
		return ret;
	if (cmd == BPF_MAP_FREEZE) /* asked about again, and then found frozen */
		forget_range(0, PRELOAD_FDS);
	ret = preload_bpf(cmd, attr, size);
	if (cmd == BPF_MAP_CREATE && ret >= 0 && attr->map_type == BPF_MAP_TYPE_RINGBUF)
		preload_note_ring(ret, PRELOAD_RING_MAP);
	return ret;
}

static long event_call(const long args[6])
{
	const struct perf_event_attr *attr = (const void *)args[0];
	long ret = preload_perf_event_open(args);

	if (ret >= 0 && attr->type == PERF_TYPE_SOFTWARE &&
	    attr->config == PERF_COUNT_SW_BPF_OUTPUT)
		preload_note_ring(ret, PRELOAD_RING_PERF);
	return ret;
}

static __attribute__((noinline)) long other_call(long nr, const long a[6])
{
	if (nr == SYS_perf_event_open)
		return preload_result(event_call(a));
	if (nr == SYS_close)
		forget(a[0]);
	else if (nr == SYS_dup3)
		forget(a[1]);
#ifdef SYS_dup2
	else if (nr == SYS_dup2)
		forget(a[1]);
#endif
	else if (nr == SYS_close_range)
		forget_range(a[0], a[1]);
	return preload_result(raw_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

/* By another name here: what libc declares has no names for the arguments, and taking those costs
 * as much as a lookup. What was not passed is not looked at. */
CAUGHT long caught_syscall(long nr, long a, long b, long c, long d, long e,
			   long f) __asm__("syscall");

long caught_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	if (likely(nr == SYS_bpf))
		return preload_result(bpf_call((int)a, (union bpf_attr *)b, (u32)c));
	return other_call(nr, (long[6]){ a, b, c, d, e, f });
}

CAUGHT int close(int fd)
{
	forget(fd);
	return preload_result(raw_call(SYS_close, fd, 0, 0, 0, 0, 0));
}

CAUGHT int dup3(int from, int to, int flags)
{
	forget(to);
	return preload_result(raw_call(SYS_dup3, from, to, flags, 0, 0, 0));
}

CAUGHT int dup2(int from, int to)
{
	if (from == to)
		return fcntl(from, F_GETFD) < 0 ? -1 : to;
	return dup3(from, to, 0);
}

CAUGHT int close_range(unsigned int first, unsigned int last, int flags)
{
	forget_range(first, last);
	return preload_result(raw_call(SYS_close_range, first, last, flags, 0, 0, 0));
}

CAUGHT void closefrom(int first)
{
	close_range(first < 0 ? 0 : first, ~0U, 0);
}
