/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Learning and forgetting. Programs close fds in signal handlers, so nothing here uses the heap of
 * the process: what is remembered of a map has pages of its own.
 */
#include "door/preload_slots.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "door/describe.h"
#include "door/preload.h"
#include "door/raw_call.h"

struct slot preload_slots[PRELOAD_FDS];
static pthread_mutex_t learning = PTHREAD_MUTEX_INITIALIZER;

/* realloc(3) in whole pages. The size comes first. */
static void *resize_pages(void *opaque, void *old, size_t size)
{
	enum { HEAD = 16 };
	size_t *from = old ? (size_t *)((u8 *)old - HEAD) : NULL;
	size_t had = from ? *from : 0, want = size ? size + HEAD : 0;
	long mem = 0;

	if (want && from)
		mem = raw_call(SYS_mremap, (long)from, had, want, MREMAP_MAYMOVE, 0, 0);
	else if (want)
		mem = raw_call(SYS_mmap, 0, want, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	else if (from)
		raw_call(SYS_munmap, (long)from, had, 0, 0, 0, 0);
	if (!mem || (mem < 0 && mem > -4096))
		return NULL;
	*(size_t *)mem = want;
	return (u8 *)mem + HEAD;
}

/* With the lock held, before anything is allocated: other libraries' constructors may call first.
 */
static void use_pages(void)
{
	static const struct allocator pages = { resize_pages };
	static bool are_used;

	if (!are_used)
		skep__set_allocator(&pages);
	are_used = true;
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

static void free_known(struct guarded *g)
{
	struct known *k = container_of(g, struct known, guarded);

	skep__map_free(k->map);
	skep__free(k);
}

static struct known *known_new(struct map *map, bool frozen)
{
	struct known *k = map ? skep__zalloc(sizeof(*k)) : NULL;

	if (!k) {
		skep__map_free(map);
		return NULL;
	}
	map->fd = -1; /* the mapping is enough */
	*k = (struct known){ .guarded.free = free_known, .map = map, .frozen = frozen };
	return k;
}

/* Maps what the fd refers to: NULL when that is not for us. */
static struct known *open_fd(u32 fd)
{
	struct door_describe d = { 0 };
	int err, here = raw_call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, PRELOAD_HIGH_FD, 0, 0, 0);
	struct map *map = NULL;

	if (here < 0)
		return NULL;
	d.fd = here;
	bool may_write = (raw_call(SYS_fcntl, here, F_GETFL, 0, 0, 0, 0) & O_ACCMODE) == O_RDWR;
	if (may_write && preload_bpf(DOOR_DESCRIBE, &d, sizeof(d)) == 0 && is_plain(d.def.type))
		map = skep__map_open(&d.def, NULL, d.id, here, &skep__default_services, &err);
	struct known *k = known_new(map, d.frozen);
	raw_call(SYS_close, here, 0, 0, 0, 0, 0);
	return k;
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

void preload_slot_learn(u32 fd)
{
	struct slot *s = &preload_slots[fd];
	u32 closes = atomic_load(&s->closes);

	if (!may_remember() || pthread_mutex_trylock(&learning))
		return; /* the next call may */
	if (!atomic_load(&s->known) && !atomic_load(&s->is_none)) {
		use_pages();
		struct known *k = open_fd(fd);

		if (k)
			atomic_store(&s->known, &k->guarded);
		else
			atomic_store(&s->is_none, true);
		if (atomic_load(&s->closes) !=
		    closes) /* closed meanwhile: it may be another file's */
			preload_slot_forget(fd);
	}
	pthread_mutex_unlock(&learning);
}

void preload_slot_forget(u32 fd)
{
	struct slot *s = &preload_slots[fd];

	atomic_fetch_add(&s->closes, 1);
	atomic_store(&s->is_none, false);
	struct guarded *g = atomic_exchange(&s->known, NULL);
	if (g)
		preload_guard_retire(g);
}

/* The thread that held it may not be there in a child. */
static void unlock_in_child(void)
{
	pthread_mutex_init(&learning, NULL);
}

static void __attribute__((constructor)) unlock_after_fork(void)
{
	pthread_atfork(NULL, NULL, unlock_in_child);
}
