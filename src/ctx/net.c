/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookups in the small tables of a struct skep_net. They are searched from front to back: they hold
 * what a person wrote into a file for a run, not a router's table.
 */
#include <string.h>
#include <sys/socket.h>

#include "ctx/net.h"

static const struct skep_net_link loopback = { .ifindex = SKEP_LOOPBACK,
					       .mtu = 65536,
					       .rx_queues = 1 };

const struct skep_net_link *skep__net_link(const struct skep_net *net, u32 ifindex)
{
	for (u32 i = 0; net && i < net->nr_links; i++) {
		if (net->links[i].ifindex == ifindex)
			return &net->links[i];
	}
	return ifindex == SKEP_LOOPBACK ? &loopback : NULL;
}

static size_t addr_len(u8 family)
{
	return family == AF_INET6 ? 16 : 4;
}

const struct skep_net_neigh *skep__net_neigh(const struct skep_net *net, u32 ifindex, u8 family,
					     const void *addr)
{
	for (u32 i = 0; net && i < net->nr_neighs; i++) {
		const struct skep_net_neigh *n = &net->neighs[i];

		if (n->ifindex == ifindex && n->family == family &&
		    !memcmp(n->addr, addr, addr_len(family)))
			return n;
	}
	return NULL;
}

static const u8 *addr_of(const struct skep_net_link *link, u8 family)
{
	return family == AF_INET6 ? link->addr6 : link->addr4;
}

const u8 *skep__net_source(const struct skep_net *net, const struct skep_net_link *link, u8 family)
{
	static const u8 none[16];

	if (memcmp(addr_of(link, family), none, addr_len(family)))
		return addr_of(link, family);
	for (u32 i = 0; net && i < net->nr_links; i++) {
		const u8 *addr = addr_of(&net->links[i], family);

		if (memcmp(addr, none, addr_len(family)))
			return addr;
	}
	return none;
}

static bool prefix_matches(const u8 *prefix, const u8 *addr, u32 bits)
{
	u32 bytes = bits / 8;
	u8 mask = 0xff00 >> bits % 8;

	if (memcmp(prefix, addr, bytes))
		return false;
	return bits % 8 == 0 || ((prefix[bytes] ^ addr[bytes]) & mask) == 0;
}

static u32 table_of(u32 table)
{
	return table ? table : SKEP_TABLE_MAIN;
}

static bool route_fits(const struct skep_net_route *r, const struct net_query *query, u32 table)
{
	return r->family == query->family && table_of(r->table) == table &&
	       (query->oif == 0 || r->ifindex == query->oif) &&
	       r->prefix_len <= 8 * addr_len(r->family) &&
	       prefix_matches(r->dst, query->dst, r->prefix_len);
}

const struct skep_net_route *skep__net_route_in(const struct skep_net *net,
						const struct net_query *query, u32 table)
{
	const struct skep_net_route *best = NULL;

	for (u32 i = 0; net && i < net->nr_routes; i++) {
		const struct skep_net_route *r = &net->routes[i];

		if (!route_fits(r, query, table_of(table)))
			continue;
		if (!best || r->prefix_len > best->prefix_len ||
		    (r->prefix_len == best->prefix_len && r->metric < best->metric))
			best = r;
	}
	return best;
}

static bool rule_fits(const struct skep_net_rule *rule, const struct net_query *query)
{
	return (rule->family == 0 || rule->family == query->family) &&
	       (query->mark & rule->mask) == (rule->mark & rule->mask);
}

const struct skep_net_route *skep__net_route(const struct skep_net *net,
					     const struct net_query *query)
{
	const struct skep_net_route *r = skep__net_route_in(net, query, SKEP_TABLE_LOCAL);

	for (u32 i = 0; net && !r && i < net->nr_rules; i++) {
		if (rule_fits(&net->rules[i], query))
			r = skep__net_route_in(net, query, net->rules[i].table);
	}
	if (!r)
		r = skep__net_route_in(net, query, SKEP_TABLE_MAIN);
	return r ? r : skep__net_route_in(net, query, SKEP_TABLE_DEFAULT);
}
