/* SPDX-License-Identifier: BSD-2-Clause */
/* A bpf(2) call's way to a map's elements: permissions of the fd, frozen maps, values that are fds. */
#ifndef SKEP_SYS_MAP_ACCESS_H
#define SKEP_SYS_MAP_ACCESS_H

#include "sys/sys.h"

#define MAP_ACCESS_READ 0x1
#define MAP_ACCESS_WRITE 0x2

/*
 * The map behind an fd, for as long as the call reads or writes it. NULL with *err = -EBADF, -EINVAL
 * (no map) or -EPERM (the fd or a frozen map does not allow it).
 */
struct map_object *skep__map_access(struct call *call, int fd, int access, int *err);
void skep__map_access_end(struct map_object *m, int access);

/* Update and delete, with fds in values turned into ids and the references that go with them. */
int skep__map_update(struct call *call, struct map_object *m, const void *key, const void *value,
		     u64 flags);
int skep__map_remove(struct call *call, struct map_object *m, const void *key);

/* The same for maps that packets are redirected through; under the world's elems_lock. */
int skep__redirect_map_update(struct call *call, struct map_object *m, const void *key,
			      const void *value, u64 flags);
int skep__redirect_map_remove(struct call *call, struct map_object *m, const void *key);

#endif
