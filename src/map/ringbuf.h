/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What programs do with a ring buffer: reserve, submit, discard, output, query, with the meaning of
 * the kernel's helpers of these names. A run remembers the records it has reserved in its own
 * memory (struct ringbuf_held), so that giving one up trusts nothing that another process can
 * write, and so that a run that was stopped leaves no record behind that would block the ring.
 */
#ifndef SKEP_MAP_RINGBUF_H
#define SKEP_MAP_RINGBUF_H

#include "map/map.h"

/* Records that one run may hold at a time; one more is refused as a full ring would refuse it. */
#define RINGBUF_MAX_HELD 8

struct ringbuf_rec {
	struct map *map;
	u64 pos; /* of the header, as the producer counts */
	u32 size; /* what the program asked for */
	u8 *data; /* what the program was given */
};

/* A run starts with nr == 0; the rest needs no initialisation. */
struct ringbuf_held {
	u32 nr;
	struct ringbuf_rec recs[RINGBUF_MAX_HELD];
};

/* All data plane. NULL: too large, no room, RINGBUF_MAX_HELD reached, or the ring's lock is stuck.
 */
void *skep__ringbuf_reserve(struct map *map, u64 size, struct ringbuf_held *held);

/* -EINVAL when sample is not a record that the run holds; flags as the helper's. */
int skep__ringbuf_submit(struct ringbuf_held *held, void *sample, u64 flags);
int skep__ringbuf_discard(struct ringbuf_held *held, void *sample, u64 flags);

/* The record that a pointer points to the start of, or NULL. */
const struct ringbuf_rec *skep__ringbuf_find(const struct ringbuf_held *held, const void *sample);

/* Discards whatever the run still holds: for runs that were stopped. */
void skep__ringbuf_abandon(struct ringbuf_held *held);

/* bpf_ringbuf_output: 0, -EINVAL (flags), -EAGAIN (no room). */
int skep__ringbuf_output(struct map *map, const void *data, u64 size, u64 flags);

/* bpf_ringbuf_query: BPF_RB_AVAIL_DATA, _RING_SIZE, _CONS_POS, _PROD_POS; else 0. */
u64 skep__ringbuf_query(const struct map *map, u64 what);

/*
 * Turns records whose producer died before submitting them into discarded ones, as far as the
 * consumer waits for them. reserve does it when the ring is full; the world does it when a process
 * has died. Returns how many there were, or -EBUSY.
 */
int skep__ringbuf_reap(struct map *map);

/*
 * How many consumers wait to be woken. A submit looks whether the consumer has caught up (which
 * costs a full memory barrier) only while there are any; a consumer that has just begun to wait
 * must look once itself. User ring buffers: the producers that wait for room.
 */
void skep__ringbuf_watch(struct map *map, int more);

#endif
