/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perf_event_open(2) for what bpf_perf_event_output writes to: software events of type BPF_OUTPUT. The fd is a
 * memfd with room for the largest ring; how much of it the client mapped, which is the ring's size, is
 * read from the process's list of mappings when it enables the event.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "skep/skep.h"
#include "sys/sys.h"

#define MAX_RING_PAGES (1u << 14)

static int check_attr(const struct perf_event_attr *attr, int pid, int cpu, u32 nr_cpus)
{
	if (attr->type != PERF_TYPE_SOFTWARE || attr->config != PERF_COUNT_SW_BPF_OUTPUT)
		return -ENOENT; /* no such event here */
	if (pid != -1 || cpu < 0 || (u32)cpu >= nr_cpus)
		return -EINVAL;
	return skep__perf_ring_check(attr->sample_type);
}

static struct event_object *new_event(const struct perf_event_attr *attr, int cpu, int *err)
{
	struct event_object *e = skep__zalloc(sizeof(*e));

	*err = -ENOMEM;
	if (!e)
		return NULL;
	object_init(&e->obj, OBJ_EVENT, skep__memfd_new(OBJ_EVENT));
	*err = e->obj.fd;
	if (*err >= 0) {
		u64 room = skep__perf_ring_bytes((u64)MAX_RING_PAGES * sysconf(_SC_PAGESIZE));

		*err = ftruncate(e->obj.fd, room) ? -errno : 0;
	}
	if (*err) {
		if (e->obj.fd >= 0)
			close(e->obj.fd);
		skep__free(e);
		return NULL;
	}
	e->event = (struct perf_event){
		.type = attr->type,
		.config = attr->config,
		.sample_type = attr->sample_type,
		.sample_id_all = attr->sample_id_all,
		.wakeup_events = attr->watermark ? 1 : attr->wakeup_events,
		.cpu = cpu,
	};
	return e;
}

long skep_perf_event_open(struct skep_world *world, const struct perf_event_attr *attr, int pid, int cpu,
			  int group_fd, unsigned long flags)
{
	struct call call = { .world = world->world };
	struct client self = { .ops = &skep__client_self };
	int err = group_fd != -1 || flags & ~(unsigned long)PERF_FLAG_FD_CLOEXEC ?
			  -EINVAL :
			  check_attr(attr, pid, cpu, call.world->cpus.nr);

	if (err)
		return err;
	call.client = &self;
	struct event_object *e = new_event(attr, cpu, &err);
	if (!e)
		return err;
	err = skep__world_publish(call.world, &e->obj);
	if (err) {
		skep__object_free(call.world, &e->obj);
		return err;
	}
	return skep__call_give(&call, &e->obj, O_RDWR);
}

/* The length of this process's mapping of a file from its offset 0; 0: none. */
static u64 mapping_length(u64 ino)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end, offset, inode;
	char line[512];
	u64 length = 0;

	while (maps && !length && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx %*s %lu", &start, &end, &offset, &inode) == 4 &&
		    inode == ino && offset == 0)
			length = end - start;
	}
	if (maps)
		fclose(maps);
	return length;
}

static int enable(struct event_object *e)
{
	u64 page = sysconf(_SC_PAGESIZE), length = mapping_length(e->obj.ino);

	if (e->mapped || !length) { /* enabled again; or before there is a ring, which output tells */
		e->event.has_ring = e->mapped != 0;
		return 0;
	}
	if (length <= page || skep__perf_ring_bytes(length - page) != length)
		return -EINVAL;
	void *mem = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, e->obj.fd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	skep__perf_ring_init(&e->event.ring, mem, length - page);
	e->mapped = length;
	atomic_thread_fence(memory_order_release);
	e->event.has_ring = true;
	return 0;
}

long skep_ioctl(struct skep_world *world, int fd, unsigned long request)
{
	struct client self = { .ops = &skep__client_self };
	struct call call = { .world = world->world, .client = &self };
	int err;
	struct object *obj = skep__call_object(&call, fd, OBJ_EVENT, &err, NULL);

	if (!obj)
		return err == -EBADF ? err : -ENOTTY;
	err = 0;
	if (request == PERF_EVENT_IOC_ENABLE)
		err = enable(to_event(obj));
	else if (request == PERF_EVENT_IOC_DISABLE)
		to_event(obj)->event.has_ring = false;
	else
		err = -ENOTTY;
	object_put(obj);
	return err;
}
