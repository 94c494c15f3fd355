/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_USER_RINGBUF: user space produces, programs drain. Producers are not trusted: a
 * header is read once, and its sample must lie between the two positions and within the ring. One
 * run drains at a time; the others get -EBUSY at once, as in the kernel.
 */
#include "map/user_ringbuf.h"

#include "map/ring.h"

#define DYNPTR_MAX_SIZE ((1u << 24) - 1)

int skep__user_ringbuf_begin(struct map *map)
{
	return skep__trylock(&ring_control(map)->lock);
}

int skep__user_ringbuf_peek(struct map *map, void **sample, u32 *size)
{
	u64 prod = atomic_load_explicit(ring_producer(map), memory_order_acquire);
	u64 cons = atomic_load_explicit(ring_consumer(map), memory_order_acquire);

	if (prod % 8)
		return -EINVAL;
	if (cons >= prod)
		return -ENODATA;
	u64 word = atomic_load_explicit(ring_header(map, cons), memory_order_acquire);
	u32 len = ring_header_of(word).len;
	u32 data = len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

	if (ring_record_bytes(len) > prod - cons)
		return -EINVAL;
	if (ring_record_bytes(len) > map->geo.words[RING_MASK] + 1 || data > DYNPTR_MAX_SIZE)
		return -E2BIG;
	if (len & BPF_RINGBUF_DISCARD_BIT) {
		atomic_store_explicit(ring_consumer(map), cons + ring_record_bytes(len),
				      memory_order_release);
		return -EAGAIN;
	}
	if (len & BPF_RINGBUF_BUSY_BIT)
		return -ENODATA;
	/* Behind a header in the last 8 bytes comes the beginning: that is where libbpf writes it. */
	*sample = (u8 *)ring_header(map, cons + BPF_RINGBUF_HDR_SZ);
	*size = data;
	return 0;
}

void skep__user_ringbuf_release(struct map *map, u32 size)
{
	u64 cons = atomic_load_explicit(ring_consumer(map), memory_order_relaxed);

	atomic_store_explicit(ring_consumer(map), cons + ring_record_bytes(size),
			      memory_order_release);
}

void skep__user_ringbuf_end(struct map *map, u64 samples, u64 flags)
{
	bool wake = flags & BPF_RB_FORCE_WAKEUP || (samples && !(flags & BPF_RB_NO_WAKEUP));

	skep__unlock(&ring_control(map)->lock);
	if (wake && map->svc && map->svc->wake)
		map->svc->wake(map->svc->opaque, map, 0);
}

const struct map_ops skep__user_ringbuf_map_ops = {
	.check = skep__ring_check,
	.layout = skep__ring_layout,
	.init = skep__ring_init,
	.sys_lookup = skep__ring_no_lookup,
	.sys_update = skep__ring_no_update,
	.sys_remove = skep__ring_no_remove,
	.sys_next_key = skep__ring_no_next_key,
	.mmap_bytes = skep__ring_mmap_bytes,
};
