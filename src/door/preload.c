/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libskep-preload.so: does operations on single elements of hashes and arrays in the calling
 * process, in the map's shared memory, without a system call. It overrides libc's syscall(),
 * through which dynamic programs call bpf(2); everything that it does not know goes on to the
 * kernel, and so to the world, past filters that would answer it before the world does (carry.h).
 *
 * What an fd refers to is remembered until something closes it or puts another file in its place. A
 * slot's map is used under a count, so that a close() in one thread unmaps nothing under another.
 * Addresses that are not there fault here, where bpf(2) would say EFAULT.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/uapi.h"
#include "door/describe.h"
#include "door/preload.h"
#include "door/raw_call.h"

#define NR_SLOTS 1024
#define NO_ADDRESS 65536 /* bpf(2) says EFAULT below it, as the kernel maps nothing there */
#define ATTR_END (offsetof(union bpf_attr, flags) + sizeof(u64)) /* of commands on one element */

struct slot {
	_Atomic int users; /* calls under way, and one while the slot is live; 0: there is no map */
	_Atomic bool is_live;
	_Atomic bool is_none; /* asked already: nothing for this library */
	_Atomic u32 closes; /* how often the fd came to an end */
	int accmode;
	bool frozen;
	struct map *map;
};

static struct slot slots[NR_SLOTS];
static pthread_mutex_t building = PTHREAD_MUTEX_INITIALIZER;

static void put(struct slot *s)
{
	struct map *map = s->map;

	if (atomic_fetch_sub(&s->users, 1) == 1)
		skep__map_free(map);
}

static bool get(struct slot *s)
{
	int users = atomic_load_explicit(&s->users, memory_order_relaxed);

	do {
		if (users <= 0)
			return false;
	} while (!atomic_compare_exchange_weak(&s->users, &users, users + 1));
	if (atomic_load(&s->is_live))
		return true;
	put(s);
	return false;
}

/* The fd is about to be something else, or nothing. */
static void forget(unsigned int fd)
{
	if (fd >= NR_SLOTS)
		return;
	preload_forget_ring(fd);
	preload_forget_polled(fd);
	struct slot *s = &slots[fd];
	atomic_fetch_add(&s->closes, 1);
	atomic_store(&s->is_none, false);
	if (atomic_exchange(&s->is_live, false))
		put(s);
}

static void forget_range(unsigned int first, unsigned int last)
{
	for (unsigned int fd = first; fd < NR_SLOTS && fd <= last; fd++)
		forget(fd);
}

/* Types whose elements are bytes and nothing else. */
static bool is_plain(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return true;
	default:
		return false;
	}
}

/* Maps what the fd refers to: NULL when that is not for us. */
static struct map *open_map(int fd, struct slot *s)
{
	struct door_describe d = { 0 };
	int err, here = raw_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, PRELOAD_HIGH_FD, 0, 0, 0);
	struct map *map = NULL;

	if (here < 0)
		return NULL;
	d.fd = here;
	s->accmode = raw_call(SYS_fcntl, here, F_GETFL, 0, 0, 0, 0) & O_ACCMODE;
	if (s->accmode == O_RDWR && preload_bpf(DOOR_DESCRIBE, &d, sizeof(d)) == 0 &&
	    is_plain(d.def.type))
		map = skep__map_open(&d.def, NULL, d.id, here, &skep__default_services, &err);
	if (map)
		map->fd = -1; /* the mapping is enough */
	s->frozen = d.frozen;
	raw_call(SYS_close, here, 0, 0, 0, 0, 0);
	return map;
}

static void build(int fd, struct slot *s)
{
	u32 closes = atomic_load(&s->closes);

	if (pthread_mutex_trylock(&building))
		return; /* the next call may */
	if (atomic_load(&s->users) == 0 && !atomic_load(&s->is_none)) {
		struct map *map = open_map(fd, s);

		s->map = map;
		if (map) {
			atomic_store(&s->users, 1);
			atomic_store(&s->is_live, true);
		} else {
			atomic_store(&s->is_none, true);
		}
		if (atomic_load(&s->closes) !=
		    closes) /* closed meanwhile: it may be another file's */
			forget(fd);
	}
	pthread_mutex_unlock(&building);
}

/* May what an fd refers to be remembered? */
static bool may_remember(void)
{
	static _Atomic int answer; /* 0: not known yet */
	int known = atomic_load_explicit(&answer, memory_order_relaxed);

	if (unlikely(!known)) {
		known = preload_closes_unseen() ? -1 : 1;
		atomic_store(&answer, known);
	}
	return known > 0;
}

/* The map behind an fd, in use until put(). */
static struct slot *slot_of(u32 fd)
{
	struct slot *s = &slots[fd % NR_SLOTS];

	if (fd >= NR_SLOTS || atomic_load_explicit(&s->is_none, memory_order_relaxed))
		return NULL;
	if (get(s))
		return s;
	if (!may_remember())
		return NULL;
	build(fd, s);
	return get(s) ? s : NULL;
}

/* The thread that held it may not be there in a child. */
static void unlock_in_child(void)
{
	pthread_mutex_init(&building, NULL);
}

static void __attribute__((constructor)) unlock_after_fork(void)
{
	pthread_atfork(NULL, NULL, unlock_in_child);
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

/* Commands on one element with nothing unusual about them. */
static bool is_fast(int cmd, const union bpf_attr *attr, u32 size)
{
	bool is_next = cmd == BPF_MAP_GET_NEXT_KEY;

	if (cmd < BPF_MAP_LOOKUP_ELEM || cmd > BPF_MAP_GET_NEXT_KEY || !attr ||
	    !is_whole(cmd, attr, size))
		return false;
	if (!(is_next && !attr->key) && attr->key < NO_ADDRESS)
		return false;
	if (cmd != BPF_MAP_DELETE_ELEM &&
	    attr->value < NO_ADDRESS) /* and next_key, which is the same field */
		return false;
	return flags_of(attr, size) <= (cmd == BPF_MAP_UPDATE_ELEM ? BPF_EXIST : 0);
}

static long element(int cmd, const union bpf_attr *attr, u32 size, struct map *map)
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
static bool answer_here(int cmd, const union bpf_attr *attr, u32 size, long *ret)
{
	struct slot *s = is_fast(cmd, attr, size) ? slot_of(attr->map_fd) : NULL;

	if (!s)
		return false;
	bool writes = cmd == BPF_MAP_UPDATE_ELEM || cmd == BPF_MAP_DELETE_ELEM;
	bool can = !(writes && s->frozen);
	if (can)
		*ret = element(cmd, attr, size, s->map);
	put(s);
	return can;
}

static long bpf_call(int cmd, union bpf_attr *attr, u32 size)
{
	long ret;

	if (answer_here(cmd, attr, size, &ret))
		return ret;
	if (cmd == BPF_MAP_FREEZE) /* asked about again, and then found frozen */
		forget_range(0, NR_SLOTS);
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

CAUGHT long syscall(long nr, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (likely(nr == SYS_bpf))
		return preload_result(bpf_call((int)a[0], (union bpf_attr *)a[1], (u32)a[2]));
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
