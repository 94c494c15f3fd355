/* SPDX-License-Identifier: BSD-2-Clause */
/* skep's side of a play: bpf(2)'s map commands straight on the vtables of the map types. */
#include <stdio.h>
#include <string.h>

#include "map/fd_array.h"
#include "map/map.h"
#include "map_semantics.h"

#define MAX_FDS 64

static const struct services no_services;
static struct map *fds[MAX_FDS]; /* by fd; 0 is never given out */

static u32 nr_cpus(void)
{
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");
	unsigned first, last = 0;

	if (f) {
		if (fscanf(f, "%u-%u", &first, &last) != 2)
			last = 0;
		fclose(f);
	}
	return last + 1;
}

static struct map *by_fd(u32 fd)
{
	return fd < MAX_FDS ? fds[fd] : NULL;
}

static bool holds_maps(u32 type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static long create(union bpf_attr *attr)
{
	struct map_def def = {
		.type = attr->map_type,
		.key_size = attr->key_size,
		.value_size = attr->value_size,
		.max_entries = attr->max_entries,
		.flags = attr->map_flags,
		.extra = attr->map_extra,
		.nr_cpus = nr_cpus(),
	};
	struct map *inner = by_fd(attr->inner_map_fd);
	int fd = 1, err;

	if (holds_maps(attr->map_type)) {
		err = inner ? skep__map_inner_check(&inner->def) : -EBADF;
		if (err)
			return err;
	}
	while (fd < MAX_FDS && fds[fd])
		fd++;
	assert_in_range(fd, 1, MAX_FDS - 1);
	fds[fd] = skep__map_new(&def, inner ? &inner->def : NULL, fd, "anon_inode:bpf-map",
				&no_services, &err);
	return fds[fd] ? fd : err;
}

/* As the sys layer: the fd of a map that is like the model becomes its id. Here they are the same
 * number. */
static long update_inner(struct map *map, const void *key, const u32 *fd, u64 flags)
{
	const struct map *inner = by_fd(*fd);
	int err = map->def.type == BPF_MAP_TYPE_ARRAY_OF_MAPS
			  ? skep__fd_array_check_update(map, key, flags)
			  : 0;

	if (err)
		return err;
	if (!inner)
		return -EBADF;
	if (!skep__map_meta_equal(map->inner, &inner->def))
		return -EINVAL;
	return map->ops->sys_update(map, key, fd, flags);
}

static void *mem(u64 address)
{
	return (void *)(uintptr_t)address;
}

static long elem(int cmd, struct map *map, union bpf_attr *attr)
{
	const struct map_ops *ops = map->ops;
	void *key = mem(attr->key), *value = mem(attr->value);

	switch (cmd) {
	case BPF_MAP_LOOKUP_ELEM:
		return attr->flags ? -EINVAL : ops->sys_lookup(map, key, value, 0);
	case BPF_MAP_UPDATE_ELEM:
		if (map->inner)
			return update_inner(map, key, value, attr->flags);
		return ops->sys_update(map, key, value, attr->flags);
	case BPF_MAP_DELETE_ELEM:
		return ops->sys_remove(map, key);
	case BPF_MAP_GET_NEXT_KEY:
		return ops->sys_next_key(map, key, value);
	case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
		if (attr->flags)
			return -EINVAL;
		return ops->sys_lookup_and_delete ? ops->sys_lookup_and_delete(map, key, value, 0)
						  : -ENOTSUPP;
	default:
		return -EINVAL;
	}
}

static long map_bpf(int cmd, union bpf_attr *attr)
{
	struct map *map;

	if (cmd == BPF_MAP_CREATE)
		return create(attr);
	map = by_fd(attr->map_fd);
	if (cmd == BPF_MAP_UPDATE_ELEM && attr->flags & BPF_F_LOCK)
		return -EINVAL; /* before anything else: no value has a lock in it */
	return map ? elem(cmd, map, attr) : -EBADF;
}

static void map_close(int fd)
{
	skep__map_free(fds[fd]);
	fds[fd] = NULL;
}

const struct side skep_side = { "skep", map_bpf, map_close };
