/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flow hash of a packet. The kernel's is keyed at boot, so no program may expect a value; what
 * it may expect holds: the same for both directions of a flow, spread over 32 bits, never 0, kept
 * until the program says that it is stale.
 */
#include <string.h>

#include "helper/net/skb.h"

#define IPPROTO_WITH_PORTS(p) ((p) == 6 || (p) == 17 || (p) == 132 || (p) == 136 || (p) == 33)

struct flow {
	u8 lo[16], hi[16]; /* addresses, and below them ports, in an order that both directions
			      share */
	u16 lo_port, hi_port;
	u16 proto;
	u8 ip_proto;
	bool has_ports;
};

static void set_addresses(struct flow *flow, const u8 *src, const u8 *dst, u32 size)
{
	bool swap = memcmp(src, dst, size) > 0;

	memcpy(flow->lo, swap ? dst : src, size);
	memcpy(flow->hi, swap ? src : dst, size);
}

static void set_ports(struct flow *flow, const struct skb_ctx *skb, u32 off)
{
	u16 ports[2];

	if (!IPPROTO_WITH_PORTS(flow->ip_proto) ||
	    !skep__packet_read(&skb->pkt, off, ports, sizeof(ports)))
		return;
	flow->has_ports = true;
	flow->lo_port = min(ports[0], ports[1]);
	flow->hi_port = max(ports[0], ports[1]);
}

static void dissect_ipv4(struct flow *flow, const struct skb_ctx *skb, u32 off)
{
	u8 h[IPV4_HEADER];
	u32 header;

	if (!skep__packet_read(&skb->pkt, off, h, sizeof(h)))
		return;
	header = (h[0] & 0xf) * 4;
	if (header < IPV4_HEADER)
		return;
	set_addresses(flow, h + 12, h + 16, 4);
	flow->ip_proto = h[9];
	/* Only the first fragment has ports, so none of them counts. */
	if (!(h[6] & 0x3f) && !h[7])
		set_ports(flow, skb, off + header);
}

static void dissect_ipv6(struct flow *flow, const struct skb_ctx *skb, u32 off)
{
	u8 h[IPV6_HEADER];

	if (!skep__packet_read(&skb->pkt, off, h, sizeof(h)))
		return;
	set_addresses(flow, h + 8, h + 24, 16);
	flow->ip_proto = h[6];
	set_ports(flow, skb, off + IPV6_HEADER);
}

/* The network header and what it is, behind at most two VLAN tags. */
static u32 network_start(const struct skb_ctx *skb, u16 *proto)
{
	s32 off = skb_network_offset(skb);
	u16 tag[2];

	*proto = skb->protocol;
	for (int i = 0; i < 2 && is_vlan_proto(*proto); i++) {
		if (off < 0 || !skep__packet_read(&skb->pkt, off, tag, sizeof(tag)))
			break;
		*proto = tag[1];
		off += VLAN_TAG;
	}
	return max(off, 0);
}

static u64 mix(u64 h, u64 word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static u32 flow_hash(const struct flow *flow)
{
	u64 words[4], h = 0x736b6570; /* any start will do */

	memcpy(words, flow->lo, 16);
	memcpy(words + 2, flow->hi, 16);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		h = mix(h, words[i]);
	h = mix(h, (u64)flow->lo_port << 48 | (u64)flow->hi_port << 32 | flow->proto << 8 |
			   flow->ip_proto);
	return (u32)(h >> 32) ? (u32)(h >> 32) : 1;
}

DEFINE_HELPER(get_hash_recalc)
{
	struct skb_ctx *skb = arg_skb(r1);
	struct flow flow = { 0 };
	u32 off;

	if (skb->hash_valid)
		return skb->md.hash;
	off = network_start(skb, &flow.proto);
	if (flow.proto == PROTO_IPV4)
		dissect_ipv4(&flow, skb, off);
	else if (flow.proto == PROTO_IPV6)
		dissect_ipv6(&flow, skb, off);
	skb->md.hash = flow_hash(&flow);
	skb->hash_valid = true;
	skb->l4_hash = flow.has_ports;
	return skb->md.hash;
}

DEFINE_HELPER(set_hash_invalid)
{
	skb_clear_hash(arg_skb(r1));
	return 0;
}

DEFINE_HELPER(set_hash)
{
	struct skb_ctx *skb = arg_skb(r1);

	skb->md.hash = (u32)r2;
	skb->hash_valid = skb->l4_hash = true;
	return 0;
}
