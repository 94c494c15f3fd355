/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing packet bytes: skb_load_bytes, _relative, skb_store_bytes, skb_pull_data. */
#include <string.h>

#include "helper/net/skb.h"

DEFINE_HELPER(skb_load_bytes)
{
	struct skb_ctx *skb = arg_skb(r1);
	u32 offset = (u32)r2, len = (u32)r4;
	void *to = arg_ptr(r3);

	if (offset <= INT32_MAX && skep__packet_read(&skb->pkt, offset, to, len))
		return 0;
	memset(to, 0, len);
	return result(-EFAULT);
}

/* A dissector of flows in a test run sees a flat buffer with no packet behind it. */
DEFINE_HELPER(flow_load_bytes)
{
	memset(arg_ptr(r3), 0, (u32)r4);
	return result(-EFAULT);
}

/* From a header on, in the linear part only. */
DEFINE_HELPER(skb_load_bytes_relative)
{
	struct skb_ctx *skb = arg_skb(r1);
	u32 offset = (u32)r2, len = (u32)r4, from = (u32)r5;
	void *to = arg_ptr(r3);
	const u8 *start = from == BPF_HDR_START_MAC   ? skb->mac_header
			  : from == BPF_HDR_START_NET ? skb->network_header
						      : NULL;

	if (start && offset <= 0xffff && (s64)offset + len <= skb->pkt.data_end - start) {
		memcpy(to, start + offset, len);
		return 0;
	}
	memset(to, 0, len);
	return result(-EFAULT);
}

DEFINE_HELPER(skb_store_bytes)
{
	struct skb_ctx *skb = arg_skb(r1);
	u32 offset = (u32)r2, len = (u32)r4;
	const void *from = arg_ptr(r3);
	u64 flags = r5;
	u8 *at;

	if (flags & ~(u64)(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return skb_moved(run, skb, -EINVAL);
	if (offset > INT32_MAX || skep__skb_pull_to(skb, (u64)offset + len))
		return skb_moved(run, skb, -EFAULT);
	at = skb->pkt.data + offset;
	if (flags & BPF_F_RECOMPUTE_CSUM)
		skep__skb_csum_out(skb, at, len, offset);
	memcpy(at, from, len);
	if (flags & BPF_F_RECOMPUTE_CSUM)
		skep__skb_csum_in(skb, at, len, offset);
	if (flags & BPF_F_INVALIDATE_HASH)
		skb_clear_hash(skb);
	return skb_moved(run, skb, 0);
}

/* Makes the first len bytes (0: what is linear already) readable and writable in place. */
DEFINE_HELPER(skb_pull_data)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, skep__skb_pull_to(skb, (u32)r2));
}
