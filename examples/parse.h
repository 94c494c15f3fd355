/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walking the headers of a packet. The verifier wants every byte compared with data_end before it is
 * read; a cursor makes that one line a header: advance() gives the header or NULL.
 */
#ifndef EXAMPLES_PARSE_H
#define EXAMPLES_PARSE_H

#include <stdbool.h>

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_VLAN_TAGS 2

struct vlan_tag {
	__be16 tci;
	__be16 next_proto;
};

struct cursor {
	void *at, *end;
};

/* The next `size` bytes, and moves behind them; NULL when the packet ends before. */
static __always_inline void *advance(struct cursor *c, __u32 size)
{
	void *here = c->at;

	if (here + size > c->end)
		return NULL;
	c->at = here + size;
	return here;
}

/* The Ethernet header and up to two VLAN tags; returns the protocol behind them, or 0. */
static __always_inline __be16 parse_ethernet(struct cursor *c, struct ethhdr **eth)
{
	__be16 proto;

	*eth = advance(c, sizeof(**eth));
	if (!*eth)
		return 0;
	proto = (*eth)->h_proto;
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct vlan_tag *tag;

		if (proto != bpf_htons(ETH_P_8021Q) && proto != bpf_htons(ETH_P_8021AD))
			break;
		tag = advance(c, sizeof(*tag));
		if (!tag)
			return 0;
		proto = tag->next_proto;
	}
	return proto;
}

/* The IPv4 header with its options; NULL when it is cut short or contradicts itself. */
static __always_inline struct iphdr *parse_ipv4(struct cursor *c)
{
	struct iphdr *ip = advance(c, sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5)
		return NULL;
	/* advance() compares it with the end before anything is read. */
	c->at = (void *)ip + ip->ihl * 4;
	return ip;
}

static __always_inline struct ipv6hdr *parse_ipv6(struct cursor *c)
{
	struct ipv6hdr *ip6 = advance(c, sizeof(*ip6));

	return ip6 && ip6->version == 6 ? ip6 : NULL;
}

/* TCP and UDP begin alike: the two ports. */
struct ports {
	__be16 src, dst;
};

#endif
