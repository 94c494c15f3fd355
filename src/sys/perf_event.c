/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perf_event_open(2) for what bpf_perf_event_output writes to: software events of type BPF_OUTPUT.
 * The fd is a memfd with room for the largest ring; how much of it the client maps is the ring's
 * size. A client in another process is seen mapping it; in this process the list of mappings is
 * read when the event is enabled.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "skep/skep.h"
#include "sys/mapping.h"
#include "sys/sys.h"

#define MAX_RING_PAGES (1u << 14)

static int check_attr(const struct perf_event_attr *attr, int pid, int cpu, u32 nr_cpus)
{
	if (pid != -1 || cpu < 0 || (u32)cpu >= nr_cpus)
		return -EINVAL;
	return skep__perf_ring_check(attr->sample_type);
}

static struct event_object *new_event(const struct perf_event_attr *attr, int cpu, int *err)
{
	u64 room = skep__perf_ring_bytes((u64)MAX_RING_PAGES * sysconf(_SC_PAGESIZE));
	struct event_object *e = skep__zalloc(sizeof(*e));

	*err = -ENOMEM;
	if (!e)
		return NULL;
	object_init(&e->obj, OBJ_EVENT, skep__memfd_new(OBJ_EVENT, room));
	*err = e->obj.fd;
	if (*err < 0) {
		skep__free(e);
		return NULL;
	}
	*err = 0;
	e->event = (struct perf_event){
		.type = attr->type,
		.config = attr->config,
		.sample_type = attr->sample_type,
		.sample_id_all = attr->sample_id_all,
		.wakeup_events = attr->watermark ? 1 : attr->wakeup_events,
		.cpu = cpu,
		.is_disabled = attr->disabled,
	};
	return e;
}

/* The attr as far as BPF_OUTPUT events have fields: the caller says how large its own is. */
static int read_attr(struct client *c, u64 uattr, struct perf_event_attr *attr)
{
	u32 size;

	if (client_read(c, &size, uattr + offsetof(struct perf_event_attr, size), sizeof(size)))
		return -EFAULT;
	if (!size)
		size = PERF_ATTR_SIZE_VER0;
	if (size < PERF_ATTR_SIZE_VER0 || size > 4096)
		return -E2BIG;
	memset(attr, 0, sizeof(*attr));
	return client_read(c, attr, uattr, min(size, sizeof(*attr)));
}

/* The kernel's number of a source of events; 0: it has none of that name. */
static u32 source_number(const char *name)
{
	char path[64], text[16] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return (u32)strtoul(text, NULL, 10);
}

/*
 * Events that programs are attached to, and the kernel's programs only. A world without such hooks
 * answers as a kernel without them; the kernel would make a probe that no program of a world is
 * called at.
 */
static bool is_for_programs(const struct perf_event_attr *attr)
{
	if (attr->type < PERF_TYPE_MAX)
		return attr->type == PERF_TYPE_TRACEPOINT;
	return attr->type == source_number("kprobe") || attr->type == source_number("uprobe");
}

long skep__sys_perf_event_open(struct skep_world *w, struct client *c, u64 uattr, int pid, int cpu,
			       int group_fd, u64 flags)
{
	struct call call = { .world = w->world, .client = c };
	struct perf_event_attr attr;
	int err = read_attr(c, uattr, &attr);

	if (!err && is_for_programs(&attr))
		return -ENOENT;
	if (!err && (attr.type != PERF_TYPE_SOFTWARE || attr.config != PERF_COUNT_SW_BPF_OUTPUT))
		return SYS_NOT_OURS;
	if (!err)
		err = group_fd != -1 || flags & ~(u64)PERF_FLAG_FD_CLOEXEC
			      ? -EINVAL
			      : check_attr(&attr, pid, cpu, call.world->cpus.nr);
	if (err)
		return err;
	struct event_object *e = new_event(&attr, cpu, &err);
	if (!e)
		return err;
	err = skep__world_publish(call.world, &e->obj);
	if (err) {
		skep__object_free(call.world, &e->obj);
		return err;
	}
	return skep__call_give(&call, &e->obj, O_RDWR);
}

long skep_perf_event_open(struct skep_world *world, const struct perf_event_attr *attr, int pid,
			  int cpu, int group_fd, unsigned long flags)
{
	struct client self = skep__self(world);
	long ret = skep__sys_perf_event_open(world, &self, (u64)attr, pid, cpu, group_fd, flags);

	return ret == SYS_NOT_OURS ? -ENOENT : ret;
}

int skep__event_map(struct event_object *e, u64 length)
{
	u64 page = sysconf(_SC_PAGESIZE);

	if (length == page)
		return 0; /* the header alone: nothing can be written */
	if (length < page || skep__perf_ring_bytes(length - page) != length ||
	    (e->mapped && e->mapped != length))
		return -EINVAL;
	if (e->mapped)
		return 0;
	void *mem = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, e->obj.fd, 0);
	if (mem == MAP_FAILED)
		return -ENOMEM;
	skep__perf_ring_init(&e->event.ring, mem, length - page);
	e->mapped = length;
	atomic_thread_fence(memory_order_release);
	e->event.has_ring = true;
	return 0;
}

/* Nobody tells of the mappings that this process makes itself: they are looked for now. */
static int enable(struct call *call, struct event_object *e)
{
	struct mapping m = { 0 };
	int err = 0;

	if (!e->mapped)
		m = skep__client_mapping(call->client, e->obj.ino, NULL);
	pthread_mutex_lock(&call->world->lock);
	if (m.end)
		err = skep__event_map(e, m.end - m.start);
	if (!err)
		e->event.is_disabled = false;
	pthread_mutex_unlock(&call->world->lock);
	return err;
}

long skep__sys_ioctl(struct skep_world *w, struct client *c, int fd, u64 request)
{
	struct call call = { .world = w->world, .client = c };
	int err;
	struct object *obj = skep__call_object(&call, fd, OBJ_EVENT, &err, NULL);

	if (!obj)
		return SYS_NOT_OURS;
	err = 0;
	if ((u32)request == PERF_EVENT_IOC_ENABLE)
		err = enable(&call, to_event(obj));
	else if ((u32)request == PERF_EVENT_IOC_DISABLE)
		to_event(obj)->event.is_disabled = true;
	else
		err = -ENOTTY;
	object_put(obj);
	return err;
}

long skep_ioctl(struct skep_world *world, int fd, unsigned long request)
{
	struct client self = { .ops = &skep__client_self };
	long ret = skep__sys_ioctl(world, &self, fd, request);

	return ret == SYS_NOT_OURS ? -ENOTTY : ret;
}
