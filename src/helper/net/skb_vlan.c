/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VLAN tags. The outermost one travels beside the packet (as a device hands it over); pushing
 * another writes the former into the packet, popping takes the next one out of it.
 */
#include <string.h>

#include "helper/net/skb.h"

#define MAC_ADDRESSES 12

static u16 read16(const u8 *p)
{
	u16 value;

	memcpy(&value, p, 2);
	return value;
}

static void set_tag(struct skb_ctx *skb, u16 proto, u16 tci)
{
	skb->vlan_present = true;
	skb->vlan_proto = proto;
	skb->vlan_tci = tci;
}

static int tag_into_packet(struct skb_ctx *skb)
{
	u16 tci = htons(skb->vlan_tci);
	u8 *data;

	if (skb->pkt.data != skb->mac_header || skep__skb_pull_to(skb, ETH_HEADER))
		return -EINVAL;
	if (skep__skb_need_head(skb, VLAN_TAG))
		return -ENOMEM;
	skep__skb_push(skb, VLAN_TAG);
	data = skb->pkt.data;
	memmove(data, data + VLAN_TAG, MAC_ADDRESSES);
	memcpy(data + MAC_ADDRESSES, &skb->vlan_proto, 2);
	memcpy(data + MAC_ADDRESSES + 2, &tci, 2);
	skb->mac_header -= VLAN_TAG;
	skb->network_header -= VLAN_TAG;
	skb->protocol = skb->vlan_proto;
	skep__skb_csum_in(skb, data + MAC_ADDRESSES, VLAN_TAG, 0);
	return 0;
}

static int vlan_push(struct skb_ctx *skb, u16 proto, u16 tci)
{
	int err = skb->vlan_present ? tag_into_packet(skb) : 0;

	if (!err)
		set_tag(skb, is_vlan_proto(proto) ? proto : PROTO_VLAN, tci);
	skb_note_mac_len(skb);
	return err;
}

DEFINE_HELPER(skb_vlan_push)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, vlan_push(skb, (u16)r2, (u16)r3));
}

/* What a packet is that has lost its tag: an ethertype, or a length and then LLC. */
static u16 encapsulated_proto(const struct skb_ctx *skb, u16 proto)
{
	const u8 *payload = skb->pkt.data + ETH_HEADER + VLAN_TAG;
	bool novell = payload + 2 <= skb->pkt.frame_end && read16(payload) == 0xffff;

	if (ntohs(proto) >= 0x0600)
		return proto;
	return novell ? htons(0x0001) : htons(0x0004); /* ETH_P_802_3, ETH_P_802_2 */
}

static int tag_out_of_packet(struct skb_ctx *skb, u16 *tci)
{
	u8 *data;
	int err;

	if (skb->pkt.data != skb->mac_header)
		return -EINVAL;
	err = skep__skb_pull_to(skb, ETH_HEADER + VLAN_TAG);
	if (err)
		return err;
	data = skb->pkt.data;
	skep__skb_csum_out(skb, data + MAC_ADDRESSES, VLAN_TAG, 0);
	*tci = ntohs(read16(data + ETH_HEADER));
	skb->protocol = encapsulated_proto(skb, read16(data + ETH_HEADER + 2));
	memmove(data + VLAN_TAG, data, MAC_ADDRESSES);
	skep__skb_pull(skb, VLAN_TAG);
	skb->mac_header += VLAN_TAG;
	if (skb_network_offset(skb) < ETH_HEADER)
		skb->network_header = skb->pkt.data + ETH_HEADER;
	skb_note_mac_len(skb);
	return 0;
}

static int vlan_pop(struct skb_ctx *skb)
{
	u16 proto, tci;
	int err;

	if (skb->vlan_present) {
		skb->vlan_present = false;
	} else {
		if (!is_vlan_proto(skb->protocol))
			return 0;
		err = tag_out_of_packet(skb, &tci);
		if (err)
			return err;
	}
	if (!is_vlan_proto(skb->protocol))
		return 0;
	proto = skb->protocol;
	err = tag_out_of_packet(skb, &tci);
	if (!err)
		set_tag(skb, proto, tci);
	return err;
}

DEFINE_HELPER(skb_vlan_pop)
{
	struct skb_ctx *skb = arg_skb(r1);

	return skb_moved(run, skb, vlan_pop(skb));
}
