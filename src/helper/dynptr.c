/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynptrs over map values, ring buffer records, samples of user ring buffers and packets. Whoever
 * made the call has seen to it that the dynptr argument is one (checked mode and the verifier do);
 * a dynptr whose making failed is there all the same, and has no data.
 */
#include "helper/dynptr.h"

#include <string.h>

#include "helper/arg.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"

/* ---- the bytes, by kind ---------------------------------------------------------------------- */

/* Source and destination may overlap: two dynptrs may be made over one map value. */
static s64 memory_read(void *data, u32 off, void *to, u32 len, struct run *run)
{
	(void)run;
	memmove(to, (u8 *)data + off, len);
	return 0;
}

static s64 memory_write(void *data, u32 off, const void *from, u32 len, u64 flags, struct run *run)
{
	(void)run;
	if (flags)
		return -EINVAL;
	memmove((u8 *)data + off, from, len);
	return 0;
}

static void *memory_slice(void *data, u32 off, void *buf, u32 len)
{
	(void)buf;
	(void)len;
	return (u8 *)data + off;
}

static const struct dynptr_ops memory = { memory_read, memory_write, memory_slice };

/* Of one that has data. */
static const struct dynptr_ops *ops_of(const struct dynptr *ptr)
{
	switch (dynptr_kind(ptr)) {
	case DYNPTR_SKB:
		return &skep__dynptr_skb;
	case DYNPTR_XDP:
		return &skep__dynptr_xdp;
	case DYNPTR_SKB_META:
		return &skep__dynptr_skb_meta;
	default:
		return &memory;
	}
}

s64 skep__dynptr_read(const struct dynptr *ptr, u32 off, void *to, u32 len, u64 flags,
		      struct run *run)
{
	if (!ptr->data || flags)
		return -EINVAL;
	if (!dynptr_has(ptr, off, len))
		return -E2BIG;
	return ops_of(ptr)->read(ptr->data, ptr->offset + off, to, len, run);
}

s64 skep__dynptr_write(const struct dynptr *ptr, u32 off, const void *from, u32 len, u64 flags,
		       struct run *run)
{
	if (!ptr->data || ptr->size & DYNPTR_RDONLY)
		return -EINVAL;
	if (!dynptr_has(ptr, off, len))
		return -E2BIG;
	return ops_of(ptr)->write(ptr->data, ptr->offset + off, from, len, flags, run);
}

void *skep__dynptr_slice(const struct dynptr *ptr, u32 off, void *buf, u32 len)
{
	if (!ptr->data || !dynptr_has(ptr, off, len))
		return NULL;
	return ops_of(ptr)->slice(ptr->data, ptr->offset + off, buf, len);
}

/* ---- helpers --------------------------------------------------------------------------------- */

static u64 make(struct dynptr *ptr, void *data, enum dynptr_kind kind, u32 size, int err)
{
	*ptr = err ? (struct dynptr){ 0 } : dynptr_of(data, kind, size);
	return result(err);
}

DEFINE_HELPER(dynptr_from_mem)
{
	u32 size = (u32)r2;
	int err = size > DYNPTR_MAX_SIZE ? -E2BIG : r3 ? -EINVAL : 0;

	return make(arg_ptr(r4), arg_ptr(r1), DYNPTR_LOCAL, size, err);
}

DEFINE_HELPER(dynptr_read)
{
	return result(skep__dynptr_read(arg_ptr(r3), (u32)r4, arg_ptr(r1), (u32)r2, r5, run));
}

DEFINE_HELPER(dynptr_write)
{
	return result(skep__dynptr_write(arg_ptr(r1), (u32)r2, arg_ptr(r3), (u32)r4, r5, run));
}

/* Packets have slices instead (bpf_dynptr_slice). */
DEFINE_HELPER(dynptr_data)
{
	const struct dynptr *ptr = arg_ptr(r1);

	if (ptr->size & DYNPTR_RDONLY || dynptr_kind(ptr) > DYNPTR_RINGBUF)
		return 0;
	return result_ptr(skep__dynptr_slice(ptr, (u32)r2, NULL, (u32)r3));
}

DEFINE_HELPER(ringbuf_reserve_dynptr)
{
	u32 size = (u32)r2;
	int err = r3 ? -EINVAL : size > DYNPTR_MAX_SIZE ? -E2BIG : 0;
	void *record = err ? NULL : skep__ringbuf_reserve(arg_map(r1), size, &run->records);

	return make(arg_ptr(r4), record, DYNPTR_RINGBUF, size, err ? err : record ? 0 : -EINVAL);
}

DEFINE_HELPER(ringbuf_submit_dynptr)
{
	struct dynptr *ptr = arg_ptr(r1);

	if (ptr->data)
		skep__ringbuf_submit(&run->records, ptr->data, r2);
	*ptr = (struct dynptr){ 0 };
	return 0;
}

DEFINE_HELPER(ringbuf_discard_dynptr)
{
	struct dynptr *ptr = arg_ptr(r1);

	if (ptr->data)
		skep__ringbuf_discard(&run->records, ptr->data, r2);
	*ptr = (struct dynptr){ 0 };
	return 0;
}

/* One sample for the callback: 0 to go on, 1 when it wants no more, or peek's errno. */
static long drain_one(struct run *run, struct map *map, u64 fn, u64 ctx)
{
	void *sample;
	u32 size;
	int err = skep__user_ringbuf_peek(map, &sample, &size);

	if (err)
		return err;
	struct dynptr ptr = dynptr_of(sample, DYNPTR_LOCAL, size);
	u64 enough = run->callback(run, fn, result_ptr(&ptr), ctx, 0, 0, 0);
	skep__user_ringbuf_release(map, size);
	return enough || run->aborted;
}

/* Returns how many samples were shown: those that their producer discarded are not. */
DEFINE_HELPER(user_ringbuf_drain)
{
	struct map *map = arg_map(r1);
	u64 passed = 0, discarded = 0;
	long ret = 0;

	if (r4 & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return result(-EINVAL);
	ret = skep__user_ringbuf_begin(map);
	if (ret)
		return result(ret);
	while (passed < USER_RINGBUF_MAX_SAMPLES && (!ret || ret == -EAGAIN)) {
		ret = drain_one(run, map, r2, r3);
		discarded += ret == -EAGAIN;
		passed += ret >= 0 || ret == -EAGAIN;
	}
	skep__user_ringbuf_end(map, passed, r4);
	return result(ret < 0 && ret != -ENODATA && ret != -EAGAIN ? ret
								   : (long)(passed - discarded));
}
