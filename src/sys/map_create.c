/* SPDX-License-Identifier: BSD-2-Clause */
/* MAP_CREATE: the checks of the kernel's map_create, in its order. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "map/fd_array.h"
#include "sys/map_btf.h"
#include "sys/struct_ops.h"
#include "sys/sys.h"

#define NO_NODE UINT32_MAX /* NUMA_NO_NODE: any */

static int check_attr(const union bpf_attr *attr)
{
	bool ops = attr->map_type == BPF_MAP_TYPE_STRUCT_OPS;

	if (attr->btf_vmlinux_value_type_id
		    ? !ops || attr->btf_key_type_id || attr->btf_value_type_id
		    : ops)
		return -EINVAL;
	/* No tokens, no exclusive programs: a kernel without them refuses the same way. */
	if (attr->map_flags & (BPF_F_TOKEN_FD | (ops ? 0 : BPF_F_VTYPE_BTF_OBJ_FD)) ||
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
	if (attr->map_flags & BPF_F_NUMA_NODE && attr->numa_node != 0 && attr->numa_node != NO_NODE)
		return -EINVAL;
	return 0;
}

static bool holds_objects(enum special_kind kind)
{
	return kind == SPECIAL_KPTR || kind == SPECIAL_LIST || kind == SPECIAL_TREE;
}

static bool is_async(enum special_kind kind)
{
	return kind == SPECIAL_TIMER || kind == SPECIAL_WORK;
}

/* What copying has to leave alone, and what holds objects. */
static int note_special(struct world *w, struct map_object *m)
{
	struct map_special *special = &m->map->special;
	bool objects = false;
	int err = 0;

	static_assert(MAP_SPECIAL_MAX == BTF_FIELDS_MAX &&
			      ARRAY_SIZE(special->fields) == BTF_FIELDS_MAX,
		      "room for every field");
	for (u32 i = 0; i < m->record.nr; i++) {
		const struct btf_field *f = &m->record.fields[i];

		special->fields[i].offset = f->offset;
		special->fields[i].size = f->size;
		special->fields[i].kind = skep__special_kind(f);
		special->has_timers |= is_async(special->fields[i].kind);
		objects |= holds_objects(special->fields[i].kind);
		if (special->fields[i].kind == SPECIAL_LOCK) {
			special->has_lock = true;
			special->lock = f->offset;
		}
	}
	special->nr = m->record.nr;
	special->owns = objects || special->has_timers;
	if (objects)
		m->map->objects = skep__world_objects(w, &err);
	return err;
}

static int attach_btf(struct call *call, struct map_object *m)
{
	const union bpf_attr *attr = &call->attr;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id && !attr->btf_vmlinux_value_type_id)
		return 0;
	struct object *obj = skep__call_object(call, attr->btf_fd, OBJ_BTF, &err, NULL);
	if (!obj)
		return err;
	m->btf = to_btf(obj); /* its reference is the map's now */
	if (m->btf->is_kernel)
		return -EACCES;
	m->btf_key_type_id = attr->btf_key_type_id;
	m->btf_value_type_id = attr->btf_value_type_id;
	err = m->btf_value_type_id ? skep__map_check_btf(call->world, m) : 0;
	return err ? err : note_special(call->world, m);
}

/* The map that says what shape inner maps must have; NULL with *err 0 for other types. The caller
 * owns it. */
static struct map_object *get_inner(struct call *call, const struct map_def *def, int *err)
{
	bool has_inner =
		def->type == BPF_MAP_TYPE_ARRAY_OF_MAPS || def->type == BPF_MAP_TYPE_HASH_OF_MAPS;

	*err = !has_inner && call->attr.inner_map_fd ? -EINVAL : 0;
	if (!has_inner)
		return NULL;
	struct object *obj = skep__call_object(call, call->attr.inner_map_fd, OBJ_MAP, err, NULL);
	if (!obj)
		return NULL;
	*err = skep__map_inner_check(&to_map(obj)->map->def);
	if (!*err)
		return to_map(obj);
	object_put(obj);
	return NULL;
}

static struct map_object *new_map(struct call *call, const struct map_def *def,
				  const struct map_def *inner, int *err)
{
	struct map_object *m = skep__zalloc(sizeof(*m));

	*err = -ENOMEM;
	if (!m)
		return NULL;
	m->map = skep__map_new(def, inner, 0, skep__memfd_name(OBJ_MAP), &call->world->services,
			       err);
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

static struct map_object *create(struct call *call, const struct map_def *def, int *err)
{
	struct map_object *inner = get_inner(call, def, err);
	struct map_object *m =
		*err ? NULL : new_map(call, def, inner ? &inner->map->def : NULL, err);

	if (m && inner && inner->btf) {
		object_get(&inner->btf->obj);
		m->inner_btf = inner->btf;
		m->inner_record = inner->record;
	}
	if (inner)
		object_put(&inner->obj);
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

	if (!err && skep__map_needs_btf(def.type) &&
	    (!attr->btf_key_type_id || !attr->btf_value_type_id))
		err = -EINVAL;
	if (!err)
		err = skep__map_check(&def);
	def.flags &= ~(BPF_F_RDONLY | BPF_F_WRONLY); /* the fd's, and not the map's */
	if (!err && def.type == BPF_MAP_TYPE_STRUCT_OPS)
		err = skep__struct_ops_check_type(call);
	if (err)
		return err;
	struct map_object *m = create(call, &def, &err);
	if (!m)
		return err;
	m->btf_vmlinux_value_type_id = attr->btf_vmlinux_value_type_id;
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
