/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/batch.h"

#include <string.h>

#include "base/alloc.h"
#include "map/hash.h"
#include "map/special.h"

#define BATCH_ALL (BATCH_LOOKUP | BATCH_UPDATE | BATCH_DELETE | BATCH_TAKE)
#define ROOM_BYTES                                                                                 \
	32768 /* of elements on their way: a system call each would cost more than the rest */
#define BUCKET_CAP 16 /* most buckets have no more */

static u32 batch_ops(u32 type)
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

bool skep__batch_has(u32 type, enum batch_op op)
{
	return batch_ops(type) & op;
}

static bool is_hash(u32 type)
{
	return batch_ops(type) == BATCH_ALL;
}

int skep__batch_check(const struct map *map, enum batch_op op, u64 flags, u64 elem_flags)
{
	if (elem_flags & ~BPF_F_LOCK || !map_lock_flag_ok(map, elem_flags))
		return -EINVAL;
	if (flags && op & (BATCH_LOOKUP | BATCH_TAKE) && is_hash(map->def.type))
		return -EINVAL;
	return 0;
}

/* One batch in progress. Elements go through a room, whose beginning is element `first` of the
 * batch. */
struct walk {
	struct batch *b;
	u32 key_size, value_size;
	u32 first, nr, cap;
	u8 *keys, *values; /* cap of each */
	u8 *prev; /* a key */
};

static int walk_init(struct walk *w, struct batch *b)
{
	u32 key = b->map->def.key_size, value = skep__map_value_bytes(b->map);
	u64 fit = ROOM_BYTES / ((u64)key + value);

	*w = (struct walk){ .b = b, .key_size = key, .value_size = value };
	w->cap = max(min((u64)b->count, fit), 1ull);
	w->keys = skep__alloc((u64)w->cap * ((u64)key + value) + key);
	if (!w->keys)
		return -ENOMEM;
	w->values = w->keys + (size_t)w->cap * key;
	w->prev = w->values + (size_t)w->cap * value;
	return 0;
}

/* To the client. */
static int flush(struct walk *w)
{
	struct batch *b = w->b;
	u64 keys = b->keys + (u64)w->first * w->key_size;
	u64 values = b->values + (u64)w->first * w->value_size;
	int err = 0;

	if (client_write(b->client, keys, w->keys, (size_t)w->nr * w->key_size) ||
	    client_write(b->client, values, w->values, (size_t)w->nr * w->value_size))
		err = -EFAULT;
	w->first += w->nr;
	w->nr = 0;
	return err;
}

static int put_elem(struct walk *w, const void *key, const void *value)
{
	int err = w->nr == w->cap ? flush(w) : 0;

	if (err)
		return err;
	memcpy(w->keys + (size_t)w->nr * w->key_size, key, w->key_size);
	memcpy(w->values + (size_t)w->nr * w->value_size, value, w->value_size);
	w->nr++;
	w->b->done++;
	return 0;
}

static bool read_elems(struct walk *w, u32 nr, bool with_values)
{
	struct batch *b = w->b;
	u64 keys = b->keys + (u64)w->first * w->key_size;
	u64 values = b->values + (u64)w->first * w->value_size;

	return !client_read(b->client, w->keys, keys, (size_t)nr * w->key_size) &&
	       (!with_values ||
		!client_read(b->client, w->values, values, (size_t)nr * w->value_size));
}

/* The next elements from the client: as many as there is room for, or the next one, when something
 * behind it cannot be read. */
static int fetch(struct walk *w, bool with_values)
{
	u32 nr = min(w->b->count - w->b->done, w->cap);

	w->first = w->b->done;
	if (!read_elems(w, nr, with_values)) {
		nr = w->cap = 1;
		if (!read_elems(w, nr, with_values))
			return -EFAULT;
	}
	w->nr = nr;
	return 0;
}

static int change_fetched(struct walk *w, enum batch_op op)
{
	struct batch *b = w->b;
	int err = 0;

	for (u32 i = 0; i < w->nr && !err; i++) {
		const u8 *key = w->keys + (size_t)i * w->key_size;

		err = op == BATCH_UPDATE ? b->update(b, key, w->values + (size_t)i * w->value_size)
					 : b->remove(b, key);
		if (!err)
			b->done++;
	}
	return err;
}

static int change(struct walk *w, enum batch_op op)
{
	int err = 0;

	while (w->b->done < w->b->count && !err) {
		err = fetch(w, op == BATCH_UPDATE);
		if (!err)
			err = change_fetched(w, op);
	}
	return err;
}

/* What was found so far goes to the client, and where to go on. */
static int end_lookup(struct walk *w, int err, const void *position, u32 size)
{
	if (err == -EFAULT || flush(w) ||
	    client_write(w->b->client, w->b->out_batch, position, size))
		return -EFAULT;
	return err;
}

/* Walks by key; the position handed out is the last key seen. */
static int lookup_by_key(struct walk *w)
{
	struct batch *b = w->b;
	const struct map_ops *ops = b->map->ops;
	u8 *key = skep__alloc((size_t)w->key_size + w->value_size), *value = key + w->key_size;
	bool have_prev = b->in_batch != 0;
	int err = key ? 0 : -ENOMEM;

	if (!err && have_prev && client_read(b->client, w->prev, b->in_batch, w->key_size))
		err = -EFAULT;
	while (!err && b->done < b->count) {
		err = ops->sys_next_key(b->map, have_prev ? w->prev : NULL, key);
		if (err)
			break;
		err = ops->sys_lookup(b->map, key, value, b->elem_flags);
		if (!err)
			err = put_elem(w, key, value);
		else if (err == -ENOENT) /* deleted between the two steps */
			err = 0;
		memcpy(w->prev, key, w->key_size);
		have_prev = true;
	}
	skep__free(key);
	bool has_position = b->done && (!err || err == -ENOENT);
	return end_lookup(w, err, w->prev, has_position ? w->key_size : 0);
}

/* The elements of one hash bucket, taken together. */
struct bucket {
	u8 *elems; /* key, value, key, value ... */
	u32 cap; /* elements that fit */
};

static int bucket_grow(struct walk *w, struct bucket *bucket, u32 cap)
{
	u8 *elems = skep__resize(bucket->elems, (size_t)cap * (w->key_size + w->value_size));

	if (!elems)
		return -ENOMEM;
	*bucket = (struct bucket){ elems, cap };
	return 0;
}

/* Copies a bucket whole, or takes it out whole; the room grows as needed. */
static int get_bucket(struct walk *w, u32 number, struct bucket *bucket, u32 limit, bool take)
{
	for (;;) {
		u32 cap = min(bucket->cap, limit);
		int n = take ? skep__hash_bucket_take(w->b->map, number, bucket->elems, cap)
			     : skep__hash_bucket_read(w->b->map, number, bucket->elems, cap);

		if (n < 0 || (u32)n <= cap || (u32)n > limit)
			return n;
		int err = bucket_grow(w, bucket, n);
		if (err)
			return err;
	}
}

static int put_bucket(struct walk *w, const struct bucket *bucket, u32 count, bool take)
{
	const u8 *elem = bucket->elems;
	int err = 0;

	for (u32 i = 0; i < count; i++, elem += w->key_size + w->value_size) {
		if (take && w->b->taken)
			w->b->taken(w->b, elem + w->key_size);
		if (!err)
			err = put_elem(w, elem, elem + w->key_size);
	}
	return err;
}

static int walk_buckets(struct walk *w, u32 *number, u32 nr, bool take)
{
	struct bucket bucket = { 0 };
	u32 limit = w->b->count;
	int err = bucket_grow(w, &bucket, min(BUCKET_CAP, limit));

	for (; *number < nr && !err; ++*number) {
		u32 left = limit - w->b->done;
		int n = get_bucket(w, *number, &bucket, left, take);

		if (n > 0 && (u32)n > left) {
			err = w->b->done ? 0 : -ENOSPC;
			break;
		}
		err = n < 0 ? n : put_bucket(w, &bucket, n, take);
		if (err)
			break;
	}
	skep__free(bucket.elems);
	return err;
}

static int lookup_by_bucket(struct walk *w, bool take)
{
	struct batch *b = w->b;
	u32 number = 0, nr = skep__hash_nr_buckets(b->map);

	if (b->in_batch && client_read(b->client, &number, b->in_batch, sizeof(number)))
		return -EFAULT;
	if (number >= nr)
		return -ENOENT;
	int err = walk_buckets(w, &number, nr, take);
	if (!err && number == nr)
		err = -ENOENT; /* that was the last one */
	return end_lookup(w, err, &number, sizeof(number));
}

int skep__batch_run(struct batch *b, enum batch_op op)
{
	struct walk w;
	int err = walk_init(&w, b);

	if (err)
		return err;
	if (op == BATCH_UPDATE || op == BATCH_DELETE)
		err = change(&w, op);
	else
		err = is_hash(b->map->def.type) ? lookup_by_bucket(&w, op == BATCH_TAKE)
						: lookup_by_key(&w);
	skep__free(w.keys);
	return err;
}
