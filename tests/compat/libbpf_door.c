/* SPDX-License-Identifier: BSD-2-Clause */
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "door/raw_call.h"
#include "libbpf_door.h"

#define EXPORT __attribute__((visibility("default")))

static struct door *the_door; /* where libbpf's calls arrive */

static int find(int fd)
{
	for (u32 i = 0; the_door && i < the_door->nr; i++)
		if (the_door->objects[i].fd == fd)
			return i;
	return -1;
}

static long map_info(union bpf_attr *attr)
{
	struct bpf_map_info info = { 0 };
	int at = find(attr->info.bpf_fd);
	u32 len = min(attr->info.info_len, (u32)sizeof(info));

	if (at < 0 || !the_door->objects[at].map)
		return -EBADF;
	const struct map_def *def = &the_door->objects[at].map->def;

	info.type = def->type;
	info.id = the_door->objects[at].map->id;
	info.key_size = def->key_size;
	info.value_size = def->value_size;
	info.max_entries = def->max_entries;
	info.map_flags = def->flags;
	memcpy((void *)(uintptr_t)attr->info.info, &info, len);
	attr->info.info_len = len;
	return 0;
}

/* A perf event's fd into an array of them: its id, as the sys layer does it. */
static long map_update(union bpf_attr *attr)
{
	int at = find(attr->map_fd), event = find(*(int *)(uintptr_t)attr->value);

	if (at < 0 || event < 0 || !the_door->objects[event].event)
		return -EBADF;
	struct map *map = the_door->objects[at].map;

	return map->ops->sys_update(map, (void *)(uintptr_t)attr->key,
				    &the_door->objects[event].event->id, attr->flags);
}

static long door_bpf(int cmd, union bpf_attr *attr)
{
	switch (cmd) {
	case BPF_OBJ_GET_INFO_BY_FD:
		return map_info(attr);
	case BPF_MAP_UPDATE_ELEM:
		return map_update(attr);
	default:
		return -EINVAL;
	}
}

static long open_perf_event(const struct perf_event_attr *attr, int cpu)
{
	u64 size = skep__perf_ring_bytes(the_door->perf_data_size);
	int fd = memfd_create("perf_event", MFD_CLOEXEC);
	struct perf_event *event = calloc(1, sizeof(*event));
	void *mem;

	if (the_door->nr == DOOR_OBJECTS || skep__perf_ring_check(attr->sample_type) ||
	    ftruncate(fd, size))
		return -EINVAL;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	*event = (struct perf_event){ .id = the_door->nr + 1,
				      .type = attr->type,
				      .config = attr->config,
				      .sample_type = attr->sample_type,
				      .cpu = cpu,
				      .wakeup_events = attr->wakeup_events,
				      .has_ring = true };
	skep__perf_ring_init(&event->ring, mem, the_door->perf_data_size);
	the_door->objects[the_door->nr].fd = fd;
	the_door->objects[the_door->nr].event = event;
	the_door->objects[the_door->nr].eventfd = -1;
	the_door->nr++;
	return fd;
}

EXPORT long syscall(long nr, ...)
{
	long a[6], ret;
	va_list ap;

	va_start(ap, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (nr == SYS_bpf && the_door)
		ret = door_bpf(a[0], (union bpf_attr *)a[1]);
	else if (nr == SYS_perf_event_open && the_door)
		ret = open_perf_event((const struct perf_event_attr *)a[0], a[2]);
	else
		ret = raw_call(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (ret >= 0 || ret < -4095)
		return ret;
	errno = -ret;
	return -1;
}

EXPORT int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	int at = find(fd);

	if (at >= 0 && op == EPOLL_CTL_ADD) {
		struct epoll_event mine = { .events = EPOLLIN | EPOLLET, .data = event->data };

		the_door->objects[at].eventfd = fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		return syscall(SYS_epoll_ctl, epoll, op, fd, &mine);
	}
	return syscall(SYS_epoll_ctl, epoll, op, fd, event);
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	if (find(fd) >= 0)
		return request == PERF_EVENT_IOC_ENABLE || request == PERF_EVENT_IOC_DISABLE ? 0
											     : -1;
	return syscall(SYS_ioctl, fd, request, arg);
}

static const struct perf_event *event_by_id(void *opaque, u32 id)
{
	struct door *door = opaque;

	return id - 1 < door->nr ? door->objects[id - 1].event : NULL;
}

static void wake(void *opaque, struct map *map, u32 index)
{
	struct door *door = opaque;
	int fd = -1;

	if (map->def.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
		u32 id = ((u32 *)map->mem)[index];

		fd = door->objects[id - 1].eventfd;
	} else if (find(map->fd) >= 0) {
		fd = door->objects[find(map->fd)].eventfd;
	}
	__atomic_fetch_add(&door->wakes, 1, __ATOMIC_RELAXED);
	if (fd >= 0)
		eventfd_write(fd, 1);
}

void door_open(struct door *door)
{
	*door = (struct door){ .svc = { .opaque = door, .wake = wake, .event_by_id = event_by_id },
			       .perf_data_size = 8 * sysconf(_SC_PAGESIZE) };
	the_door = door;
}

void door_add_map(struct door *door, struct map *map)
{
	door->objects[door->nr].fd = map->fd;
	door->objects[door->nr].map = map;
	door->objects[door->nr].eventfd = -1;
	door->nr++;
}

void door_close(struct door *door)
{
	the_door = NULL;
	for (u32 i = 0; i < door->nr; i++) {
		struct perf_event *event = door->objects[i].event;

		if (door->objects[i].eventfd >= 0)
			close(door->objects[i].eventfd);
		if (event)
			munmap(event->ring.mem, skep__perf_ring_bytes(event->ring.data_size));
		free(event);
	}
}
