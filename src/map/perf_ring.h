/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring that perf_event_open(2)'s fd shows through mmap: a page with struct
 * perf_event_mmap_page, then 2^n data pages, filled as bpf_perf_event_output fills it, so that
 * unmodified consumers (libbpf's perf_buffer) read it. The memory is a memfd's; everything in it
 * may be written by the client, so the writer keeps to the geometry it was opened with and masks
 * every position.
 *
 * One writer at a time: the run that owns the event's CPU slot. What interrupts it (a signal
 * handler's run on the same slot) finds the ring busy and counts its record as lost.
 */
#ifndef SKEP_MAP_PERF_RING_H
#define SKEP_MAP_PERF_RING_H

#include "map/map.h"

/* Local view of an event's ring; the caller keeps mem mapped while it is in use. */
struct perf_ring {
	u8 *mem; /* page 0 is the header */
	u64 data_offset; /* the page size */
	u64 data_size; /* power of two, multiple of the page size */
};

/* What one event is, as far as output needs it: perf_event_attr's fields and where its ring is. */
struct perf_event {
	u32 id; /* the world's, in perf_event_array slots */
	u32 type; /* PERF_TYPE_* */
	u64 config;
	u64 sample_type; /* PERF_SAMPLE_*; output writes those that skep__perf_ring_check accepts */
	u32 cpu;
	u32 wakeup_events; /* wake the consumer every so many records; 0: */
	u32 wakeup_watermark; /* every so many bytes; 0: half the ring */
	bool sample_id_all;
	bool is_disabled; /* by its attr, or ioctl */
	bool has_ring; /* false until somebody mmapped it */
	struct perf_ring ring;
};

/* Bytes of a piece of a record. */
struct perf_frag {
	const void *data;
	u32 size;
};

/* File size of a ring with that many data bytes; 0 when data_size is not 2^n pages. */
u64 skep__perf_ring_bytes(u64 data_size);

/* Writes the header page of a fresh (zeroed) ring. */
void skep__perf_ring_init(struct perf_ring *ring, u8 *mem, u64 data_size);

/* 0 when output can make samples of that type, else -EINVAL. */
int skep__perf_ring_check(u64 sample_type);

/*
 * Appends a PERF_RECORD_SAMPLE with the pieces as raw data (before it a PERF_RECORD_LOST when
 * records were lost). 0 and *wake (shall the consumer be woken?), -ENOSPC when there is no room or
 * no ring.
 */
int skep__perf_ring_output(const struct perf_event *event, const struct services *svc,
			   const struct perf_frag *frags, u32 nr_frags, bool *wake);

/*
 * bpf_perf_event_output: flags' low 32 bits choose the slot (BPF_F_CURRENT_CPU: the run's). 0,
 * -EINVAL (other flags, not a BPF output event), -E2BIG, -ENOENT (empty slot), -EOPNOTSUPP (another
 * CPU's event, or a disabled one), -ENOSPC. Wakes through svc->wake(map, index).
 */
int skep__perf_event_output(struct map *map, u32 cpu, u64 flags, const struct perf_frag *frags,
			    u32 nr_frags);

#endif
