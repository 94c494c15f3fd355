/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands on many elements. Update and delete are the single command in a loop. Lookup walks by key
 * where the order of keys is stable (arrays, tries); hash tables are walked by bucket, whose number is the
 * opaque position, so that elements that come and go meanwhile move nothing.
 */
#include <string.h>

#include "base/alloc.h"
#include "map/hash.h"
#include "map/special.h"
#include "sys/map_access.h"
#include "sys/sys.h"

#define BATCH_LOOKUP	 0x1
#define BATCH_UPDATE	 0x2
#define BATCH_DELETE	 0x4
#define BATCH_LOOKUP_DEL 0x8
#define BATCH_ALL	 (BATCH_LOOKUP | BATCH_UPDATE | BATCH_DELETE | BATCH_LOOKUP_DEL)

static int batch_ops(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
		return BATCH_LOOKUP | BATCH_UPDATE;
	case BPF_MAP_TYPE_LPM_TRIE:
		return BATCH_LOOKUP | BATCH_UPDATE | BATCH_DELETE;
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		return BATCH_ALL;
	default:
		return 0;
	}
}

/* One batch in progress: where its next key and value go in the caller's memory, and room for one of each. */
struct batch {
	struct call *call;
	struct map_object *m;
	u32 key_size, value_size;
	u32 done; /* elements so far */
	u8 *key, *prev, *value;
};

static u64 key_at(const struct batch *b, u32 i)
{
	return b->call->attr.batch.keys + (u64)i * b->key_size;
}

static u64 value_at(const struct batch *b, u32 i)
{
	return b->call->attr.batch.values + (u64)i * b->value_size;
}

static int put_elem(struct batch *b, const void *key, const void *value)
{
	struct client *c = b->call->client;

	if (client_write(c, key_at(b, b->done), key, b->key_size) ||
	    client_write(c, value_at(b, b->done), value, b->value_size))
		return -EFAULT;
	b->done++;
	return 0;
}

static int update(struct batch *b)
{
	struct client *c = b->call->client;
	int err = 0;

	while (b->done < b->call->attr.batch.count && !err) {
		if (client_read(c, b->key, key_at(b, b->done), b->key_size) ||
		    client_read(c, b->value, value_at(b, b->done), b->value_size))
			return -EFAULT;
		err = skep__map_update(b->call, b->m, b->key, b->value, b->call->attr.batch.elem_flags);
		if (!err)
			b->done++;
	}
	return err;
}

static int delete(struct batch *b)
{
	int err = 0;

	while (b->done < b->call->attr.batch.count && !err) {
		if (client_read(b->call->client, b->key, key_at(b, b->done), b->key_size))
			return -EFAULT;
		err = skep__map_remove(b->call, b->m, b->key);
		if (!err)
			b->done++;
	}
	return err;
}

/* Walks by key; the position handed out is the last key seen. */
static int lookup_by_key(struct batch *b, u32 count)
{
	struct call *call = b->call;
	const struct map_ops *ops = b->m->map->ops;
	bool have_prev = call->attr.batch.in_batch != 0;
	int err = 0;

	if (have_prev && client_read(call->client, b->prev, call->attr.batch.in_batch, b->key_size))
		return -EFAULT;
	while (b->done < count) {
		u8 *seen = b->key;

		err = ops->sys_next_key(b->m->map, have_prev ? b->prev : NULL, b->key);
		if (err)
			break;
		err = ops->sys_lookup(b->m->map, b->key, b->value, b->call->attr.batch.elem_flags);
		if (!err)
			err = put_elem(b, b->key, b->value);
		else if (err == -ENOENT) /* deleted between the two steps */
			err = 0;
		if (err)
			return err;
		b->key = b->prev;
		b->prev = seen;
		have_prev = true;
	}
	if (b->done && client_write(call->client, call->attr.batch.out_batch, b->prev, b->key_size))
		return -EFAULT;
	return err;
}

/* The elements of one hash bucket, taken together. */
struct bucket {
	u8 *elems; /* key, value, key, value ... */
	u32 cap; /* elements that fit */
};

/* Copies a bucket whole, or takes it out whole; the room grows as needed. */
static int get_bucket(struct batch *b, u32 number, struct bucket *bucket, u32 limit, bool take)
{
	for (;;) {
		u32 cap = min(bucket->cap, limit);
		int n = take ? skep__hash_bucket_take(b->m->map, number, bucket->elems, cap) :
			       skep__hash_bucket_read(b->m->map, number, bucket->elems, cap);

		if (n < 0 || (u32)n <= cap || (u32)n > limit)
			return n;
		u8 *elems = skep__resize(bucket->elems, (size_t)n * (b->key_size + b->value_size));
		if (!elems)
			return -ENOMEM;
		*bucket = (struct bucket){ elems, n };
	}
}

/* Inner maps that were taken out of the map lose its reference. */
static void drop_taken(struct batch *b, const struct bucket *bucket, int count)
{
	u32 id, step = b->key_size + b->value_size;

	for (int i = 0; i < count && b->m->map->def.type == BPF_MAP_TYPE_HASH_OF_MAPS; i++) {
		memcpy(&id, bucket->elems + (size_t)i * step + b->key_size, sizeof(id));
		skep__map_elem_drop(b->call->world, b->m, OBJ_MAP, id);
	}
}

static int put_bucket(struct batch *b, const struct bucket *bucket, u32 count)
{
	const u8 *elem = bucket->elems;
	int err = 0;

	for (u32 i = 0; i < count && !err; i++, elem += b->key_size + b->value_size)
		err = put_elem(b, elem, elem + b->key_size);
	return err;
}

static int lookup_by_bucket(struct batch *b, u32 limit, bool take)
{
	struct call *call = b->call;
	u32 number = 0, nr = skep__hash_nr_buckets(b->m->map);
	struct bucket bucket = { 0 };
	int err = 0;

	if (call->attr.batch.in_batch &&
	    client_read(call->client, &number, call->attr.batch.in_batch, sizeof(number)))
		return -EFAULT;
	if (number >= nr)
		return -ENOENT;
	for (; number < nr && !err; number++) {
		int n = get_bucket(b, number, &bucket, limit - b->done, take);

		if (n > 0 && (u32)n > limit - b->done) {
			err = b->done ? 0 : -ENOSPC;
			break;
		}
		if (take)
			drop_taken(b, &bucket, n);
		err = n < 0 ? n : put_bucket(b, &bucket, n);
		if (err)
			break;
	}
	skep__free(bucket.elems);
	if (!err && number == nr)
		err = -ENOENT; /* that was the last one */
	if (err == -EFAULT)
		return err;
	return client_write(call->client, call->attr.batch.out_batch, &number, sizeof(number)) ? -EFAULT : err;
}

static bool is_hash(u32 type)
{
	return batch_ops(type) == BATCH_ALL;
}

static int run(struct batch *b, int op, u32 count)
{
	switch (op) {
	case BATCH_UPDATE:
		return update(b);
	case BATCH_DELETE:
		return delete(b);
	default:
		return is_hash(b->m->map->def.type) ? lookup_by_bucket(b, count, op == BATCH_LOOKUP_DEL) :
						      lookup_by_key(b, count);
	}
}

static int run_counted(struct batch *b, int op)
{
	struct call *call = b->call;
	u32 count = call->attr.batch.count;

	if (call->attr.batch.elem_flags & ~BPF_F_LOCK ||
	    !map_lock_flag_ok(b->m->map, call->attr.batch.elem_flags))
		return -EINVAL;
	if (call->attr.batch.flags && op & (BATCH_LOOKUP | BATCH_LOOKUP_DEL) && is_hash(b->m->map->def.type))
		return -EINVAL;
	if (!count)
		return 0;
	if (call_put_attr(call, batch.count, 0))
		return -EFAULT;
	call->attr.batch.count = count;
	b->key_size = b->m->map->def.key_size;
	b->value_size = skep__map_value_bytes(b->m->map);
	u8 *room = skep__zalloc(2 * (size_t)b->key_size + b->value_size);
	if (!room)
		return -ENOMEM;
	b->key = room;
	b->prev = room + b->key_size;
	b->value = b->prev + b->key_size;
	int err = run(b, op, count);
	skep__free(room);
	if (err != -EFAULT && call_put_attr(call, batch.count, b->done))
		return -EFAULT;
	return err;
}

static long batch(struct call *call, int op)
{
	int access = op == BATCH_LOOKUP	    ? MAP_ACCESS_READ :
		     op == BATCH_LOOKUP_DEL ? MAP_ACCESS_READ | MAP_ACCESS_WRITE :
					      MAP_ACCESS_WRITE;
	struct batch b = { .call = call };
	int err;

	b.m = skep__map_access(call, call->attr.batch.map_fd, access, &err);
	if (!b.m)
		return err;
	err = batch_ops(b.m->map->def.type) & op ? run_counted(&b, op) : -ENOTSUPP;
	skep__map_access_end(b.m, access);
	return err;
}

long skep__sys_map_lookup_batch(struct call *call)
{
	return batch(call, BATCH_LOOKUP);
}

long skep__sys_map_lookup_and_delete_batch(struct call *call)
{
	return batch(call, BATCH_LOOKUP_DEL);
}

long skep__sys_map_update_batch(struct call *call)
{
	return batch(call, BATCH_UPDATE);
}

long skep__sys_map_delete_batch(struct call *call)
{
	return batch(call, BATCH_DELETE);
}
