/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands on many elements, in the calling process: as sys/map_batch.c, but keys and values are at
 * hand. */
#include <string.h>

#include "base/uapi.h"
#include "door/preload.h"
#include "door/preload_slots.h"
#include "sys/batch.h"

#define ATTR_END (offsetof(union bpf_attr, batch.flags) + sizeof(u64))

static int read_here(struct client *c, void *to, u64 addr, size_t len)
{
	memcpy(to, (const void *)addr, len);
	return 0;
}

static int write_here(struct client *c, u64 addr, const void *from, size_t len)
{
	memcpy((void *)addr, from, len);
	return 0;
}

static const struct client_ops here = { .read = read_here, .write = write_here };

static int update(struct batch *b, const void *key, const void *value)
{
	return b->map->ops->sys_update(b->map, key, value, b->elem_flags);
}

static int delete (struct batch *b, const void *key)
{
	return b->map->ops->sys_remove(b->map, key);
}

static enum batch_op op_of(int cmd)
{
	switch (cmd) {
	case BPF_MAP_LOOKUP_BATCH:
		return BATCH_LOOKUP;
	case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
		return BATCH_TAKE;
	case BPF_MAP_UPDATE_BATCH:
		return BATCH_UPDATE;
	case BPF_MAP_DELETE_BATCH:
		return BATCH_DELETE;
	default:
		return 0;
	}
}

/* Addresses that the kernel would find nothing at are its to refuse. */
static bool is_usual(const union bpf_attr *attr, u32 size, enum batch_op op)
{
	static const union bpf_attr zero;
	bool looks = op == BATCH_LOOKUP || op == BATCH_TAKE;

	if (size < ATTR_END || size > sizeof(*attr) ||
	    memcmp((const u8 *)attr + ATTR_END, &zero, size - ATTR_END))
		return false;
	if (attr->batch.keys < PRELOAD_NO_ADDRESS)
		return false;
	if (op != BATCH_DELETE && attr->batch.values < PRELOAD_NO_ADDRESS)
		return false;
	if (!looks)
		return true;
	return attr->batch.out_batch >= PRELOAD_NO_ADDRESS &&
	       (!attr->batch.in_batch || attr->batch.in_batch >= PRELOAD_NO_ADDRESS);
}

static bool run(union bpf_attr *attr, enum batch_op op, const struct known *k, long *ret)
{
	struct client client = { .ops = &here };
	struct batch b = {
		.map = k->map,
		.client = &client,
		.in_batch = attr->batch.in_batch,
		.out_batch = attr->batch.out_batch,
		.keys = attr->batch.keys,
		.values = attr->batch.values,
		.elem_flags = attr->batch.elem_flags,
		.count = attr->batch.count,
		.update = update,
		.remove = delete,
	};

	if (!b.count || (k->frozen && op != BATCH_LOOKUP) ||
	    !skep__batch_has(k->map->def.type, op) ||
	    skep__batch_check(k->map, op, attr->batch.flags, b.elem_flags))
		return false;
	*ret = skep__batch_run(&b, op);
	attr->batch.count = b.done;
	return true;
}

bool preload_batch(int cmd, union bpf_attr *attr, u32 size, long *ret)
{
	enum batch_op op = op_of(cmd);

	if (!op || !attr || !is_usual(attr, size, op))
		return false;
	u32 fd = attr->batch.map_fd;
	const struct known *k = slot_use(fd);
	if (!k)
		return false;
	bool can = run(attr, op, k, ret);
	slot_done(fd, k);
	return can;
}
