/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a struct skep_net one that lookups can trust? Limits are those that the kernel has when
 * interfaces, routes, rules and neighbours are configured.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "ctx/net.h"

#define LINK_MTU_MIN 68u /* IPv4's */
#define LINK_MTU_MAX 65536u /* the loopback interface's */
#define ROUTE_MTU_MAX 65520u
#define RX_QUEUES_MAX 4096u

/* A check in progress: the element that is looked at, and where to say what is wrong with it. */
struct check {
	const struct skep_net *net;
	char *why;
	size_t size;
	const char *kind;
	u32 i;
};

static int __attribute__((format(printf, 2, 3))) wrong(const struct check *c, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (!c->why || !c->size)
		return -EINVAL;
	len = c->kind ? snprintf(c->why, c->size, "%s[%u]: ", c->kind, c->i) : 0;
	if (len < 0 || (size_t)len >= c->size)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(c->why + len, c->size - len, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_family(u8 family)
{
	return family == AF_INET || family == AF_INET6;
}

static int check_link(const struct check *c)
{
	const struct skep_net_link *l = &c->net->links[c->i];

	if (!l->ifindex || l->ifindex > INT32_MAX)
		return wrong(c, "interface index %u: 1 to %d are possible", l->ifindex, INT32_MAX);
	for (u32 i = 0; i < c->i; i++) {
		if (c->net->links[i].ifindex == l->ifindex)
			return wrong(c, "links[%u] is interface %u already", i, l->ifindex);
	}
	if (l->mtu < LINK_MTU_MIN || l->mtu > LINK_MTU_MAX)
		return wrong(c, "MTU %u: %u to %u are possible", l->mtu, LINK_MTU_MIN,
			     LINK_MTU_MAX);
	if (l->rx_queues > RX_QUEUES_MAX)
		return wrong(c, "%u receive queues: at most %u are possible", l->rx_queues,
			     RX_QUEUES_MAX);
	if (l->forwarding4 > 1 || l->forwarding6 > 1)
		return wrong(c, "forwarding is 0 or 1");
	return 0;
}

static bool zero_behind(const u8 addr[16], u32 bits)
{
	for (u32 i = bits; i < 128; i++) {
		if (addr[i / 8] & 0x80 >> i % 8)
			return false;
	}
	return true;
}

static int check_gateway(const struct check *c, const struct skep_net_route *r)
{
	if (r->gw_family == SKEP_ROUTE_DIRECT)
		return 0;
	if (r->type != SKEP_ROUTE_UNICAST)
		return wrong(c, "only a unicast route has a gateway");
	if (!is_family(r->gw_family))
		return wrong(c, "gateway family %u: neither IPv4 nor IPv6", r->gw_family);
	if (r->family == AF_INET6 && r->gw_family == AF_INET)
		return wrong(c, "an IPv6 route cannot have an IPv4 gateway");
	return 0;
}

static int check_route(const struct check *c)
{
	const struct skep_net_route *r = &c->net->routes[c->i];
	u32 bits = r->family == AF_INET6 ? 128 : 32;

	if (!is_family(r->family))
		return wrong(c, "family %u: neither IPv4 nor IPv6", r->family);
	if (r->type > SKEP_ROUTE_PROHIBIT)
		return wrong(c, "type %u: there is no such route type", r->type);
	if (r->prefix_len > bits)
		return wrong(c, "prefix length %u: at most %u is possible", r->prefix_len, bits);
	if (!zero_behind(r->dst, r->prefix_len))
		return wrong(c, "the destination has bits behind its prefix of %u", r->prefix_len);
	if (r->mtu > ROUTE_MTU_MAX)
		return wrong(c, "MTU %u: at most %u is possible", r->mtu, ROUTE_MTU_MAX);
	if ((r->ifindex || r->type == SKEP_ROUTE_UNICAST) && !skep__net_link(c->net, r->ifindex))
		return wrong(c, "there is no interface %u", r->ifindex);
	return check_gateway(c, r);
}

static int check_neigh(const struct check *c)
{
	const struct skep_net_neigh *n = &c->net->neighs[c->i];

	if (!is_family(n->family))
		return wrong(c, "family %u: neither IPv4 nor IPv6", n->family);
	if (!skep__net_link(c->net, n->ifindex))
		return wrong(c, "there is no interface %u", n->ifindex);
	return n->reserved ? wrong(c, "reserved bytes are 0") : 0;
}

static int check_rule(const struct check *c)
{
	const struct skep_net_rule *r = &c->net->rules[c->i];

	if (r->family && !is_family(r->family))
		return wrong(c, "family %u: neither IPv4 nor IPv6", r->family);
	if (r->reserved[0] || r->reserved[1] || r->reserved[2])
		return wrong(c, "reserved bytes are 0");
	return 0;
}

/* Links come first: the others refer to them. */
int skep_net_check(const struct skep_net *net, char *why, size_t size)
{
	struct check c = { .net = net, .why = why, .size = size };

	if (net->size != sizeof(*net))
		return wrong(&c, "a size of %zu: this library knows %zu", net->size, sizeof(*net));
	const struct {
		const char *kind;
		const void *elems;
		u32 nr;
		int (*check)(const struct check *c);
	} kinds[] = {
		{ "links", net->links, net->nr_links, check_link },
		{ "routes", net->routes, net->nr_routes, check_route },
		{ "neighs", net->neighs, net->nr_neighs, check_neigh },
		{ "rules", net->rules, net->nr_rules, check_rule },
	};
	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		c.kind = NULL;
		if (kinds[k].nr > SKEP_NET_MOST || (kinds[k].nr && !kinds[k].elems))
			return wrong(&c,
				     "%s: %u elements: at most %d are possible, and all have to be "
				     "there",
				     kinds[k].kind, kinds[k].nr, SKEP_NET_MOST);
		c.kind = kinds[k].kind;
		for (c.i = 0; c.i < kinds[k].nr; c.i++) {
			int err = kinds[k].check(&c);

			if (err)
				return err;
		}
	}
	return 0;
}
