/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Room inside a packet, behind its MAC or its network header: skb_change_proto (between IPv4 and
 * IPv6) and skb_adjust_room (tunnels). What stands before the room keeps its content and moves with
 * data.
 */
#include <stdlib.h>
#include <string.h>

#include "helper/net/skb.h"

static void move_headers(struct skb_ctx *skb, ptrdiff_t by)
{
	bool same = skb->transport_header == skb->network_header;

	skb->mac_header += by;
	skb->network_header += by;
	if (same)
		skb->transport_header = skb->network_header;
}

/* Opens bytes of zeroes at an offset. A packet shorter than that gets what lies behind it, as
 * there. */
static int open_room(struct skb_ctx *skb, u32 off, u32 bytes)
{
	int err = skep__skb_need_head(skb, bytes);

	if (!err && off > skb_linear(skb))
		err = skep__skb_need_tail(skb, off - skb_linear(skb));
	if (err)
		return err;
	skep__skb_push(skb, bytes);
	memmove(skb->pkt.data, skb->pkt.data + bytes, off);
	memset(skb->pkt.data + off, 0, bytes);
	move_headers(skb, -(ptrdiff_t)bytes);
	return 0;
}

static int close_room(struct skb_ctx *skb, u32 off, u32 bytes)
{
	u8 *data;

	if (skep__skb_pull_to(skb, (u64)off + bytes))
		return -ENOMEM;
	data = skb->pkt.data;
	skep__skb_csum_out(skb, data + off, bytes, 0);
	memmove(data + bytes, data, off);
	skep__skb_pull(skb, bytes);
	move_headers(skb, bytes);
	return 0;
}

static int change_proto(struct skb_ctx *skb, u16 proto)
{
	const u32 diff = IPV6_HEADER - IPV4_HEADER;
	u32 off = skb_mac_header_len(skb);
	int err;

	if (skb->protocol == PROTO_IPV4 && proto == PROTO_IPV6)
		err = open_room(skb, off, diff);
	else if (skb->protocol == PROTO_IPV6 && proto == PROTO_IPV4)
		err = close_room(skb, off, diff);
	else
		return -ENOTSUPP;
	if (err)
		return err;
	skb->protocol = proto;
	skb_clear_hash(skb);
	return 0;
}

DEFINE_HELPER(skb_change_proto)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, r3 ? -EINVAL : change_proto(skb, (u16)r2));
}

/* The inner MAC header's length stands in the flags' top byte. */
#define INNER_MAC_SHIFT 56

#define ENCAP_L3 ((u64)(BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6))
#define DECAP_L3 ((u64)(BPF_F_ADJ_ROOM_DECAP_L3_IPV4 | BPF_F_ADJ_ROOM_DECAP_L3_IPV6))
#define ENCAP_L4 ((u64)(BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP))
#define KNOWN_FLAGS                                                                                \
	(BPF_F_ADJ_ROOM_FIXED_GSO | ENCAP_L3 | ENCAP_L4 | DECAP_L3 | BPF_F_ADJ_ROOM_ENCAP_L2_ETH | \
	 BPF_F_ADJ_ROOM_NO_CSUM_RESET | 0xffull << INNER_MAC_SHIFT)
#define SHRINK_FLAGS (BPF_F_ADJ_ROOM_FIXED_GSO | DECAP_L3 | BPF_F_ADJ_ROOM_NO_CSUM_RESET)

static u32 network_header_size(u16 proto)
{
	return proto == PROTO_IPV4 ? IPV4_HEADER : IPV6_HEADER;
}

/* Do the encapsulation flags go together, and with the packet? */
static int check_encap(const struct skb_ctx *skb, u32 bytes, u64 flags)
{
	u32 inner_mac_len = flags >> INNER_MAC_SHIFT;

	if ((flags & ENCAP_L3) == ENCAP_L3 || (flags & ENCAP_L4) == ENCAP_L4)
		return -EINVAL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && inner_mac_len < ETH_HEADER)
		return -EINVAL;
	if (skb->encapsulation)
		return -EALREADY;
	return inner_mac_len > bytes ? -EINVAL : 0;
}

/* The room is the outer headers'. */
static void set_encap(struct skb_ctx *skb, u32 mac_len, u64 flags)
{
	u16 outer = flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 ? PROTO_IPV6 : PROTO_IPV4;

	skb->encapsulation = 1;
	skb->network_header = skb->pkt.data + mac_len;
	if (flags & ENCAP_L4)
		skb->transport_header = skb->network_header + network_header_size(outer);
	skb->protocol = outer;
}

static int grow(struct skb_ctx *skb, u32 off, u32 bytes, u64 flags)
{
	u32 mac_len = skb_mac_header_len(skb);
	int err;

	if (flags & ENCAP_L3) {
		err = check_encap(skb, bytes, flags);
		if (err)
			return err;
	}
	err = open_room(skb, off, bytes);
	if (err)
		return err;
	if (flags & ENCAP_L3)
		set_encap(skb, mac_len, flags);
	return 0;
}

static int shrink(struct skb_ctx *skb, u32 off, u32 bytes, u64 flags)
{
	int err;

	if (flags & ~(u64)SHRINK_FLAGS)
		return -EINVAL;
	err = close_room(skb, off, bytes);
	if (err)
		return err;
	if (flags & DECAP_L3)
		skb->protocol = flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV6 ? PROTO_IPV6 : PROTO_IPV4;
	return 0;
}

/* May the packet be that much longer or shorter? */
static int check_len(const struct skb_ctx *skb, s32 diff, u64 flags)
{
	u32 least = network_header_size(skb->protocol), bytes = abs(diff);
	s64 len = (s64)skb_len(skb) - skb_network_offset(skb);

	if (diff >= 0)
		return skb_len(skb) + bytes > SKB_MAX_LEN && !skb_is_gso(skb) ? -ENOTSUPP : 0;
	if (flags & DECAP_L3)
		least = flags & BPF_F_ADJ_ROOM_DECAP_L3_IPV6 ? IPV6_HEADER : IPV4_HEADER;
	return bytes >= len || len - bytes < least ? -ENOTSUPP : 0;
}

static int adjust_room(struct skb_ctx *skb, s32 diff, u32 mode, u64 flags)
{
	u32 off = skb_mac_header_len(skb);
	int err;

	if (flags & ~(u64)KNOWN_FLAGS)
		return -EINVAL;
	if (diff > 0xfff || diff < -0xfff)
		return -EFAULT;
	if (skb->protocol != PROTO_IPV4 && skb->protocol != PROTO_IPV6)
		return -ENOTSUPP;
	if (mode == BPF_ADJ_ROOM_NET)
		off += network_header_size(skb->protocol);
	else if (mode != BPF_ADJ_ROOM_MAC)
		return -ENOTSUPP;
	if (flags & DECAP_L3 && (diff >= 0 || (flags & DECAP_L3) == DECAP_L3))
		return -EINVAL;
	err = check_len(skb, diff, flags);
	if (err)
		return err;
	if (diff < 0 && flags & ~(u64)SHRINK_FLAGS)
		return -EINVAL;
	/* Segments that the device is to cut: of which kind is not known here. */
	if (skb_is_gso(skb))
		return -ENOTSUPP;
	err = diff < 0 ? shrink(skb, off, -diff, flags) : grow(skb, off, diff, flags);
	if (!err && !(flags & BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		skb_csum_reset(skb);
	return err;
}

DEFINE_HELPER(skb_adjust_room)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, adjust_room(skb, (s32)r2, (u32)r3, r4));
}

/* For SK_SKB programs the room is in front of everything. */
static int adjust_front(struct skb_ctx *skb, s32 diff, u32 mode, u64 flags)
{
	int err;

	if (flags || mode)
		return -EINVAL;
	if (diff > 0xfff || diff < -0xfff)
		return -EFAULT;
	if (diff < 0) {
		if (skep__skb_pull_to(skb, -diff))
			return -ENOMEM;
		skep__skb_pull(skb, -diff);
		return 0;
	}
	err = skep__skb_need_head(skb, diff);
	if (err)
		return err;
	skep__skb_push(skb, diff);
	memset(skb->pkt.data, 0, diff);
	return 0;
}

DEFINE_HELPER(sk_skb_adjust_room)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, adjust_front(skb, (s32)r2, (u32)r3, r4));
}
