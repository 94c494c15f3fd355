/* SPDX-License-Identifier: BSD-2-Clause */
/* Longer and shorter packets at either end: skb_change_head, skb_change_tail. New bytes are zero.
 */
#include <string.h>

#include "helper/net/skb.h"

static int change_head(struct skb_ctx *skb, u32 bytes, u64 flags)
{
	u32 len = skb_len(skb), new_len = len + bytes;
	int err;

	if (flags || new_len < len || (!skb_is_gso(skb) && new_len > SKB_MAX_LEN))
		return -EINVAL;
	err = skep__skb_need_head(skb, bytes);
	if (err)
		return err;
	skep__skb_push(skb, bytes);
	memset(skb->pkt.data, 0, bytes);
	skb->mac_header = skb->pkt.data;
	skb_note_mac_len(skb);
	return 0;
}

DEFINE_HELPER(skb_change_head)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, change_head(skb, (u32)r2, r3));
}

/* What a packet cannot be cut below: its headers, as far as they are known. */
static u32 min_len(const struct skb_ctx *skb)
{
	s64 network = skb_network_offset(skb), transport = 0;

	if (skb->transport_header)
		transport = skb->transport_header - skb->pkt.data;
	return transport > 0 ? transport : max(network, (s64)0);
}

static int grow_tail(struct skb_ctx *skb, u32 bytes)
{
	int err = skep__skb_need_tail(skb, bytes);

	if (err)
		return err;
	memset(skb->pkt.data_end, 0, bytes);
	skb->pkt.data_end += bytes;
	return 0;
}

static int change_tail(struct skb_ctx *skb, u32 new_len, u64 flags)
{
	u32 len = skb_len(skb);
	int err;

	if (flags || new_len > SKB_MAX_LEN || new_len < min_len(skb))
		return -EINVAL;
	if (skb->encapsulation)
		return -ENOTSUPP;
	err = skep__skb_pull_to(skb, len);
	if (err)
		return err;
	if (new_len > len)
		err = grow_tail(skb, new_len - len);
	else
		skb->pkt.data_end = skb->pkt.data + new_len;
	if (err)
		return err;
	if (new_len != len && skb->ip_summed == CSUM_COMPLETE)
		skb->ip_summed = CSUM_NONE;
	skb->md.gso_size = skb->md.gso_segs = 0;
	return 0;
}

DEFINE_HELPER(skb_change_tail)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, change_tail(skb, (u32)r2, r3));
}
