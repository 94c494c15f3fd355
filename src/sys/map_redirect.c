/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Elements of devmaps, cpumaps and xskmaps: what they name is looked for when they are written, as
 * in the kernel, and a program that they name stays for as long as they name it.
 */
#include <string.h>

#include "map/redirect_map.h"
#include "sys/map_access.h"

static bool interface_exists(struct call *call, u32 ifindex)
{
	struct world_net *net = skep__world_net_get(call->world);
	bool there = skep__net_link(net ? &net->net : NULL, ifindex) != NULL;

	skep__world_net_put(net);
	return there;
}

/* The XDP program behind an fd, if it was loaded for maps of this type; else NULL. */
static struct object *program(struct call *call, struct map_object *m, int fd)
{
	u32 attach = m->map->def.type == BPF_MAP_TYPE_CPUMAP ? BPF_XDP_CPUMAP : BPF_XDP_DEVMAP;
	int err;
	struct object *obj = skep__call_object(call, fd, OBJ_PROG, &err, NULL);
	bool fits;

	if (!obj)
		return NULL;
	const struct prog *prog = &to_prog(obj)->prog;
	fits = prog->type == BPF_PROG_TYPE_XDP && prog->expected_attach_type == attach;
	if (fits) {
		pthread_mutex_lock(&call->world->lock);
		fits = skep__map_takes_prog(m, prog);
		pthread_mutex_unlock(&call->world->lock);
	}
	if (fits)
		return obj;
	object_put(obj);
	return NULL;
}

/* Turns the program's fd into its id, and holds the program for the element. */
static int take_program(struct call *call, struct map_object *m, struct redirect_val *val)
{
	struct object *obj;
	int err;

	if ((s32)val->prog <= 0) {
		val->prog = 0;
		return 0;
	}
	obj = program(call, m, (int)val->prog);
	if (!obj) /* a CPU's queue is one allocation to the kernel, whatever it fails of */
		return m->map->def.type == BPF_MAP_TYPE_CPUMAP ? -ENOMEM : -EINVAL;
	err = skep__map_elem_hold(call->world, m, obj);
	val->prog = obj->id;
	object_put(obj);
	return err;
}

/* Sockets that packets can be redirected to take hooks into the network: to a world none is one. */
static int check_socket(struct call *call, int fd)
{
	struct fd_id id;
	int err = call->client->ops->identify_fd(call->client, fd, &id);

	if (err)
		return err;
	return id.is_socket ? -EOPNOTSUPP : -ENOTSOCK;
}

static u32 current_program(struct map *map, const void *key)
{
	struct redirect_val val = { 0 };

	return map->ops->sys_lookup(map, key, &val, 0) ? 0 : val.prog;
}

static int resolve(struct call *call, struct map_object *m, struct redirect_val *val)
{
	switch (m->map->def.type) {
	case BPF_MAP_TYPE_XSKMAP:
		return check_socket(call, (int)val->target);
	case BPF_MAP_TYPE_CPUMAP:
		break;
	default:
		if (val->target && !interface_exists(call, val->target))
			return -EINVAL;
	}
	if (!val->target)
		*val = (struct redirect_val){ 0 };
	return take_program(call, m, val);
}

int skep__redirect_map_update(struct call *call, struct map_object *m, const void *key,
			      const void *value, u64 flags)
{
	struct redirect_val val = { 0 };
	u32 old;
	int err;

	memcpy(&val, value, m->map->def.value_size);
	err = skep__redirect_map_check_update(m->map, key, val, flags);
	if (!err)
		err = resolve(call, m, &val);
	if (err)
		return err;
	old = current_program(m->map, key);
	err = m->map->ops->sys_update(m->map, key, &val, flags);
	skep__map_elem_drop(call->world, m, OBJ_PROG, err ? val.prog : old);
	return err;
}

int skep__redirect_map_remove(struct call *call, struct map_object *m, const void *key)
{
	u32 old = current_program(m->map, key);
	int err = m->map->ops->sys_remove(m->map, key);

	if (!err)
		skep__map_elem_drop(call->world, m, OBJ_PROG, old);
	return err;
}
