/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network around a packet, as far as programs can ask about it: interfaces, routes and
 * neighbours. A run is given one (run->net); without one there is the loopback interface, which
 * every network has.
 */
#ifndef SKEP_CTX_NET_H
#define SKEP_CTX_NET_H

#include "base/types.h"

#define NET_LOOPBACK 1 /* its index, as in every network namespace */
#define NET_TABLE_DEFAULT 253
#define NET_TABLE_MAIN 254
#define NET_TABLE_LOCAL 255
#define NET_ROUTE_DIRECT 0 /* gw_family of a destination on the link */

struct net_link {
	u32 ifindex;
	u32 mtu;
	u32 rx_queues; /* 0 counts as 1 */
	u8 mac[6];
	bool forwarding4, forwarding6;
	u8 addr4[4]; /* primary addresses, or zeros */
	u8 addr6[16];
};

enum net_route_type {
	ROUTE_UNICAST,
	ROUTE_LOCAL,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT
};

struct net_route {
	u8 family; /* AF_INET, AF_INET6 */
	u8 type; /* enum net_route_type */
	u8 prefix_len;
	u8 gw_family; /* AF_INET, AF_INET6 or NET_ROUTE_DIRECT */
	u8 dst[16], gw[16]; /* network byte order; the first 4 bytes of an IPv4 address */
	u8 prefsrc[16]; /* zeros: the interface's address */
	u32 table; /* 0: NET_TABLE_MAIN */
	u32 metric;
	u32 ifindex;
	u32 mtu; /* a locked one; 0: the interface's */
};

/* A policy: packets whose mark fits look into the table, after the local and before the main one.
 */
struct net_rule {
	u8 family; /* 0: both */
	u32 mark, mask;
	u32 table;
};

struct net_neigh {
	u32 ifindex;
	u8 family;
	u8 addr[16];
	u8 mac[6];
};

struct net {
	const struct net_link *links;
	const struct net_route *routes;
	const struct net_neigh *neighs;
	const struct net_rule *rules;
	u32 nr_links, nr_routes, nr_neighs, nr_rules;
};

/* All take net == NULL for a network with nothing but the loopback interface. NULL: not there. */
const struct net_link *skep__net_link(const struct net *net, u32 ifindex);
const struct net_neigh *skep__net_neigh(const struct net *net, u32 ifindex, u8 family,
					const void *addr);

/*
 * The address that this host would put into packets that leave through the link: its own, else that
 * of the first interface that has one; zeros when none has.
 */
const u8 *skep__net_source(const struct net *net, const struct net_link *link, u8 family);

/* What a route is asked for; addresses in network byte order. */
struct net_query {
	u8 family;
	const void *dst;
	u32 oif; /* 0: any interface */
	u32 mark;
};

/* The route of one table with the longest prefix, and of those the lowest metric; or NULL. */
const struct net_route *skep__net_route_in(const struct net *net, const struct net_query *query,
					   u32 table);

/* The route by policy: the local table, the rules in their order, the main table, the default one.
 */
const struct net_route *skep__net_route(const struct net *net, const struct net_query *query);

#endif
