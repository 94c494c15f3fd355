/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_RINGBUF: programs produce, one consumer reads through mmap. Producers take positions
 * one after the other under a lock that is held for a few stores; a record is BUSY from then until
 * its run submits or discards it, and the consumer stops at the first one that is. While BUSY the
 * header names the producing thread: when that thread has died, others turn the record into a
 * discarded one.
 */
#include "map/ringbuf.h"

#include <string.h>

#include "map/ring.h"

#define LOOK_FOR_DEAD 64 /* refused reservations between two looks at who blocks the ring */
#define JUST_BEHIND 1024 /* bytes that a consumer may get ahead of what is seen of it */
#define DRAIN_TURNS 8 /* pauses in which its store arrives */

/*
 * Moves `pending` over finished records, up to `prod`. A ring that was scribbled over has no
 * records that make sense: then everything before `prod` counts as finished.
 */
static u64 skip_finished(const struct map *map, u64 pending, u64 prod)
{
	if (prod - pending > map->geo.words[RING_MASK] + 1)
		return prod;
	while (pending != prod) {
		u64 word = atomic_load_explicit(ring_header(map, pending), memory_order_acquire);
		u32 len = ring_header_of(word).len;

		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		if (ring_record_bytes(len) > prod - pending)
			return prod;
		pending += ring_record_bytes(len);
	}
	return pending;
}

/* Turns a busy record into a discarded one if its producer is dead. */
static bool reap_one(const struct map *map, u64 pos)
{
	_Atomic u64 *at = ring_header(map, pos);
	u64 word = atomic_load_explicit(at, memory_order_acquire);
	struct ring_header header = ring_header_of(word);

	if (!(header.len & BPF_RINGBUF_BUSY_BIT) || !skep__tid_dead(header.page))
		return false;
	header.len = (header.len & ~BPF_RINGBUF_BUSY_BIT) | BPF_RINGBUF_DISCARD_BIT;
	u64 page = ring_offset(map, pos) / map->geo.words[RING_PAGE];

	return atomic_compare_exchange_strong(at, &word, ring_header_word(header.len, page));
}

static bool fits(const struct map *map, u64 new_prod, u64 cons, u64 pending)
{
	u64 mask = map->geo.words[RING_MASK];

	return new_prod - cons <= mask && new_prod - pending <= mask;
}

static void wake(struct map *map)
{
	if (map->svc && map->svc->wake)
		map->svc->wake(map->svc->opaque, map, 0);
}

/*
 * No room. Perhaps only because somebody died over a record, or before waking the consumer. Looks
 * now and then, as looking costs.
 */
static u64 unblock(struct map *map, struct ring_control *control, u64 pending, u64 prod)
{
	if (control->refused++ % LOOK_FOR_DEAD)
		return pending;
	while (pending != prod && reap_one(map, pending))
		pending = skip_finished(map, pending, prod);
	if (atomic_load_explicit(&control->watchers, memory_order_relaxed))
		wake(map);
	return pending;
}

/* Is there room up to new_prod? Asks first what is near: the consumer's own word is on another CPU.
 */
static bool room(struct map *map, struct ring_control *control, u64 prod, u64 new_prod)
{
	u64 pending = skip_finished(map, control->pending, prod);
	bool ok = fits(map, new_prod, control->consumed, pending);

	if (unlikely(!ok)) {
		control->consumed = atomic_load_explicit(ring_consumer(map), memory_order_acquire);
		pending = unblock(map, control, pending, prod);
		ok = fits(map, new_prod, control->consumed, pending);
	}
	control->pending = pending;
	return ok;
}

/*
 * No header in the last 8 bytes of the data: some consumers look for what follows it at the
 * beginning, and some beyond the end. A discarded record without data goes there instead. Returns
 * the position after it.
 */
static u64 skip_end(const struct map *map, u64 prod)
{
	u64 page = ring_offset(map, prod) / map->geo.words[RING_PAGE];

	atomic_store_explicit(ring_header(map, prod),
			      ring_header_word(BPF_RINGBUF_DISCARD_BIT, page),
			      memory_order_relaxed);
	prod += BPF_RINGBUF_HDR_SZ;
	atomic_store_explicit(ring_producer(map), prod, memory_order_release);
	return prod;
}

/* Takes `len` bytes; false when there is no room. */
static bool take(struct map *map, struct ring_control *control, u64 len, u64 *at)
{
	u64 mask = map->geo.words[RING_MASK];
	u64 prod = atomic_load_explicit(ring_producer(map), memory_order_relaxed);

	if (unlikely((prod & mask) == mask + 1 - BPF_RINGBUF_HDR_SZ) &&
	    room(map, control, prod, prod + BPF_RINGBUF_HDR_SZ))
		prod = skip_end(map, prod);
	*at = prod;
	return room(map, control, prod, prod + len);
}

static void *reserve(struct map *map, u64 size, struct ringbuf_rec *rec)
{
	struct ring_control *control = ring_control(map);
	u64 len = round_up(size + BPF_RINGBUF_HDR_SZ, 8), prod;
	_Atomic u64 *header;

	if (unlikely(size > RING_MAX_RECORD || len > map->geo.words[RING_MASK] + 1))
		return NULL;
	if (unlikely(skep__lock(&control->lock)))
		return NULL;
	if (unlikely(!take(map, control, len, &prod))) {
		skep__unlock(&control->lock);
		return NULL;
	}
	header = ring_header(map, prod);
	atomic_store_explicit(header, ring_header_word(size | BPF_RINGBUF_BUSY_BIT, skep__tid()),
			      memory_order_relaxed);
	atomic_store_explicit(ring_producer(map), prod + len, memory_order_release);
	skep__unlock(&control->lock);
	*rec = (struct ringbuf_rec){ map, prod, size, (u8 *)header + BPF_RINGBUF_HDR_SZ };
	return rec->data;
}

/*
 * Does the consumer sleep, or is it about to, at this record, which it found busy? The kernel
 * compares the consumer's position once, because its consumers look again inside epoll_wait. Ours
 * (libbpf's, as it is) do not, and there is no barrier between their storing the position and their
 * reading the header: a position just behind may be older than the look at our header was. It
 * arrives within the time that a store buffer takes to drain.
 */
static bool consumer_waits_at(const struct map *map, u64 pos)
{
	for (u32 turns = 0;; turns++) {
		u64 cons = atomic_load_explicit(ring_consumer(map), memory_order_seq_cst);

		if (!((cons ^ pos) & map->geo.words[RING_MASK]))
			return true;
		if (pos - cons > JUST_BEHIND || turns == DRAIN_TURNS)
			return false;
		lock_pause();
	}
}

/* Publishes a record under `len` (its size, perhaps with the discard bit) and wakes as flags say.
 */
static void commit(const struct ringbuf_rec *rec, u32 len, u64 flags)
{
	struct map *map = rec->map;
	_Atomic u64 *header = ring_header(map, rec->pos);
	u64 word = ring_header_word(len, ring_offset(map, rec->pos) / map->geo.words[RING_PAGE]);

	if (likely(!atomic_load_explicit(&ring_control(map)->watchers, memory_order_relaxed))) {
		atomic_store_explicit(header, word, memory_order_release);
		if (unlikely(flags & BPF_RB_FORCE_WAKEUP))
			wake(map);
		return;
	}
	/* The consumer stores its position and then reads the header; we do it the other way round.
	 */
	atomic_exchange_explicit(header, word, memory_order_seq_cst);
	if (flags & BPF_RB_FORCE_WAKEUP ||
	    (!(flags & BPF_RB_NO_WAKEUP) && consumer_waits_at(map, rec->pos)))
		wake(map);
}

void *skep__ringbuf_reserve(struct map *map, u64 size, struct ringbuf_held *held)
{
	if (unlikely(held->nr >= RINGBUF_MAX_HELD))
		return NULL;
	void *data = reserve(map, size, &held->recs[held->nr]);

	held->nr += data != NULL;
	return data;
}

const struct ringbuf_rec *skep__ringbuf_find(const struct ringbuf_held *held, const void *sample)
{
	for (u32 i = held->nr; i-- > 0;)
		if (held->recs[i].data == sample)
			return &held->recs[i];
	return NULL;
}

static int give_up(struct ringbuf_held *held, void *sample, u32 bits, u64 flags)
{
	const struct ringbuf_rec *found = skep__ringbuf_find(held, sample);

	if (unlikely(!found))
		return -EINVAL;
	commit(found, found->size | bits, flags);
	held->nr--;
	if (unlikely(found != &held->recs[held->nr]))
		held->recs[found - held->recs] = held->recs[held->nr];
	return 0;
}

int skep__ringbuf_submit(struct ringbuf_held *held, void *sample, u64 flags)
{
	return give_up(held, sample, 0, flags);
}

int skep__ringbuf_discard(struct ringbuf_held *held, void *sample, u64 flags)
{
	return give_up(held, sample, BPF_RINGBUF_DISCARD_BIT, flags);
}

void skep__ringbuf_abandon(struct ringbuf_held *held)
{
	while (held->nr)
		skep__ringbuf_discard(held, held->recs[held->nr - 1].data, 0);
}

int skep__ringbuf_output(struct map *map, const void *data, u64 size, u64 flags)
{
	struct ringbuf_rec rec;

	if (unlikely(flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP)))
		return -EINVAL;
	if (unlikely(!reserve(map, size, &rec)))
		return -EAGAIN;
	memcpy(rec.data, data, size);
	commit(&rec, size, flags);
	return 0;
}

u64 skep__ringbuf_query(const struct map *map, u64 what)
{
	u64 cons = atomic_load_explicit(ring_consumer(map), memory_order_acquire);
	u64 prod = atomic_load_explicit(ring_producer(map), memory_order_acquire);

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return prod - cons;
	case BPF_RB_RING_SIZE:
		return map->geo.words[RING_MASK] + 1;
	case BPF_RB_CONS_POS:
		return cons;
	case BPF_RB_PROD_POS:
		return prod;
	default:
		return 0;
	}
}

int skep__ringbuf_reap(struct map *map)
{
	struct ring_control *control = ring_control(map);
	u64 mask = map->geo.words[RING_MASK], prod, pos;
	int reaped = 0, err = skep__lock(&control->lock);

	if (err)
		return err;
	prod = atomic_load_explicit(ring_producer(map), memory_order_relaxed);
	pos = skip_finished(map, control->pending, prod);
	while (pos != prod && prod - pos <= mask + 1) {
		u64 word = atomic_load_explicit(ring_header(map, pos), memory_order_acquire);

		reaped += reap_one(map, pos);
		pos += ring_record_bytes(ring_header_of(word).len);
	}
	control->pending = skip_finished(map, control->pending, prod);
	skep__unlock(&control->lock);
	/* Even without a busy record: the dead one may have submitted and not come to wake anybody.
	 */
	if (atomic_load(&control->watchers))
		wake(map);
	return reaped;
}

const struct map_ops skep__ringbuf_map_ops = {
	.check = skep__ring_check,
	.layout = skep__ring_layout,
	.init = skep__ring_init,
	.sys_lookup = skep__ring_no_lookup,
	.sys_update = skep__ring_no_update,
	.sys_remove = skep__ring_no_remove,
	.sys_next_key = skep__ring_no_next_key,
	.mmap_bytes = skep__ring_mmap_bytes,
};
