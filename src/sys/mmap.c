/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap(2) of what the world's fds refer to, with MAP_SHARED: the checks that the kernel makes. The
 * mapping itself is the kernel's affair, since the fd is a memfd. Where nobody sees a client's
 * calls (in the same process), there are no checks, and a map's whole memory can be mapped.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "sys/sys.h"

/* Ring buffers: the consumer owns one page, the producer the rest, and each writes its own only. */
static int check_writable(const struct map_object *m, u64 length, u64 offset)
{
	u64 page = sysconf(_SC_PAGESIZE);

	if (m->map->def.type == BPF_MAP_TYPE_RINGBUF && (offset || length != page))
		return -EPERM;
	if (m->map->def.type == BPF_MAP_TYPE_USER_RINGBUF && !offset)
		return -EPERM;
	if (m->frozen)
		return -EPERM;
	return m->map->def.flags & BPF_F_RDONLY_PROG ? -EACCES : 0;
}

static int check_map(const struct map_object *m, u64 length, int prot, u64 offset)
{
	const struct map *map = m->map;
	u64 bytes;
	int err;

	if (!map->ops->mmap_bytes || m->record.nr)
		return -ENOTSUPP;
	if (prot & PROT_WRITE) {
		err = check_writable(m, length, offset);
		if (err)
			return err;
	}
	bytes = map->ops->mmap_bytes(map);
	return length > bytes || offset > bytes - length ? -EINVAL : 0;
}

static int check_event(struct world *w, struct event_object *e, u64 length, u64 offset)
{
	int err;

	if (offset)
		return -EINVAL;
	pthread_mutex_lock(&w->lock);
	err = skep__event_map(e, length);
	pthread_mutex_unlock(&w->lock);
	return err;
}

long skep__sys_mmap(struct skep_world *w, struct client *c, u64 length, int prot, int fd,
		    u64 offset)
{
	struct call call = { .world = w->world, .client = c };
	u64 page = sysconf(_SC_PAGESIZE);
	struct fd_id id;

	if (!length || length > UINT64_MAX - page || c->ops->identify_fd(c, fd, &id))
		return SYS_NOT_OURS;
	struct object *obj = skep__world_get_by_fd(call.world, &id);
	if (!obj)
		return SYS_NOT_OURS;
	int err = -ENODEV; /* what has no mmap */
	length = round_up(length, page);
	if (obj->kind == OBJ_MAP)
		err = check_map(to_map(obj), length, prot, offset);
	else if (obj->kind == OBJ_EVENT)
		err = check_event(call.world, to_event(obj), length, offset);
	object_put(obj);
	return err ? err : SYS_NOT_OURS;
}
