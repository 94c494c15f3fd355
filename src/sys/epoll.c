/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for rings. The fd of a ring is a memfd, which epoll refuses; in its place the epoll set gets an
 * eventfd of the object's, edge-triggered, with the caller's data. Writing it wakes whoever waits, so
 * it never has to be read.
 */
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

long skep_epoll_ctl(struct skep_world *world, int epfd, int op, int fd, struct epoll_event *event)
{
	struct client self = { .ops = &skep__client_self };
	struct call call = { .world = world->world, .client = &self };
	struct epoll_event edge = event ? *event : (struct epoll_event){ 0 };
	int err;
	struct object *obj = ring_of_fd(&call, fd, &err);

	if (!obj)
		return err;
	int bell = wake_fd(call.world, obj);
	edge.events |= EPOLLET;
	err = bell < 0 ? bell : epoll_ctl(epfd, op, bell, &edge) ? -errno : 0;
	if (!err && obj->kind == OBJ_MAP && op != EPOLL_CTL_MOD)
		skep__ringbuf_watch(to_map(obj)->map, op == EPOLL_CTL_ADD ? 1 : -1);
	if (!err && op != EPOLL_CTL_DEL)
		eventfd_write(bell, 1); /* it may have something already: look once */
	object_put(obj);
	return err;
}
