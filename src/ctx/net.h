/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network around a packet, as far as programs can ask about it: interfaces, routes and
 * neighbours. A run is given one (run->net); without one there is the loopback interface, which
 * every network has. The structs are the public ones; whoever gives them has checked them
 * (skep_net_check).
 */
#ifndef SKEP_CTX_NET_H
#define SKEP_CTX_NET_H

#include "base/types.h"
#include "skep/net.h"

/* All take net == NULL for a network with nothing but the loopback interface. NULL: not there. */
const struct skep_net_link *skep__net_link(const struct skep_net *net, u32 ifindex);
const struct skep_net_neigh *skep__net_neigh(const struct skep_net *net, u32 ifindex, u8 family,
					     const void *addr);

/*
 * The address that this host would put into packets that leave through the link: its own, else that
 * of the first interface that has one; zeros when none has.
 */
const u8 *skep__net_source(const struct skep_net *net, const struct skep_net_link *link, u8 family);

/* What a route is asked for; addresses in network byte order. */
struct net_query {
	u8 family;
	const void *dst;
	u32 oif; /* 0: any interface */
	u32 mark;
};

/* The route of one table with the longest prefix, and of those the lowest metric; or NULL. */
const struct skep_net_route *skep__net_route_in(const struct skep_net *net,
						const struct net_query *query, u32 table);

/* The route by policy: the local table, the rules in their order, the main table, the default one.
 */
const struct skep_net_route *skep__net_route(const struct skep_net *net,
					     const struct net_query *query);

#endif
