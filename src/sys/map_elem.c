/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on one element of a map, and freezing. */
#include <fcntl.h>
#include <string.h>

#include "base/alloc.h"
#include "sys/map_access.h"
#include "sys/sys.h"

/* Key, then value: one block, since both end together. */
static void *read_elem(struct call *call, const struct map *map, u64 ukey, u64 uvalue, int *err)
{
	u32 key_size = map->def.key_size, value_size = skep__map_value_bytes(map);
	u8 *elem;

	*err = -EINVAL;
	if (!key_size && ukey)
		return NULL;
	elem = skep__zalloc((size_t)key_size + value_size);
	*err = elem ? client_read(call->client, elem, ukey, key_size) : -ENOMEM;
	if (!*err && uvalue)
		*err = client_read(call->client, elem + key_size, uvalue, value_size);
	if (!*err)
		return elem;
	skep__free(elem);
	return NULL;
}

long skep__sys_map_lookup_elem(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	bool reads_value = false;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	struct map_object *m = skep__map_access(call, attr->map_fd, MAP_ACCESS_READ, &err);
	if (!m)
		return err;
	/* A bloom filter is asked about a value, and answers with the errno alone. */
	reads_value = m->map->def.type == BPF_MAP_TYPE_BLOOM_FILTER;
	err = attr->flags & BPF_F_LOCK ? -EINVAL : 0; /* no map has a lock in its values yet */
	u8 *elem = err ? NULL : read_elem(call, m->map, attr->key, reads_value ? attr->value : 0, &err);
	if (elem) {
		u8 *value = elem + m->map->def.key_size;

		err = m->map->ops->sys_lookup(m->map, elem, value, attr->flags);
		if (!err)
			err = client_write(call->client, attr->value, value,
					   skep__map_value_bytes(m->map));
	}
	skep__free(elem);
	skep__map_access_end(m, MAP_ACCESS_READ);
	return err;
}

long skep__sys_map_update_elem(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	int err;
	struct map_object *m = skep__map_access(call, attr->map_fd, MAP_ACCESS_WRITE, &err);

	if (!m)
		return err;
	err = attr->flags & BPF_F_LOCK ? -EINVAL : 0;
	u8 *elem = err ? NULL : read_elem(call, m->map, attr->key, 0, &err);
	if (elem) {
		u8 *value = elem + m->map->def.key_size;

		err = client_read(call->client, value, attr->value, skep__map_value_bytes(m->map));
		if (!err)
			err = skep__map_update(call, m, elem, value, attr->flags);
	}
	skep__free(elem);
	skep__map_access_end(m, MAP_ACCESS_WRITE);
	return err;
}

long skep__sys_map_delete_elem(struct call *call)
{
	int err;
	struct map_object *m = skep__map_access(call, call->attr.map_fd, MAP_ACCESS_WRITE, &err);

	if (!m)
		return err;
	u8 *key = read_elem(call, m->map, call->attr.key, 0, &err);
	if (key)
		err = skep__map_remove(call, m, key);
	skep__free(key);
	skep__map_access_end(m, MAP_ACCESS_WRITE);
	return err;
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

long skep__sys_map_lookup_and_delete_elem(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	if (attr->flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	struct map_object *m = skep__map_access(call, attr->map_fd, MAP_ACCESS_READ | MAP_ACCESS_WRITE, &err);
	if (!m)
		return err;
	err = attr->flags & BPF_F_LOCK ? -EINVAL : 0;
	u8 *elem = err ? NULL : read_elem(call, m->map, attr->key, 0, &err);
	if (elem) {
		u8 *value = elem + m->map->def.key_size;

		err = m->map->ops->sys_lookup_and_delete ?
			      m->map->ops->sys_lookup_and_delete(m->map, elem, value, attr->flags) :
			      -ENOTSUPP;
		if (!err)
			err = client_write(call->client, attr->value, value,
					   skep__map_value_bytes(m->map));
	}
	skep__free(elem);
	skep__map_access_end(m, MAP_ACCESS_READ | MAP_ACCESS_WRITE);
	return err;
}

long skep__sys_map_freeze(struct call *call)
{
	int err;
	struct fd_id fid;
	struct object *obj = skep__call_object(call, call->attr.map_fd, OBJ_MAP, &err, &fid);

	if (!obj)
		return err;
	struct map_object *m = to_map(obj);
	if (fid.accmode == O_RDONLY)
		err = -EPERM;
	else if (m->writers || atomic_exchange(&m->frozen, true))
		err = -EBUSY;
	else
		err = 0;
	object_put(obj);
	return err;
}
