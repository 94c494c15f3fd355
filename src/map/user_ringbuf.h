/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draining a user ring buffer: user space produces, a program consumes. Everything in the ring is
 * the producer's word and is checked before use, with the kernel's errnos. A drain is
 *
 *	err = begin(map)
 *	at most USER_RINGBUF_MAX_SAMPLES times:
 *		peek(map, ...): 0: call back, release; -EAGAIN: next one; else stop
 *	end(map, samples, flags)
 */
#ifndef SKEP_MAP_USER_RINGBUF_H
#define SKEP_MAP_USER_RINGBUF_H

#include "map/map.h"

#define USER_RINGBUF_MAX_SAMPLES (128 * 1024) /* the kernel's bound for one drain */

/* 0, or -EBUSY while another run drains. The right to drain is taken over from a thread that died.
 */
int skep__user_ringbuf_begin(struct map *map);

/*
 * The sample at the consumer's position: 0 with *sample and *size (inside the map, whatever the
 * producer writes meanwhile), -ENODATA (none, or still being written), -EAGAIN (was discarded:
 * skipped), -EINVAL (unaligned or beyond the producer), -E2BIG (larger than the ring or than a
 * dynptr can hold).
 */
int skep__user_ringbuf_peek(struct map *map, void **sample, u32 *size);
void skep__user_ringbuf_release(struct map *map, u32 size); /* moves past the sample of that size */

/* Ends the drain; wakes producers when samples > 0 or as BPF_RB_{NO,FORCE}_WAKEUP say. */
void skep__user_ringbuf_end(struct map *map, u64 samples, u64 flags);

#endif
