/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel functions on dynptrs. Answers are those of kernel/bpf/helpers.c and trace/bpf_trace.c.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/arg.h"
#include "helper/dynptr.h"
#include "helper/net/skb.h"

#define CHUNK 256

/* ---- made over packets ----------------------------------------------------------------------- */

static s64 make(struct dynptr *ptr, void *data, u32 kind, u32 size, u64 flags)
{
	*ptr = flags ? (struct dynptr){ 0 } : dynptr_of(data, kind, size);
	return flags ? -EINVAL : 0;
}

DEFINE_KFUNC(dynptr_from_skb)
{
	return result_int(make(arg_ptr(r3), arg_skb(r1), DYNPTR_SKB, skb_len(arg_skb(r1)), r2));
}

DEFINE_KFUNC(dynptr_from_skb_rdonly)
{
	struct dynptr *ptr = arg_ptr(r3);
	s64 err = make(ptr, arg_skb(r1), DYNPTR_SKB, skb_len(arg_skb(r1)), r2);

	if (!err)
		ptr->size |= DYNPTR_RDONLY;
	return result_int(err);
}

DEFINE_KFUNC(dynptr_from_skb_meta)
{
	u32 size = skb_meta_len(arg_skb(r1));

	return result_int(make(arg_ptr(r3), arg_skb(r1), DYNPTR_SKB_META, size, r2));
}

DEFINE_KFUNC(dynptr_from_xdp)
{
	struct xdp_ctx *xdp = arg_ptr(r1);

	return result_int(make(arg_ptr(r3), xdp, DYNPTR_XDP, skep__packet_len(&xdp->pkt), r2));
}

/* ---- the window ------------------------------------------------------------------------------ */

DEFINE_KFUNC(dynptr_adjust)
{
	struct dynptr *ptr = arg_ptr(r1);
	u32 start = (u32)r2, end = (u32)r3, size = dynptr_size(ptr);

	if (!ptr->data || start > end)
		return result_int(-EINVAL);
	if (start > size || end > size)
		return result_int(-ERANGE);
	ptr->offset += start;
	ptr->size = (ptr->size & ~DYNPTR_MAX_SIZE) | (end - start);
	return 0;
}

DEFINE_KFUNC(dynptr_is_null)
{
	return !((const struct dynptr *)arg_ptr(r1))->data;
}

DEFINE_KFUNC(dynptr_is_rdonly)
{
	const struct dynptr *ptr = arg_ptr(r1);

	return ptr->data && ptr->size & DYNPTR_RDONLY;
}

DEFINE_KFUNC(dynptr_size)
{
	const struct dynptr *ptr = arg_ptr(r1);

	return ptr->data ? dynptr_size(ptr) : (u32)-EINVAL;
}

DEFINE_KFUNC(dynptr_clone)
{
	const struct dynptr *ptr = arg_ptr(r1);
	struct dynptr *clone = arg_ptr(r2);

	*clone = ptr->data ? *ptr : (struct dynptr){ 0 };
	return result_int(ptr->data ? 0 : -EINVAL);
}

/* ---- the bytes ------------------------------------------------------------------------------- */

DEFINE_KFUNC(dynptr_slice)
{
	return result_ptr(skep__dynptr_slice(arg_ptr(r1), (u32)r2, arg_ptr(r3), (u32)r4));
}

static void *writable_slice(const struct dynptr *ptr, u32 off, void *buf, u32 len)
{
	return ptr->size & DYNPTR_RDONLY ? NULL : skep__dynptr_slice(ptr, off, buf, len);
}

DEFINE_KFUNC(dynptr_slice_rdwr)
{
	return result_ptr(writable_slice(arg_ptr(r1), (u32)r2, arg_ptr(r3), (u32)r4));
}

/* Neither side is in one piece: by way of a buffer. */
static s64 copy_in_chunks(const struct dynptr *dst, u32 dst_off, const struct dynptr *src,
			  u32 src_off, u32 size, struct run *run)
{
	u8 buf[CHUNK];
	s64 err = 0;

	if (!dynptr_has(dst, dst_off, size) || !dynptr_has(src, src_off, size))
		return -E2BIG;
	for (u32 off = 0; off < size && !err; off += CHUNK) {
		u32 n = min(size - off, (u32)CHUNK);

		err = skep__dynptr_read(src, src_off + off, buf, n, 0, run);
		if (!err)
			err = skep__dynptr_write(dst, dst_off + off, buf, n, 0, run);
	}
	return err;
}

DEFINE_KFUNC(dynptr_copy)
{
	const struct dynptr *dst = arg_ptr(r1), *src = arg_ptr(r3);
	u32 dst_off = (u32)r2, src_off = (u32)r4, size = (u32)r5;
	const void *from = skep__dynptr_slice(src, src_off, NULL, size);
	void *to = writable_slice(dst, dst_off, NULL, size);

	if (from && to) {
		memmove(to, from, size);
		return 0;
	}
	if (from)
		return result_int(skep__dynptr_write(dst, dst_off, from, size, 0, run));
	if (to)
		return result_int(skep__dynptr_read(src, src_off, to, size, 0, run));
	return result_int(copy_in_chunks(dst, dst_off, src, src_off, size, run));
}

DEFINE_KFUNC(dynptr_memset)
{
	const struct dynptr *ptr = arg_ptr(r1);
	u32 off = (u32)r2, size = (u32)r3;
	void *slice = writable_slice(ptr, off, NULL, size);
	u8 buf[CHUNK];
	s64 err = 0;

	if (slice) {
		memset(slice, (u8)r4, size);
		return 0;
	}
	if (ptr->size & DYNPTR_RDONLY)
		return result_int(-EINVAL);
	if (!dynptr_has(ptr, off, size))
		return result_int(-E2BIG);
	memset(buf, (u8)r4, sizeof(buf));
	for (u32 done = 0; done < size && !err; done += CHUNK)
		err = skep__dynptr_write(ptr, off + done, buf, min(size - done, (u32)CHUNK), 0,
					 run);
	return result_int(err);
}

/* ---- from memory that may not be there ------------------------------------------------------- */

/* 0, or -EFAULT. */
static s64 probe(struct dynptr *ptr, u32 off, u32 size, u64 src, u32 tid, struct run *run)
{
	void *slice = writable_slice(ptr, off, NULL, size);
	u8 buf[CHUNK];
	s64 err = 0;

	if (slice)
		return skep__probe_read_of(known_to(run), tid, slice, src, size);
	if (!dynptr_has(ptr, off, size))
		return -E2BIG;
	for (u32 done = 0; done < size && !err; done += CHUNK) {
		u32 n = min(size - done, (u32)CHUNK);

		err = skep__probe_read_of(known_to(run), tid, buf, src + done, n);
		if (!err)
			err = skep__dynptr_write(ptr, off + done, buf, n, 0, run);
	}
	return err;
}

/* How many bytes were copied, with the NUL that each chunk ends in and the next one overwrites. */
static s64 probe_text(struct dynptr *ptr, u32 off, u32 size, u64 src, u32 tid, struct run *run)
{
	void *slice = writable_slice(ptr, off, NULL, size);
	char buf[CHUNK];
	u32 done = 0;

	if (slice)
		return skep__probe_read_str_of(known_to(run), tid, slice, src, size);
	if (!dynptr_has(ptr, off, size))
		return -E2BIG;
	while (done < size) {
		u32 n = min(size - done, (u32)CHUNK);
		s64 count = skep__probe_read_str_of(known_to(run), tid, buf, src + done, n), err;

		if (count < 0)
			return count;
		err = skep__dynptr_write(ptr, off + done, buf, (u32)count, 0, run);
		if (err)
			return err;
		if (count < n || n == 1)
			return done + count;
		done += n - 1;
	}
	return done;
}

/* Whose memory: the thread that runs it, or 0 for the kernel's. */
#define DEFINE_PROBE(name, how, tid)                                                               \
	DEFINE_KFUNC(name)                                                                         \
	{                                                                                          \
		return result_int(how(arg_ptr(r1), (u32)r2, (u32)r3, r4, tid, run));               \
	}

/* clang-format off */
DEFINE_PROBE(probe_read_kernel_dynptr,     probe,      0)
DEFINE_PROBE(probe_read_user_dynptr,       probe,      run->svc->tid)
DEFINE_PROBE(copy_from_user_dynptr,        probe,      run->svc->tid)
DEFINE_PROBE(probe_read_kernel_str_dynptr, probe_text, 0)
DEFINE_PROBE(probe_read_user_str_dynptr,   probe_text, run->svc->tid)
DEFINE_PROBE(copy_from_user_str_dynptr,    probe_text, run->svc->tid)
/* clang-format on */
