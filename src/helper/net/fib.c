/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Helpers that ask the network around the packet: routes with their next hop's addresses, and MTUs.
 * The answers come from the struct skep_net that the run was given; order of checks and what is
 * filled in on failure are the kernel's.
 */
#include <string.h>
#include <sys/socket.h>

#include "base/zero.h"
#include "ctx/net.h"
#include "helper/net/skb.h"

#define FIB_FLAGS                                                                                  \
	(BPF_FIB_LOOKUP_DIRECT | BPF_FIB_LOOKUP_OUTPUT | BPF_FIB_LOOKUP_SKIP_NEIGH |               \
	 BPF_FIB_LOOKUP_TBID | BPF_FIB_LOOKUP_SRC | BPF_FIB_LOOKUP_MARK)
#define IPV4_MTU_MAX 0xffffu
#define IPV6_MTU_MIN 1280u
#define IPV6_MTU_MAX (0xffffu + 40)

/* Destinations and sources that IPv6 routers never forward: multicast, this link, this host. */
static bool stays_here(const void *addr)
{
	static const u8 loopback[16] = { [15] = 1 };
	const u8 *a = addr;

	return a[0] == 0xff || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) || !memcmp(a, loopback, 16);
}

static const struct skep_net_route *find_route(const struct skep_net *net, struct bpf_fib_lookup *p,
					       u32 flags)
{
	struct net_query query = {
		.family = p->family,
		.dst = p->ipv6_dst, /* where IPv4's stands too */
		.oif = flags & BPF_FIB_LOOKUP_OUTPUT ? p->ifindex : 0,
	};
	u32 table = SKEP_TABLE_MAIN;

	if (flags & BPF_FIB_LOOKUP_DIRECT) {
		if (flags & BPF_FIB_LOOKUP_TBID) {
			table = p->tbid;
			p->tbid = 0;
		}
		return skep__net_route_in(net, &query, table);
	}
	if (flags & BPF_FIB_LOOKUP_MARK)
		query.mark = p->mark;
	return skep__net_route(net, &query);
}

static long route_verdict(const struct skep_net_route *route)
{
	if (!route)
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	switch ((enum skep_route_type)route->type) {
	case SKEP_ROUTE_UNICAST:
		return BPF_FIB_LKUP_RET_SUCCESS;
	case SKEP_ROUTE_BLACKHOLE:
		return BPF_FIB_LKUP_RET_BLACKHOLE;
	case SKEP_ROUTE_UNREACHABLE:
		return BPF_FIB_LKUP_RET_UNREACHABLE;
	case SKEP_ROUTE_PROHIBIT:
		return BPF_FIB_LKUP_RET_PROHIBIT;
	case SKEP_ROUTE_LOCAL:
		break;
	}
	return BPF_FIB_LKUP_RET_NOT_FWDED;
}

static u32 route_mtu(const struct skep_net_route *route, const struct skep_net_link *link)
{
	if (route->mtu)
		return route->mtu;
	if (route->family == AF_INET)
		return min(link->mtu, IPV4_MTU_MAX);
	return min(max(link->mtu, IPV6_MTU_MIN), IPV6_MTU_MAX);
}

/* The source address that this host would use: false when there is none. */
static bool set_source(const struct skep_net *net, struct bpf_fib_lookup *p,
		       const struct skep_net_route *route, const struct skep_net_link *link)
{
	size_t len = route->family == AF_INET ? 4 : 16;
	const u8 *addr = route->prefsrc;

	if (all_zero(addr, len))
		addr = skep__net_source(net, link, route->family);
	if (route->family == AF_INET6 && all_zero(addr, len))
		return false;
	memcpy(p->ipv6_src, addr, len);
	return true;
}

/* The next hop in place of the destination; an IPv4 route may lead to an IPv6 neighbour. */
static void set_gateway(struct bpf_fib_lookup *p, const struct skep_net_route *route)
{
	if (route->gw_family == SKEP_ROUTE_DIRECT)
		return;
	p->family = route->gw_family;
	memcpy(p->ipv6_dst, route->gw, route->gw_family == AF_INET ? 4 : 16);
}

static bool set_macs(const struct skep_net *net, struct bpf_fib_lookup *p,
		     const struct skep_net_link *link)
{
	const struct skep_net_neigh *neigh =
		skep__net_neigh(net, link->ifindex, p->family, p->ipv6_dst);

	if (!neigh)
		return false;
	memcpy(p->dmac, neigh->mac, 6);
	memcpy(p->smac, link->mac, 6);
	return true;
}

static long fib_lookup(const struct skep_net *net, struct bpf_fib_lookup *p, u32 flags,
		       bool check_mtu)
{
	bool v4 = p->family == AF_INET;
	const struct skep_net_route *route;
	const struct skep_net_link *link;
	u32 mtu = 0;
	long ret;

	if (!v4 && (stays_here(p->ipv6_dst) || stays_here(p->ipv6_src)))
		return BPF_FIB_LKUP_RET_NOT_FWDED;
	link = skep__net_link(net, p->ifindex);
	if (!link)
		return -ENODEV;
	if (!(v4 ? link->forwarding4 : link->forwarding6))
		return BPF_FIB_LKUP_RET_FWD_DISABLED;
	route = find_route(net, p, flags);
	ret = route_verdict(route);
	link = ret ? NULL : skep__net_link(net, route->ifindex);
	if (!link)
		return ret ? ret : BPF_FIB_LKUP_RET_NOT_FWDED;
	if (check_mtu) {
		mtu = route_mtu(route, link);
		if (p->tot_len > mtu) {
			p->mtu_result = mtu;
			return BPF_FIB_LKUP_RET_FRAG_NEEDED;
		}
	}
	p->rt_metric = route->metric;
	p->ifindex = link->ifindex;
	if (flags & BPF_FIB_LOOKUP_SRC && !set_source(net, p, route, link)) {
		set_gateway(p, route);
		return BPF_FIB_LKUP_RET_NO_SRC_ADDR;
	}
	set_gateway(p, route);
	if (!(flags & BPF_FIB_LOOKUP_SKIP_NEIGH) && !set_macs(net, p, link))
		return BPF_FIB_LKUP_RET_NO_NEIGH;
	p->h_vlan_TCI = p->h_vlan_proto = 0;
	if (mtu)
		p->mtu_result = mtu;
	return BPF_FIB_LKUP_RET_SUCCESS;
}

/* Checks of the arguments that both forms have: 0 or -errno. */
static long check_args(const struct bpf_fib_lookup *p, s32 len, u32 flags)
{
	if (len < (s32)sizeof(*p) || flags & ~FIB_FLAGS)
		return -EINVAL;
	return p->family == AF_INET || p->family == AF_INET6 ? 0 : -EAFNOSUPPORT;
}

DEFINE_HELPER(xdp_fib_lookup)
{
	struct bpf_fib_lookup *p = arg_ptr(r2);
	long err = check_args(p, (s32)r3, (u32)r4);

	return result(err ? err : fib_lookup(run->net, p, (u32)r4, true));
}

/* May a packet as long as this leave through the interface? */
static bool forwardable(const struct skb_ctx *skb, const struct skep_net_link *link)
{
	return skb_len(skb) <= link->mtu + ETH_HEADER + VLAN_TAG || skb_is_gso(skb);
}

DEFINE_HELPER(skb_fib_lookup)
{
	const struct skb_ctx *skb = arg_skb(r1);
	struct bpf_fib_lookup *p = arg_ptr(r2);
	long ret = check_args(p, (s32)r3, (u32)r4);
	bool check_mtu;

	if (ret)
		return result(ret);
	check_mtu = p->tot_len != 0;
	ret = fib_lookup(run->net, p, (u32)r4, check_mtu);
	if (ret == BPF_FIB_LKUP_RET_SUCCESS && !check_mtu) {
		/* Without a length to check, the packet itself is checked against the interface. */
		const struct skep_net_link *link = skep__net_link(run->net, p->ifindex);

		if (!forwardable(skb, link))
			ret = BPF_FIB_LKUP_RET_FRAG_NEEDED;
		p->mtu_result = (u16)link->mtu;
	}
	return result(ret);
}

DEFINE_HELPER(xdp_check_mtu)
{
	const struct xdp_ctx *x = arg_ptr(r1);
	u32 ifindex = (u32)r2 ? (u32)r2 : x->md.ingress_ifindex;
	const struct skep_net_link *link;
	u32 *mtu_len = arg_ptr(r3);
	u32 len = x->pkt.data_end - x->pkt.data;
	u64 ret;

	if (r5)
		return result(-EINVAL);
	link = skep__net_link(run->net, ifindex);
	if (!link)
		return result(-ENODEV);
	if (*mtu_len)
		len = *mtu_len + ETH_HEADER;
	ret = (s32)(len + (u32)r4) > (s32)(link->mtu + ETH_HEADER) ? BPF_MTU_CHK_RET_FRAG_NEEDED
								   : BPF_MTU_CHK_RET_SUCCESS;
	*mtu_len = link->mtu;
	return ret;
}

/* Would the segments of a packet that is split later be too long? */
static long check_segments(const struct skb_ctx *skb, u32 mtu)
{
	if (!skb->transport_header)
		return -EINVAL;
	/* Without a type of segmentation the kernel counts no transport header. */
	return skb->transport_header - skb->network_header + (s64)skb->md.gso_size <= mtu
		       ? BPF_MTU_CHK_RET_SUCCESS
		       : BPF_MTU_CHK_RET_SEGS_TOOBIG;
}

DEFINE_HELPER(skb_check_mtu)
{
	const struct skb_ctx *skb = arg_skb(r1);
	u32 ifindex = (u32)r2 ? (u32)r2 : skb->md.ifindex;
	const struct skep_net_link *link;
	u32 *mtu_len = arg_ptr(r3);
	u32 len = skb_len(skb);
	long ret = BPF_MTU_CHK_RET_SUCCESS;

	if (r5 & ~(u64)BPF_MTU_CHK_SEGS || (r5 & BPF_MTU_CHK_SEGS && ((s32)r4 || *mtu_len)))
		return result(-EINVAL);
	link = skep__net_link(run->net, ifindex);
	if (!link)
		return result(-ENODEV);
	if (*mtu_len)
		len = *mtu_len + ETH_HEADER;
	if ((s32)(len + (u32)r4) > (s32)(link->mtu + ETH_HEADER)) {
		if (!skb_is_gso(skb))
			ret = BPF_MTU_CHK_RET_FRAG_NEEDED;
		else if (r5 & BPF_MTU_CHK_SEGS)
			ret = check_segments(skb, link->mtu);
	}
	if (ret >= 0)
		*mtu_len = link->mtu;
	return result(ret);
}
