/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of ringbuf and user_ringbuf: the layout that the kernel's two ring maps show to mmap(2).
 *
 *	consumer's page | producer's page | data: N bytes | N bytes more | control
 *
 * The kernel maps the data pages twice, so that a record that wraps can be read in one piece. Here
 * the second N bytes are memory of their own: every record starts in the first N bytes and runs on
 * past them, and both sides compute its address the same way, so nobody can tell. Only `control`
 * is skep's own.
 */
#ifndef SKEP_MAP_RING_H
#define SKEP_MAP_RING_H

#include "map/lock.h"
#include "map/map.h"

#define RING_MAX_RECORD (UINT32_MAX / 4)

struct ring_control {
	struct map_lock lock; /* producers of a ringbuf; the drain of a user_ringbuf */
	_Atomic u32 watchers; /* those who wait to be woken */
	u32 refused; /* reservations refused for want of room (lock's owner, like the rest) */
	u64 pending; /* no record before this position is busy */
	u64 consumed; /* the consumer was at least there: spares its cache line */
};

/* Both words of a record's header, moved as one. While BUSY, `page` is the producer's thread id. */
struct ring_header {
	u32 len; /* of the data, and BPF_RINGBUF_BUSY_BIT, _DISCARD_BIT */
	u32 page; /* the kernel's: how many pages after the ring's start the record is */
};

enum { RING_PAGE, RING_MASK }; /* words of struct map_geo: page size; N - 1 */

static inline struct ring_control *ring_control(const struct map *map)
{
	return (struct ring_control *)(map->mem + map->geo.control);
}

static inline _Atomic u64 *ring_consumer(const struct map *map)
{
	return (_Atomic u64 *)map->mem;
}

static inline _Atomic u64 *ring_producer(const struct map *map)
{
	return (_Atomic u64 *)(map->mem + map->geo.words[RING_PAGE]);
}

/* Offset in the map of the record at a position; whatever the position, the header is inside the
 * data. */
static inline u64 ring_offset(const struct map *map, u64 pos)
{
	return 2 * map->geo.words[RING_PAGE] + (pos & map->geo.words[RING_MASK] & ~7ull);
}

static inline _Atomic u64 *ring_header(const struct map *map, u64 pos)
{
	return (_Atomic u64 *)(map->mem + ring_offset(map, pos));
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "len is the low half of the word");

static inline u64 ring_header_word(u32 len, u32 page)
{
	return (u64)page << 32 | len;
}

static inline struct ring_header ring_header_of(u64 word)
{
	return (struct ring_header){ .len = word, .page = word >> 32 };
}

/* Bytes from a record's header to the next one's. */
static inline u64 ring_record_bytes(u32 len)
{
	len &= ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	return round_up((u64)len + BPF_RINGBUF_HDR_SZ, 8);
}

/* ring.c: the vtable entries that both types have in common. */
int skep__ring_check(struct map_def *def);
u64 skep__ring_layout(const struct map_def *def, struct map *map);
int skep__ring_init(struct map *map);
u64 skep__ring_mmap_bytes(const struct map *map);
int skep__ring_no_lookup(struct map *map, const void *key, void *value, u64 flags);
int skep__ring_no_update(struct map *map, const void *key, const void *value, u64 flags);
int skep__ring_no_remove(struct map *map, const void *key);
int skep__ring_no_next_key(struct map *map, const void *key, void *next);

#endif
