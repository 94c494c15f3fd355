/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on one element of a map, and freezing. */
#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "map/special.h"
#include "sys/map_access.h"
#include "sys/sys.h"

/* A call's hold on a map, with the caller's key and room for a value: one block, since both end together. */
struct elem {
	struct map_object *m;
	int access;
	u8 *key, *value;
	u32 value_size;
};

static long elem_end(struct elem *e, long err)
{
	skep__free(e->key);
	skep__map_access_end(e->m, e->access);
	return err;
}

/* 0, and elem_end is due; or -errno in the kernel's order: map, permission, flags, key. */
static int elem_begin(struct call *call, int access, struct elem *e)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	*e = (struct elem){ .access = access,
			    .m = skep__map_access(call, attr->map_fd, access, &err) };
	if (!e->m)
		return err;
	u32 key_size = e->m->map->def.key_size;
	e->value_size = skep__map_value_bytes(e->m->map);
	if (!map_lock_flag_ok(e->m->map, attr->flags) || (!key_size && attr->key))
		return elem_end(e, -EINVAL);
	e->key = skep__zalloc((size_t)key_size + e->value_size);
	if (!e->key)
		return elem_end(e, -ENOMEM);
	e->value = e->key + key_size;
	err = client_read(call->client, e->key, attr->key, key_size);
	return err ? elem_end(e, err) : 0;
}

/* Ends a call that answers with a value, when it has one. */
static long elem_answer(struct call *call, struct elem *e, int err)
{
	if (!err)
		err = client_write(call->client, call->attr.value, e->value, e->value_size);
	return elem_end(e, err);
}

long skep__sys_map_lookup_elem(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct elem e;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = elem_begin(call, MAP_ACCESS_READ, &e);
	if (err)
		return err;
	/* A bloom filter is asked about a value, and answers with the errno alone. */
	if (e.m->map->def.type == BPF_MAP_TYPE_BLOOM_FILTER)
		err = client_read(call->client, e.value, attr->value, e.value_size);
	if (!err)
		err = e.m->map->ops->sys_lookup(e.m->map, e.key, e.value, attr->flags);
	return elem_answer(call, &e, err);
}

long skep__sys_map_update_elem(struct call *call)
{
	struct elem e;
	int err = elem_begin(call, MAP_ACCESS_WRITE, &e);

	if (err)
		return err;
	err = client_read(call->client, e.value, call->attr.value, e.value_size);
	if (!err)
		err = skep__map_update(call, e.m, e.key, e.value, call->attr.flags);
	return elem_end(&e, err);
}

long skep__sys_map_delete_elem(struct call *call)
{
	struct elem e;
	int err = elem_begin(call, MAP_ACCESS_WRITE, &e);

	return err ? err : elem_end(&e, skep__map_remove(call, e.m, e.key));
}

long skep__sys_map_lookup_and_delete_elem(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct map_ops *ops;
	struct elem e;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = elem_begin(call, MAP_ACCESS_READ | MAP_ACCESS_WRITE, &e);
	if (err)
		return err;
	ops = e.m->map->ops;
	err = ops->sys_lookup_and_delete
		      ? ops->sys_lookup_and_delete(e.m->map, e.key, e.value, attr->flags)
		      : -ENOTSUPP;
	return elem_answer(call, &e, err);
}

long skep__sys_map_get_next_key(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	int err;
	struct map_object *m = skep__map_access(call, attr->map_fd, MAP_ACCESS_READ, &err);

	if (!m)
		return err;
	u32 size = m->map->def.key_size;
	u8 *keys = skep__zalloc_array(size, 2); /* the given one, and the next */
	err = keys ? 0 : -ENOMEM;
	if (!err && attr->key)
		err = size ? client_read(call->client, keys, attr->key, size) : -EINVAL;
	if (!err)
		err = m->map->ops->sys_next_key(m->map, attr->key ? keys : NULL, keys + size);
	if (!err)
		err = client_write(call->client, attr->next_key, keys + size, size);
	skep__free(keys);
	skep__map_access_end(m, MAP_ACCESS_READ);
	return err;
}

/*
 * Frozen first, writers looked at second; they count themselves first and look second: one of the two sees the other.
 * Freezing is a write, so a frozen map cannot be frozen.
 */
static int freeze(struct map_object *m)
{
	const struct map_def *def = &m->map->def;
	int err = 0;

	if (atomic_exchange(&m->frozen, true))
		return -EPERM;
	if (m->writers)
		err = -EBUSY;
	else if (def->type == BPF_MAP_TYPE_ARRAY && def->flags & BPF_F_RDONLY_PROG)
		err = skep__map_make_constant(m->map);
	if (err)
		m->frozen = false;
	return err;
}

long skep__sys_map_freeze(struct call *call)
{
	struct fd_id fid;
	int err;
	struct object *obj = skep__call_object(call, call->attr.map_fd, OBJ_MAP, &err, &fid);

	if (!obj)
		return err;
	err = to_map(obj)->map->def.type == BPF_MAP_TYPE_STRUCT_OPS ? -ENOTSUPP
	      : fid.accmode == O_RDONLY                             ? -EPERM
								    : freeze(to_map(obj));
	object_put(obj);
	return err;
}
