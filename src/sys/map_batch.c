/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on many elements (sys/batch.h). */
#include <string.h>

#include "sys/batch.h"
#include "sys/map_access.h"
#include "sys/sys.h"

struct batch_call {
	struct batch batch;
	struct call *call;
	struct map_object *m;
};

static struct batch_call *to_call(struct batch *b)
{
	return container_of(b, struct batch_call, batch);
}

static int update(struct batch *b, const void *key, const void *value)
{
	return skep__map_update(to_call(b)->call, to_call(b)->m, key, value, b->elem_flags);
}

static int delete (struct batch *b, const void *key)
{
	return skep__map_remove(to_call(b)->call, to_call(b)->m, key);
}

/* An inner map that was taken out of the map loses its reference. */
static void drop_taken(struct batch *b, const void *value)
{
	u32 id;

	memcpy(&id, value, sizeof(id));
	skep__map_elem_drop(to_call(b)->call->world, to_call(b)->m, OBJ_MAP, id);
}

static int run(struct call *call, struct map_object *m, enum batch_op op)
{
	struct batch_call b = {
		.batch = {
			.map = m->map,
			.client = call->client,
			.in_batch = call->attr.batch.in_batch,
			.out_batch = call->attr.batch.out_batch,
			.keys = call->attr.batch.keys,
			.values = call->attr.batch.values,
			.elem_flags = call->attr.batch.elem_flags,
			.count = call->attr.batch.count,
			.update = update,
			.remove = delete,
			.taken = m->map->def.type == BPF_MAP_TYPE_HASH_OF_MAPS ? drop_taken : NULL,
		},
		.call = call,
		.m = m,
	};
	int err = skep__batch_check(m->map, op, call->attr.batch.flags, b.batch.elem_flags);

	if (err || !b.batch.count)
		return err;
	if (call_put_attr(call, batch.count, 0))
		return -EFAULT;
	err = skep__batch_run(&b.batch, op);
	if (err != -EFAULT && call_put_attr(call, batch.count, b.batch.done))
		return -EFAULT;
	return err;
}

static long batch(struct call *call, enum batch_op op)
{
	int access = op == BATCH_LOOKUP ? MAP_ACCESS_READ
		     : op == BATCH_TAKE ? MAP_ACCESS_READ | MAP_ACCESS_WRITE
					: MAP_ACCESS_WRITE;
	int err;
	struct map_object *m = skep__map_access(call, call->attr.batch.map_fd, access, &err);

	if (!m)
		return err;
	err = skep__batch_has(m->map->def.type, op) ? run(call, m, op) : -ENOTSUPP;
	skep__map_access_end(m, access);
	return err;
}

long skep__sys_map_lookup_batch(struct call *call)
{
	return batch(call, BATCH_LOOKUP);
}

long skep__sys_map_lookup_and_delete_batch(struct call *call)
{
	return batch(call, BATCH_TAKE);
}

long skep__sys_map_update_batch(struct call *call)
{
	return batch(call, BATCH_UPDATE);
}

long skep__sys_map_delete_batch(struct call *call)
{
	return batch(call, BATCH_DELETE);
}
