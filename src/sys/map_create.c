/* SPDX-License-Identifier: BSD-2-Clause */
/* MAP_CREATE: the checks of the kernel's map_create, in its order. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "map/fd_array.h"
#include "sys/sys.h"

static int check_attr(const union bpf_attr *attr)
{
	/* No struct_ops, no tokens, no exclusive programs: a kernel without them refuses the same way. */
	if (attr->btf_vmlinux_value_type_id || attr->map_flags & (BPF_F_TOKEN_FD | BPF_F_VTYPE_BTF_OBJ_FD) ||
	    attr->excl_prog_hash || attr->excl_prog_hash_size || attr->map_ifindex)
		return -EINVAL;
	if (attr->btf_key_type_id && !attr->btf_value_type_id)
		return -EINVAL;
	if (attr->map_extra && attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER &&
	    attr->map_type != BPF_MAP_TYPE_ARENA)
		return -EINVAL;
	if (skep__accmode_of(attr->map_flags) < 0)
		return -EINVAL;
	/* One NUMA node, as far as user space has a say. */
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node != 0)
		return -EINVAL;
	return 0;
}

/* .data, .bss, .rodata: one element without a key, whose value is a section. */
static bool holds_global_data(const struct map_def *def, const struct btf *btf, u32 value_id)
{
	const struct btf_type *value = skep__btf_type(btf, value_id);

	return def->type == BPF_MAP_TYPE_ARRAY && def->max_entries == 1 && value &&
	       btf_kind(value) == BTF_KIND_DATASEC;
}

/* Which types take BTF for their keys and values, and what they ask of the key. */
static int check_types(const struct map_def *def, const struct btf *btf, u32 key_id, u32 value_id)
{
	const struct btf_type *key;

	switch (def->type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		if (key_id == 0)
			return holds_global_data(def, btf, value_id) ? 0 : -EINVAL;
		key = skep__btf_strip(btf, &key_id);
		if (!key || btf_kind(key) != BTF_KIND_INT)
			return -EINVAL;
		u32 encoding = *(const u32 *)(key + 1);
		return BTF_INT_BITS(encoding) == 32 && BTF_INT_OFFSET(encoding) == 0 ? 0 : -EINVAL;
	case BPF_MAP_TYPE_BLOOM_FILTER:
		return key_id == 0 ? 0 : -EINVAL;
	case BPF_MAP_TYPE_LPM_TRIE:
		key = skep__btf_strip(btf, &key_id);
		return key && btf_kind(key) == BTF_KIND_STRUCT ? 0 : -EINVAL;
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_DEVMAP_HASH:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
		return -ENOTSUPP;
	default:
		return key_id || def->key_size == 0 ? 0 : -EINVAL;
	}
}

static int check_btf(const struct map_def *def, const struct btf *btf, u32 key_id, u32 value_id)
{
	if (key_id && skep__btf_size(btf, key_id) != def->key_size)
		return -EINVAL;
	if (skep__btf_size(btf, value_id) != def->value_size)
		return -EINVAL;
	return check_types(def, btf, key_id, value_id);
}

static int attach_btf(struct call *call, struct map_object *m)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id)
		return 0;
	struct object *obj = skep__call_object(call, attr->btf_fd, OBJ_BTF, &err, NULL);
	if (!obj)
		return err;
	m->btf = to_btf(obj); /* its reference is the map's now */
	m->btf_key_type_id = attr->btf_key_type_id;
	m->btf_value_type_id = attr->btf_value_type_id;
	return check_btf(&m->map->def, m->btf->btf, m->btf_key_type_id, m->btf_value_type_id);
}

/* The shape that inner maps must have; *inner stays untouched for other types. */
static int read_inner(struct call *call, const struct map_def *def, struct map_def *inner, bool *has_inner)
{
	int err;

	*has_inner = def->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || def->type == BPF_MAP_TYPE_HASH_OF_MAPS;
	if (!*has_inner)
		return call->attr.inner_map_fd ? -EINVAL : 0;
	struct object *obj = skep__call_object(call, call->attr.inner_map_fd, OBJ_MAP, &err, NULL);
	if (!obj)
		return err;
	const struct map *map = to_map(obj)->map;
	err = skep__map_inner_check(&map->def);
	*inner = map->def;
	object_put(obj);
	return err;
}

static struct map_object *create(struct call *call, struct map_def *def, int *err)
{
	struct map_object *m = NULL;
	struct map_def inner;
	bool has_inner;

	*err = read_inner(call, def, &inner, &has_inner);
	if (!*err)
		m = skep__zalloc(sizeof(*m));
	if (!m) {
		*err = *err ? *err : -ENOMEM;
		return NULL;
	}
	m->map = skep__map_new(def, has_inner ? &inner : NULL, 0, skep__memfd_name(OBJ_MAP),
			       &call->world->services, err);
	if (!m->map) {
		skep__free(m);
		return NULL;
	}
	m->map->fd = *err = skep__memfd_own(m->map->fd);
	if (*err < 0) {
		skep__map_free(m->map);
		skep__free(m);
		return NULL;
	}
	object_init(&m->obj, OBJ_MAP, m->map->fd);
	return m;
}

long skep__sys_map_create(struct call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct map_def def = {
		.type = attr->map_type,
		.key_size = attr->key_size,
		.value_size = attr->value_size,
		.max_entries = attr->max_entries,
		.flags = attr->map_flags,
		.extra = attr->map_extra,
		.nr_cpus = call->world->cpus.nr,
	};
	int err = check_attr(attr);

	if (!err)
		err = skep__map_check(&def);
	if (err)
		return err;
	struct map_object *m = create(call, &def, &err);
	if (!m)
		return err;
	memcpy(m->obj.name, attr->map_name, sizeof(m->obj.name));
	memcpy(m->map->name, attr->map_name, sizeof(m->map->name));
	err = skep__check_name(attr->map_name);
	if (!err)
		err = attach_btf(call, m);
	if (!err)
		err = skep__world_publish(call->world, &m->obj);
	if (err) {
		skep__object_free(call->world, &m->obj);
		return err;
	}
	return skep__call_give(call, &m->obj, skep__accmode_of(attr->map_flags));
}
