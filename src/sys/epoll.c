/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for rings. The fd of a ring is a memfd, which epoll refuses; in its place the epoll set
 * gets an eventfd of the object's, edge-triggered, with the caller's data. Writing it wakes whoever
 * waits, so it never has to be read.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "map/ringbuf.h"
#include "skep/skep.h"
#include "sys/sys.h"

static struct object *ring_of_fd(struct call *call, int fd, int *err)
{
	struct object *obj = skep__call_object(call, fd, OBJ_EVENT, err, NULL);

	if (obj || *err == -EBADF)
		return obj;
	obj = skep__call_object(call, fd, OBJ_MAP, err, NULL);
	if (!obj)
		return NULL;
	u32 type = to_map(obj)->map->def.type;
	if (type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF)
		return obj;
	object_put(obj);
	*err = -EPERM; /* epoll's answer for a file that cannot be waited for */
	return NULL;
}

static int wake_fd(struct world *w, struct object *obj)
{
	int fd;

	pthread_mutex_lock(&w->lock);
	fd = obj->wake_fd;
	if (fd < 0) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (fd >= 0) {
			fd = skep__fd_move_high(fd);
			atomic_store_explicit(&obj->wake_fd, fd, memory_order_release);
		}
	}
	pthread_mutex_unlock(&w->lock);
	return fd < 0 ? -errno : fd;
}

/* The caller's event, made edge-triggered; DEL takes none. */
static int read_event(struct client *c, int op, u64 uevent, struct epoll_event *edge)
{
	*edge = (struct epoll_event){ 0 };
	int err = op == EPOLL_CTL_DEL ? 0 : client_read(c, edge, uevent, sizeof(*edge));

	edge->events |= EPOLLET;
	return err;
}

/* Somebody waits for the ring, or no longer. */
static void count_watcher(struct object *obj, int op)
{
	if (obj->kind == OBJ_MAP && op != EPOLL_CTL_MOD)
		skep__ringbuf_watch(to_map(obj)->map, op == EPOLL_CTL_ADD ? 1 : -1);
}

static int control(struct call *call, struct object *obj, int epfd, int op,
		   struct epoll_event *edge)
{
	int bell = wake_fd(call->world, obj), set, err;

	if (bell < 0)
		return bell;
	set = call->client->ops->borrow_fd(call->client, epfd);
	if (set < 0)
		return set;
	err = epoll_ctl(set, op, bell, edge) ? -errno : 0;
	close(set);
	if (!err)
		count_watcher(obj, op);
	if (!err && op != EPOLL_CTL_DEL)
		eventfd_write(bell, 1); /* it may have something already: look once */
	return err;
}

long skep__sys_epoll_ctl(struct skep_world *w, struct client *c, int epfd, int op, int fd,
			 u64 uevent)
{
	struct call call = { .world = w->world, .client = c };
	struct epoll_event edge;
	int err;
	struct object *obj = ring_of_fd(&call, fd, &err);

	if (!obj)
		return err == -EPERM ? err : SYS_NOT_OURS;
	err = read_event(c, op, uevent, &edge);
	if (!err)
		err = control(&call, obj, epfd, op, &edge);
	object_put(obj);
	return err;
}

long skep__sys_ring_bell(struct skep_world *w, struct client *c, int fd, int op)
{
	struct call call = { .world = w->world, .client = c };
	int err, bell;
	struct object *obj =
		op == EPOLL_CTL_ADD || op == EPOLL_CTL_DEL ? ring_of_fd(&call, fd, &err) : NULL;

	if (!obj)
		return -EINVAL;
	bell = wake_fd(call.world, obj);
	err = bell < 0 ? bell : 0;
	if (!err && op == EPOLL_CTL_ADD) {
		bell = fcntl(bell, F_DUPFD_CLOEXEC, 0);
		err = bell < 0 ? -errno : c->ops->give_fd(c, bell);
	}
	if (err >= 0)
		count_watcher(obj, op);
	object_put(obj);
	return err;
}

long skep_epoll_ctl(struct skep_world *world, int epfd, int op, int fd, struct epoll_event *event)
{
	struct client self = { .ops = &skep__client_self };
	long ret = skep__sys_epoll_ctl(world, &self, epfd, op, fd, (u64)event);

	return ret == SYS_NOT_OURS ? -EBADF : ret;
}
