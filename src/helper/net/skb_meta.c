/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands beside a packet: its type, time stamp, congestion mark, and what its socket, control
 * group and route would tell. Packets here belong to no socket and no route yet, and the answers
 * are the kernel's for such packets.
 */
#include <string.h>

#include "helper/net/checksum.h"
#include "helper/net/skb.h"

#define PACKET_OTHERHOST 3 /* the last of the types that may be changed */
#define OVERFLOW_UID 65534
#define ECN_MASK 3
#define MAX_VLAN_DEPTH 8

DEFINE_HELPER(skb_change_type)
{
	struct skb_ctx *skb = arg_skb(r1);

	if (skb->pkt_type > PACKET_OTHERHOST || (u32)r2 > PACKET_OTHERHOST)
		return result(-EINVAL);
	skb->pkt_type = (u8)r2;
	skb->md.pkt_type = (u32)r2;
	return 0;
}

DEFINE_HELPER(skb_set_tstamp)
{
	struct skb_ctx *skb = arg_skb(r1);
	u64 tstamp = r2;
	u32 type = (u32)r3;

	if (skb->protocol != PROTO_IPV4 && skb->protocol != PROTO_IPV6)
		return result(-EOPNOTSUPP);
	if (type > BPF_SKB_CLOCK_TAI || (type != BPF_SKB_CLOCK_REALTIME && !tstamp))
		return result(-EINVAL);
	skb->md.tstamp = tstamp;
	skb->md.tstamp_type = type;
	return 0;
}

/*
 * The protocol behind VLAN tags in the packet; 0 when they lead out of it. Once a helper noted the
 * MAC header's length, the search begins at the ethertype in front of the network header.
 */
static u16 inner_protocol(const struct skb_ctx *skb)
{
	u32 off = skb->mac_len ? skb->mac_len - VLAN_TAG : ETH_HEADER;
	u16 proto = skb->protocol, tag[2];

	if (is_vlan_proto(proto) && skb->mac_len && skb->mac_len < VLAN_TAG)
		return 0;
	for (int depth = 0; is_vlan_proto(proto); depth++) {
		if (depth == MAX_VLAN_DEPTH || !skep__packet_read(&skb->pkt, off, tag, sizeof(tag)))
			return 0;
		proto = tag[1];
		off += VLAN_TAG;
	}
	return proto;
}

static u64 ipv4_set_ce(u8 *header)
{
	u8 ecn = (header[1] + 1) & ECN_MASK; /* 1: not capable, 2: ECT(1), 3: ECT(0), 0: marked */
	u16 check;

	if (!(ecn & 2))
		return !ecn;
	memcpy(&check, header + 10, 2);
	check = csum16_add(check, htons(0xfffb) + htons(ecn));
	memcpy(header + 10, &check, 2);
	header[1] |= ECN_MASK;
	return 1;
}

static u64 ipv6_set_ce(struct skb_ctx *skb, u8 *header)
{
	u32 from, to;

	if (!(header[1] >> 4 & ECN_MASK))
		return 0;
	memcpy(&from, header, 4);
	to = from | htonl(ECN_MASK << 20);
	memcpy(header, &to, 4);
	if (skb->ip_summed == CSUM_COMPLETE)
		skb->csum = csum_add(csum_sub(skb->csum, from), to);
	return 1;
}

/* 1 when the packet is marked now, 0 when it cannot be. */
DEFINE_HELPER(skb_ecn_set_ce)
{
	struct skb_ctx *skb = arg_skb(r1);
	u16 proto = inner_protocol(skb);
	u32 size = proto == PROTO_IPV4 ? IPV4_HEADER : IPV6_HEADER;
	u8 *header = skb->network_header;

	if (proto != PROTO_IPV4 && proto != PROTO_IPV6)
		return 0;
	if (skb_linear(skb) < size || header + size > skb->pkt.data_end)
		return 0;
	return proto == PROTO_IPV4 ? ipv4_set_ce(header) : ipv6_set_ce(skb, header);
}

DEFINE_HELPER(get_route_realm)
{
	return 0;
}

/* Of the current task's control group, and of the socket's: 0 where no class was set. */
DEFINE_HELPER(get_cgroup_classid)
{
	return 0;
}

DEFINE_HELPER(skb_no_socket_cookie)
{
	return 0;
}

DEFINE_HELPER(skb_no_socket_uid)
{
	return OVERFLOW_UID;
}

/* No packet here went through IPsec. */
DEFINE_HELPER(skb_get_xfrm_state)
{
	memset(arg_ptr(r3), 0, (u32)r4);
	return result(-EINVAL);
}

DEFINE_HELPER(clone_redirect)
{
	struct skb_ctx *skb = arg_skb(r1);
	const struct services *svc = run->svc;
	u64 flags = r3;
	int ret = -EINVAL;

	if (flags & ~(u64)BPF_F_INGRESS)
		return skb_moved(run, skb, -EINVAL);
	if (skb_is_gso(skb))
		return skb_moved(run, skb, -EBADMSG);
	if (svc->clone_out)
		ret = svc->clone_out(svc->opaque, &skb->pkt, (u32)r2, flags & BPF_F_INGRESS);
	return skb_moved(run, skb, ret);
}
