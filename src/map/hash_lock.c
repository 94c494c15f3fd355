/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a bucket. A dead holder leaves the chain whole, since each store that changes it
 * leads from one good chain to another; but an element that it had in hand is in no list now, which
 * the next one notes for hash_repair.c.
 */
#include "map/hash_table.h"

static bool take_over(struct map *map, hash_bucket *bucket, u64 seen, u64 *image)
{
	u64 mine = (u32)seen | (u64)skep__tid() << 32, version;

	if (!atomic_compare_exchange_strong_explicit(bucket, &seen, mine, memory_order_acquire,
						     memory_order_relaxed))
		return false;
	version = atomic_fetch_add_explicit(&hash_control(map)->lost, 1, memory_order_relaxed);
	*image = (u32)seen | version * HASH_VERSION; /* the true one died with the owner */
	return true;
}

int skep__hash_lock_next(struct map *map, u32 number, u64 *image, struct lock_wait *wait)
{
	hash_bucket *bucket = hash_bucket_at(map, number);

	*wait = (struct lock_wait){ .dead = wait->dead };
	while (!hash_trylock(bucket, image)) {
		u64 seen = atomic_load_explicit(bucket, memory_order_relaxed);
		int turn = seen & HASH_LOCKED ? skep__lock_wait(wait, seen >> 32) : LOCK_TRY_AGAIN;

		if (turn < 0)
			return turn;
		if (turn == LOCK_OWNER_DEAD && take_over(map, bucket, seen, image))
			break;
	}
	return 0;
}

int skep__hash_lock_contended(struct map *map, u32 number, u64 *image)
{
	struct lock_wait wait = { 0 };

	return skep__hash_lock_next(map, number, image, &wait);
}
