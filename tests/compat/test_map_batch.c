/* SPDX-License-Identifier: BSD-2-Clause */
/* BPF_MAP_*_BATCH on arrays and hash tables: counts, positions, flags, and what a partial failure
 * leaves. */
#include <stdlib.h>
#include <string.h>

#include "map_semantics.h"

#define MANY 200

struct pairs {
	u32 keys[MANY];
	u64 values[MANY * 64]; /* room for 64 CPUs */
	u8 position[64];
};

static struct pairs *new_pairs(struct play *p, u32 step)
{
	struct pairs *ps = calloc(1, sizeof(*ps));

	assert_non_null(ps);
	assert_true(p->nr_cpus <= 64);
	for (u32 i = 0; i < MANY; i++) {
		ps->keys[i] = i;
		for (u32 c = 0; c < step; c++)
			ps->values[i * step + c] = 1000 + i;
	}
	return ps;
}

static int compare_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Sorted: hash tables give them in an order of their own. */
static void log_pairs(struct play *p, const struct pairs *ps, u32 n, u32 step)
{
	u32 keys[MANY];
	u64 sum = 0;

	memcpy(keys, ps->keys, sizeof(keys));
	qsort(keys, n, sizeof(keys[0]), compare_u32);
	play_bytes(p, "keys", keys, n * sizeof(keys[0]));
	for (u32 i = 0; i < n * step; i++)
		sum += ps->values[i];
	play_note(p, "values add up to %llu", n ? (unsigned long long)sum / step : 0);
}

static u32 step_of(const struct play *p, u32 type)
{
	bool percpu = type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
		      type == BPF_MAP_TYPE_LRU_PERCPU_HASH;

	return percpu ? p->nr_cpus : 1;
}

static int batch(struct play *p, int cmd, int map, struct pairs *ps, u32 count, const void *in,
		 u64 elem_flags, u64 flags, u32 *done)
{
	struct play_batch b = { in, ps->position, ps->keys, ps->values, count, elem_flags, flags };
	int ret = play_batch(p, cmd, map, &b);

	*done = b.count;
	return ret;
}

/* Everything in one call, in calls of a few, and past the end. */
static void look_up_all(struct play *p, int map, u32 type, u32 expect)
{
	struct pairs *ps = new_pairs(p, 1);
	u32 step = step_of(p, type), done, total = 0, turns = 0;
	bool more = true;

	batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, MANY, NULL, 0, 0, &done);
	log_pairs(p, ps, done, step);
	size_t len = p->log.len; /* how many come with each call depends on the hash */
	for (void *in = NULL; more && turns++ < 100; in = ps->position) {
		int ret = batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 20, in, 0, 0, &done);

		assert_true(ret == 0 || ret == -ENOENT);
		total += done;
		more = ret == 0;
	}
	p->log.len = len;
	play_note(p, "in calls of 20: %u", total);
	assert_int_equal(total, expect);
	free(ps);
}

static const u32 hash_types[] = { BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH,
				  BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH };
static const u32 array_types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY };

static void hash_tables_in_batches(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(hash_types); t++) {
		u32 type = hash_types[t], step = step_of(p, type), done;
		int map = play_create(p, &(struct map_shape){ type, 4, 8, 4 * MANY });
		struct pairs *ps = new_pairs(p, step);

		batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, MANY, NULL, 0, 0, &done);
		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 100, NULL, 0, 0, &done);
		look_up_all(p, map, type, 100);
		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 110, NULL, BPF_NOEXIST, 0, &done);
		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 110, NULL, BPF_EXIST, 0, &done);
		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 3, NULL, BPF_F_LOCK, 0, &done);
		batch(p, BPF_MAP_DELETE_BATCH, map, ps, 40, NULL, 0, 0, &done);
		batch(p, BPF_MAP_DELETE_BATCH, map, ps, 40, NULL, 0, 0, &done);
		batch(p, BPF_MAP_DELETE_BATCH, map, ps, 40, NULL, 1, 0, &done);
		memset(ps->values, 0, sizeof(ps->values));
		batch(p, BPF_MAP_LOOKUP_AND_DELETE_BATCH, map, ps, MANY, NULL, 0, 0, &done);
		log_pairs(p, ps, done, step);
		play_dump(p, map);
		free(ps);
	}
}

static void arrays_in_batches(struct play *p)
{
	for (u32 t = 0; t < ARRAY_SIZE(array_types); t++) {
		u32 type = array_types[t], step = step_of(p, type), done;
		int map = play_create(p, &(struct map_shape){ type, 4, 8, 100 });
		struct pairs *ps = new_pairs(p, step);

		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 110, NULL, 0, 0, &done);
		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 10, NULL, BPF_NOEXIST, 0, &done);
		look_up_all(p, map, type, 100);
		batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 100, NULL, 0, 0, &done);
		batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 10, &(u32){ 95 }, 0, 0, &done);
		log_pairs(p, ps, done, step);
		play_bytes(p, "position", ps->position, 4);
		batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 10, &(u32){ 500 }, 0, 0, &done);
		log_pairs(p, ps, done, step);
		batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 10, &(u32){ 99 }, 0, 0, &done);
		batch(p, BPF_MAP_DELETE_BATCH, map, ps, 1, NULL, 0, 0, &done);
		batch(p, BPF_MAP_LOOKUP_AND_DELETE_BATCH, map, ps, 1, NULL, 0, 0, &done);
		free(ps);
	}
}

static void odd_calls_get_odd_answers(struct play *p)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH,
				    BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH };

	for (u32 t = 0; t < 2; t++) {
		u32 type = t ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH, done;
		int map = play_create(p, &(struct map_shape){ type, 4, 8, 64 });
		struct pairs *ps = new_pairs(p, 1);

		batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 5, NULL, 0, 0, &done);
		for (u32 c = 0; c < ARRAY_SIZE(cmds); c++) {
			batch(p, cmds[c], map, ps, 0, NULL, 0, 0, &done);
			batch(p, cmds[c], map, ps, 1, NULL, 8, 0, &done);
			batch(p, cmds[c], map, ps, 1, NULL, BPF_F_LOCK, 0, &done);
			batch(p, cmds[c], map, ps, 1, NULL, 0, 1, &done);
		}
		play_dump(p, map);
		free(ps);
	}
	int map = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_HASH, 4, 8, 64 });
	struct pairs *ps = new_pairs(p, 1);
	u32 done;

	batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 5, &(u32){ 1 << 20 }, 0, 0, &done);
	batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 5, (void *)8, 0, 0, &done);
	struct play_batch nowhere = { NULL, (void *)8, ps->keys, ps->values, 5 };
	play_batch(p, BPF_MAP_LOOKUP_BATCH, map, &nowhere);
	nowhere = (struct play_batch){ NULL, ps->position, (void *)8, ps->values, 5 };
	play_batch(p, BPF_MAP_UPDATE_BATCH, map, &nowhere);
	batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 5, NULL, 0, 0, &done);
	play_batch(p, BPF_MAP_LOOKUP_BATCH, map, &nowhere);
	play_batch(p, BPF_MAP_DELETE_BATCH, map, &nowhere);
	free(ps);
}

/* One bucket: more elements in it than the caller has room for. */
static void a_bucket_that_does_not_fit_is_no_space(struct play *p)
{
	int map = play_create(p, &(struct map_shape){ BPF_MAP_TYPE_HASH, 4, 8, 1 });
	struct pairs *ps = new_pairs(p, 1);
	u32 done;

	batch(p, BPF_MAP_UPDATE_BATCH, map, ps, 3, NULL, 0, 0, &done);
	batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 1, NULL, 0, 0, &done);
	batch(p, BPF_MAP_LOOKUP_BATCH, map, ps, 2, NULL, 0, 0, &done);
	free(ps);
}

int main(void)
{
	static const struct scene scenes[] = {
		SCENE(hash_tables_in_batches),
		SCENE(arrays_in_batches),
		SCENE(odd_calls_get_odd_answers),
		SCENE(a_bucket_that_does_not_fit_is_no_space),
	};

	return play_all("batch", scenes, ARRAY_SIZE(scenes));
}
