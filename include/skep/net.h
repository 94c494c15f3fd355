/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network that programs of a world see: interfaces, routes, policy rules and neighbours, as
 * bpf_fib_lookup, bpf_check_mtu and the contexts of test runs ask about them. A new world has the
 * loopback interface alone.
 *
 * Families are AF_INET and AF_INET6; addresses are in network byte order, an IPv4 address in the
 * first four bytes. Zero every struct before filling it in: 0 has the meaning that is said here,
 * and `reserved` stays 0.
 */
#ifndef SKEP_NET_H
#define SKEP_NET_H

#include "skep/skep.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SKEP_LOOPBACK 1 /* its index, as in every network namespace */
#define SKEP_TABLE_DEFAULT 253
#define SKEP_TABLE_MAIN 254
#define SKEP_TABLE_LOCAL 255
#define SKEP_ROUTE_DIRECT 0 /* gw_family of a destination on the link */
#define SKEP_NET_MOST 4096 /* elements of each kind */

struct skep_net_link {
	uint32_t ifindex; /* 1 to INT32_MAX; SKEP_LOOPBACK replaces the one that is always there */
	uint32_t mtu; /* 68 to 65536 */
	uint32_t rx_queues; /* 0 counts as 1; at most 4096 */
	uint8_t mac[6];
	uint8_t forwarding4, forwarding6; /* 0 or 1 */
	uint8_t addr4[4]; /* primary addresses, or zeros */
	uint8_t addr6[16];
};

enum skep_route_type {
	SKEP_ROUTE_UNICAST,
	SKEP_ROUTE_LOCAL,
	SKEP_ROUTE_BLACKHOLE,
	SKEP_ROUTE_UNREACHABLE,
	SKEP_ROUTE_PROHIBIT
};

struct skep_net_route {
	uint8_t family;
	uint8_t type; /* enum skep_route_type */
	uint8_t prefix_len;
	uint8_t gw_family; /* AF_INET (IPv4 routes only), AF_INET6 or SKEP_ROUTE_DIRECT */
	uint8_t dst[16], gw[16]; /* dst is zero behind its prefix */
	uint8_t prefsrc[16]; /* zeros: the interface's address */
	uint32_t table; /* 0: SKEP_TABLE_MAIN */
	uint32_t metric;
	uint32_t ifindex; /* may be 0 when the type is not unicast */
	uint32_t mtu; /* a locked one, at most 65520; 0: the interface's */
};

/* A policy: packets whose mark fits look into the table, after the local and before the main one.
 */
struct skep_net_rule {
	uint8_t family; /* 0: both */
	uint8_t reserved[3];
	uint32_t mark, mask; /* fits: equal in the bits of mask */
	uint32_t table; /* 0: SKEP_TABLE_MAIN */
};

struct skep_net_neigh {
	uint32_t ifindex;
	uint8_t family;
	uint8_t addr[16];
	uint8_t mac[6];
	uint8_t reserved;
};

/* Starts with `.size = sizeof(struct skep_net)`. Rules are asked in their order. */
struct skep_net {
	size_t size;
	const struct skep_net_link *links;
	const struct skep_net_route *routes;
	const struct skep_net_neigh *neighs;
	const struct skep_net_rule *rules;
	uint32_t nr_links, nr_routes, nr_neighs, nr_rules;
};

/*
 * Is this a network that a world takes? 0, or -EINVAL with a text for people in why (size bytes
 * with its NUL, cut when it is longer; NULL and 0 when nobody will read it): "routes[2]: there is
 * no interface 7".
 */
SKEP_API int skep_net_check(const struct skep_net *net, char *why, size_t size);

/*
 * Gives the world a copy of the network, in place of the one before; NULL: the loopback interface
 * alone. Runs that are under way end with the network that they began with. 0, -EINVAL
 * (skep_net_check says why) or -ENOMEM; nothing has changed then.
 */
SKEP_API int skep_world_set_net(struct skep_world *world, const struct skep_net *net);

#ifdef __cplusplus
}
#endif
#endif
