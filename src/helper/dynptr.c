/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynptrs over map values, ring buffer records and samples of user ring buffers. Whoever made the
 * call has seen to it that the dynptr argument is one (checked mode and the verifier do); a dynptr
 * whose making failed is there all the same, and has no data.
 */
#include <string.h>

#include "helper/arg.h"
#include "helper/dynptr.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"

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

/* The bytes [offset, offset + len) of it, or NULL when they are not all there. */
static u8 *part(const struct dynptr *ptr, u32 offset, u32 len)
{
	u32 size = dynptr_size(ptr);

	return len > size || offset > size - len ? NULL : ptr->data + ptr->offset + offset;
}

/* Source and destination may overlap: two dynptrs may be made over one map value. */
DEFINE_HELPER(dynptr_read)
{
	const struct dynptr *ptr = arg_ptr(r3);

	if (!ptr->data || r5)
		return result(-EINVAL);
	const u8 *from = part(ptr, (u32)r4, (u32)r2);
	if (!from)
		return result(-E2BIG);
	memmove(arg_ptr(r1), from, (u32)r2);
	return 0;
}

DEFINE_HELPER(dynptr_write)
{
	const struct dynptr *ptr = arg_ptr(r1);

	if (!ptr->data || ptr->size & DYNPTR_RDONLY)
		return result(-EINVAL);
	u8 *to = part(ptr, (u32)r2, (u32)r4);
	if (!to)
		return result(-E2BIG);
	if (r5)
		return result(-EINVAL);
	memmove(to, arg_ptr(r3), (u32)r4);
	return 0;
}

DEFINE_HELPER(dynptr_data)
{
	const struct dynptr *ptr = arg_ptr(r1);

	if (!ptr->data || ptr->size & DYNPTR_RDONLY)
		return 0;
	return result_ptr(part(ptr, (u32)r2, (u32)r3));
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
