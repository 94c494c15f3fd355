/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/map_access.h"

#include <fcntl.h>
#include <string.h>

#include "map/fd_array.h"
#include "sys/struct_ops.h"

struct map_object *skep__map_access(struct call *call, int fd, int access, int *err)
{
	struct fd_id fid;
	struct object *obj = skep__call_object(call, fd, OBJ_MAP, err, &fid);
	struct map_object *m;

	if (!obj)
		return NULL;
	m = to_map(obj);
	if (access & MAP_ACCESS_WRITE)
		m->writers++;
	bool can_read = fid.accmode != O_WRONLY;
	bool can_write = fid.accmode != O_RDONLY && !m->frozen;
	if ((access & MAP_ACCESS_READ && !can_read) || (access & MAP_ACCESS_WRITE && !can_write)) {
		skep__map_access_end(m, access);
		*err = -EPERM;
		return NULL;
	}
	return m;
}

void skep__map_access_end(struct map_object *m, int access)
{
	if (access & MAP_ACCESS_WRITE)
		m->writers--;
	object_put(&m->obj);
}

/* What the elements of a map refer to: *kind, or false when they are plain bytes. */
static bool elem_kind(const struct map *map, enum object_kind *kind)
{
	switch (map->def.type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
		*kind = OBJ_PROG;
		return true;
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
		*kind = OBJ_EVENT;
		return true;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		*kind = OBJ_MAP;
		return true;
	default:
		return false;
	}
}

/* Of the shape, and with the special fields, that programs were verified with. */
static bool is_inner_like(const struct map_object *outer, const struct map_object *m)
{
	return skep__map_meta_equal(outer->map->inner, &m->map->def) &&
	       skep__btf_record_equal(&outer->inner_record,
				      outer->inner_btf ? outer->inner_btf->btf : NULL, &m->record,
				      m->btf ? m->btf->btf : NULL);
}

static int check_elem(struct call *call, struct map_object *m, struct object *elem)
{
	bool ok;

	if (elem->kind == OBJ_EVENT)
		return 0;
	pthread_mutex_lock(&call->world->lock);
	ok = elem->kind == OBJ_PROG ? skep__map_takes_prog(m, &to_prog(elem)->prog)
				    : is_inner_like(m, to_map(elem));
	pthread_mutex_unlock(&call->world->lock);
	return ok ? 0 : -EINVAL;
}

static u32 current_elem(struct map *map, const void *key)
{
	u32 id;

	return map->ops->sys_lookup(map, key, &id, 0) ? 0 : id;
}

/*
 * Replaces the object that an element refers to. The new reference is taken before the element can
 * be seen, the old one dropped after it cannot; programs that still run with it are waited for by
 * the sweep.
 */
static int update_object(struct call *call, struct map_object *m, const void *key, int fd,
			 u64 flags, enum object_kind kind)
{
	int err;
	struct object *elem = skep__call_object(call, fd, kind, &err, NULL);

	if (!elem) /* the kernel tells no stranger's fd from a closed one here */
		return kind == OBJ_EVENT ? -EBADF : err;
	err = check_elem(call, m, elem);
	if (!err)
		err = skep__map_elem_hold(call->world, m, elem);
	if (!err) {
		u32 old = current_elem(m->map, key);

		err = m->map->ops->sys_update(m->map, key, &elem->id, flags);
		skep__map_elem_drop(call->world, m, kind, err ? elem->id : old);
	}
	object_put(elem);
	return err;
}

/* The kernel's order: an array of fds looks at flags and index before the fd, a hash after it. */
static int check_fd_array(const struct map *map, const void *key, u64 flags)
{
	u32 index;

	if (map->def.type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return 0;
	memcpy(&index, key, sizeof(index));
	if (flags != BPF_ANY)
		return -EINVAL;
	return index < map->def.max_entries ? 0 : -E2BIG;
}

static int update_fd(struct call *call, struct map_object *m, const void *key, const void *value,
		     u64 flags, enum object_kind kind)
{
	int fd, err = check_fd_array(m->map, key, flags);

	memcpy(&fd, value, sizeof(fd));
	return err ? err : update_object(call, m, key, fd, flags, kind);
}

static int remove_fd(struct call *call, struct map_object *m, const void *key,
		     enum object_kind kind)
{
	u32 old = current_elem(m->map, key);
	int err = m->map->ops->sys_remove(m->map, key);

	if (!err)
		skep__map_elem_drop(call->world, m, kind, old);
	return err;
}

int skep__map_update(struct call *call, struct map_object *m, const void *key, const void *value,
		     u64 flags)
{
	bool redirects = m->map->ops->redirect != NULL;
	enum object_kind kind;
	int err;

	if (m->map->def.type == BPF_MAP_TYPE_STRUCT_OPS)
		return skep__struct_ops_update(call, m, key, value, flags);
	if (!redirects && !elem_kind(m->map, &kind))
		return m->map->ops->sys_update(m->map, key, value, flags);
	pthread_mutex_lock(&call->world->elems_lock);
	err = redirects ? skep__redirect_map_update(call, m, key, value, flags)
			: update_fd(call, m, key, value, flags, kind);
	pthread_mutex_unlock(&call->world->elems_lock);
	return err;
}

int skep__map_remove(struct call *call, struct map_object *m, const void *key)
{
	bool redirects = m->map->ops->redirect != NULL;
	enum object_kind kind;
	int err;

	if (!redirects && !elem_kind(m->map, &kind))
		return m->map->ops->sys_remove(m->map, key);
	pthread_mutex_lock(&call->world->elems_lock);
	err = redirects ? skep__redirect_map_remove(call, m, key) : remove_fd(call, m, key, kind);
	pthread_mutex_unlock(&call->world->elems_lock);
	return err;
}
