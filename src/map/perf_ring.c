/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing perf rings: records are laid out field by field at the head, wrap at the end of the data,
 * and become visible by one store of data_head; a writer that dies before it has written nothing.
 * What skep keeps for itself stands in the header page's unused half.
 */
#include "map/perf_ring.h"

#include <linux/perf_event.h>
#include <string.h>
#include <unistd.h>

#include "map/fd_array.h"
#include "map/lock.h"

#define SAMPLE_TYPES                                                                               \
	((u64)(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME |      \
	       PERF_SAMPLE_ADDR | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID | PERF_SAMPLE_CPU |       \
	       PERF_SAMPLE_PERIOD | PERF_SAMPLE_RAW))
#define RECORD_MAX UINT16_MAX /* the header's size field */
#define PRIVATE_AT 2048

struct perf_private {
	struct map_lock lock;
	_Atomic u64 lost; /* records since the last PERF_RECORD_LOST */
	u32 unwoken; /* records since the consumer was woken */
};
static_assert(sizeof(struct perf_event_mmap_page) <= PRIVATE_AT, "the kernel's part");

static struct perf_event_mmap_page *page_of(const struct perf_ring *ring)
{
	return (struct perf_event_mmap_page *)ring->mem;
}

static struct perf_private *private_of(const struct perf_ring *ring)
{
	return (struct perf_private *)(ring->mem + PRIVATE_AT);
}

u64 skep__perf_ring_bytes(u64 data_size)
{
	u64 page = sysconf(_SC_PAGESIZE);

	if (data_size < page || data_size & (data_size - 1) || data_size > 1ull << 40)
		return 0;
	return page + data_size;
}

void skep__perf_ring_init(struct perf_ring *ring, u8 *mem, u64 data_size)
{
	struct perf_event_mmap_page *page = (struct perf_event_mmap_page *)mem;

	*ring = (struct perf_ring){ .mem = mem,
				    .data_offset = sysconf(_SC_PAGESIZE),
				    .data_size = data_size };
	page->data_offset = ring->data_offset;
	page->data_size = data_size;
	page->size = offsetof(struct perf_event_mmap_page, __reserved);
}

int skep__perf_ring_check(u64 sample_type)
{
	return sample_type & ~SAMPLE_TYPES ? -EINVAL : 0;
}

/* Where the next byte of a record goes. */
struct pen {
	const struct perf_ring *ring;
	u64 at;
};

static void put(struct pen *pen, const void *data, u64 size)
{
	u8 *base = pen->ring->mem + pen->ring->data_offset;
	u64 start = pen->at & (pen->ring->data_size - 1);
	u64 first = min(size, pen->ring->data_size - start);

	memcpy(base + start, data, first);
	memcpy(base, (const u8 *)data + first, size - first);
	pen->at += size;
}

static void put_u64(struct pen *pen, u64 value)
{
	put(pen, &value, sizeof(value));
}

static void put_pair(struct pen *pen, u32 first, u32 second)
{
	put_u64(pen, (u64)second << 32 | first);
}

static void put_header(struct pen *pen, u32 type, u16 misc, u16 size)
{
	struct perf_event_header header = { .type = type, .misc = misc, .size = size };

	put(pen, &header, sizeof(header));
}

/* The fields that say where a record comes from. */
struct origin {
	u64 time;
	struct task task;
};

static struct origin origin_of(const struct perf_event *event, const struct services *svc)
{
	struct origin origin = { 0 };

	if (event->sample_type & PERF_SAMPLE_TIME)
		origin.time = svc->clock_ns(svc->opaque, CLOCK_MONOTONIC);
	if (event->sample_type & PERF_SAMPLE_TID)
		svc->current_task(svc, &origin.task);
	return origin;
}

#define ID_FIELDS                                                                                  \
	((u64)(PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ID | PERF_SAMPLE_STREAM_ID |       \
	       PERF_SAMPLE_CPU | PERF_SAMPLE_IDENTIFIER))

static u32 lost_bytes(const struct perf_event *event)
{
	u32 size = sizeof(struct perf_event_header) + 2 * sizeof(u64);

	if (event->sample_id_all)
		size += 8 * __builtin_popcountll(event->sample_type & ID_FIELDS);
	return size;
}

static void put_lost(struct pen *pen, const struct perf_event *event, const struct origin *origin,
		     u64 lost)
{
	u64 fields = event->sample_id_all ? event->sample_type : 0;

	put_header(pen, PERF_RECORD_LOST, 0, lost_bytes(event));
	put_u64(pen, event->id);
	put_u64(pen, lost);
	if (fields & PERF_SAMPLE_TID)
		put_pair(pen, origin->task.tgid, origin->task.pid);
	if (fields & PERF_SAMPLE_TIME)
		put_u64(pen, origin->time);
	if (fields & PERF_SAMPLE_ID)
		put_u64(pen, event->id);
	if (fields & PERF_SAMPLE_STREAM_ID)
		put_u64(pen, event->id);
	if (fields & PERF_SAMPLE_CPU)
		put_pair(pen, event->cpu, 0);
	if (fields & PERF_SAMPLE_IDENTIFIER)
		put_u64(pen, event->id);
}

/* Bytes of the raw part after its length: the pieces, padded so that the record ends on 8 bytes. */
static u64 raw_bytes(const struct perf_frag *frags, u32 nr)
{
	u64 size = sizeof(u32);

	for (u32 i = 0; i < nr; i++)
		size += frags[i].size;
	return round_up(size, 8) - sizeof(u32);
}

static u64 sample_bytes(const struct perf_event *event, u64 raw)
{
	u64 size = sizeof(struct perf_event_header);

	size += 8 * __builtin_popcountll(event->sample_type & ~(u64)PERF_SAMPLE_RAW);
	return event->sample_type & PERF_SAMPLE_RAW ? size + sizeof(u32) + raw : size;
}

static void put_raw(struct pen *pen, const struct perf_frag *frags, u32 nr, u32 raw)
{
	static const u8 zeroes[8];
	u64 end = pen->at + sizeof(raw) + raw;

	put(pen, &raw, sizeof(raw));
	for (u32 i = 0; i < nr; i++)
		put(pen, frags[i].data, frags[i].size);
	put(pen, zeroes, end - pen->at);
}

static void put_sample(struct pen *pen, const struct perf_event *event, const struct origin *origin,
		       const struct perf_frag *frags, u32 nr)
{
	u64 fields = event->sample_type, raw = raw_bytes(frags, nr);

	put_header(pen, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER, sample_bytes(event, raw));
	if (fields & PERF_SAMPLE_IDENTIFIER)
		put_u64(pen, event->id);
	if (fields & PERF_SAMPLE_IP)
		put_u64(pen, 0);
	if (fields & PERF_SAMPLE_TID)
		put_pair(pen, origin->task.tgid, origin->task.pid);
	if (fields & PERF_SAMPLE_TIME)
		put_u64(pen, origin->time);
	if (fields & PERF_SAMPLE_ADDR)
		put_u64(pen, 0);
	if (fields & PERF_SAMPLE_ID)
		put_u64(pen, event->id);
	if (fields & PERF_SAMPLE_STREAM_ID)
		put_u64(pen, event->id);
	if (fields & PERF_SAMPLE_CPU)
		put_pair(pen, event->cpu, 0);
	if (fields & PERF_SAMPLE_PERIOD)
		put_u64(pen, 0); /* as bpf_perf_event_output's samples have it */
	if (fields & PERF_SAMPLE_RAW)
		put_raw(pen, frags, nr, raw);
}

/* Every wakeup_events records; or when another wakeup_watermark bytes (or half the ring) are full.
 */
static bool shall_wake(const struct perf_event *event, struct perf_private *private, u64 from,
		       u64 to)
{
	u64 mark = event->wakeup_watermark ? event->wakeup_watermark : event->ring.data_size / 2;

	if (!event->wakeup_events)
		return from / mark != to / mark;
	if (++private->unwoken < event->wakeup_events)
		return false;
	private->unwoken = 0;
	return true;
}

static int output_locked(const struct perf_event *event, const struct services *svc,
			 const struct perf_frag *frags, u32 nr, bool *wake)
{
	const struct perf_ring *ring = &event->ring;
	struct perf_event_mmap_page *page = page_of(ring);
	struct perf_private *private = private_of(ring);
	u64 head = __atomic_load_n(&page->data_head, __ATOMIC_RELAXED);
	u64 tail = __atomic_load_n(&page->data_tail, __ATOMIC_ACQUIRE);
	u64 lost = atomic_load_explicit(&private->lost, memory_order_relaxed);
	u64 size = sample_bytes(event, raw_bytes(frags, nr)) + (lost ? lost_bytes(event) : 0);
	struct pen pen = { .ring = ring, .at = head };

	if (size > ((tail - head - 1) & (ring->data_size - 1)))
		return -ENOSPC;
	struct origin origin = origin_of(event, svc);

	if (lost)
		put_lost(&pen, event, &origin, lost);
	put_sample(&pen, event, &origin, frags, nr);
	__atomic_store_n(&page->data_head, pen.at, __ATOMIC_RELEASE);
	if (lost)
		atomic_fetch_sub_explicit(&private->lost, lost, memory_order_relaxed);
	*wake = shall_wake(event, private, head, pen.at);
	return 0;
}

int skep__perf_ring_output(const struct perf_event *event, const struct services *svc,
			   const struct perf_frag *frags, u32 nr, bool *wake)
{
	struct perf_private *private;
	int err = -ENOSPC;

	*wake = false;
	if (!event->has_ring)
		return -ENOSPC;
	if (sample_bytes(event, raw_bytes(frags, nr)) > RECORD_MAX)
		return -E2BIG;
	private = private_of(&event->ring);
	if (!skep__trylock(&private->lock)) {
		err = output_locked(event, svc, frags, nr, wake);
		skep__unlock(&private->lock);
	}
	if (err)
		atomic_fetch_add_explicit(&private->lost, 1, memory_order_relaxed);
	return err;
}

int skep__perf_event_output(struct map *map, u32 cpu, u64 flags, const struct perf_frag *frags,
			    u32 nr)
{
	const struct services *svc = map->svc;
	const struct perf_event *event = NULL;
	u64 index = flags & BPF_F_INDEX_MASK;
	bool wake;
	u32 id;
	int err;

	if (unlikely(flags & ~(u64)BPF_F_INDEX_MASK))
		return -EINVAL;
	if (index == BPF_F_CURRENT_CPU)
		index = cpu;
	if (unlikely(index >= map->def.max_entries))
		return -E2BIG;
	id = skep__fd_array_id(map, index);
	if (id && svc && svc->event_by_id)
		event = svc->event_by_id(svc->opaque, id);
	if (!event)
		return -ENOENT;
	if (event->type != PERF_TYPE_SOFTWARE || event->config != PERF_COUNT_SW_BPF_OUTPUT)
		return -EINVAL;
	if (event->cpu != cpu || event->is_disabled)
		return -EOPNOTSUPP;
	err = skep__perf_ring_output(event, svc, frags, nr, &wake);
	if (wake && svc->wake)
		svc->wake(svc->opaque, map, index);
	return err;
}
