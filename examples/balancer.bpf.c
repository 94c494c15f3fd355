/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A layer 4 load balancer (XDP). Packets to a virtual address and port are rewritten to one of the service's
 * backends and sent back out; everything else passes. A flow keeps its backend: the choice is
 * remembered in a connection table, and made anew only for flows that are not in it.
 *
 * What it shows: rewriting packets and repairing checksums incrementally, an array of structs, an LRU table,
 * global data, a static subprogram, choosing by hash.
 */
#include "parse.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MAX_BACKENDS 64

struct vip {
	__be32 addr;
	__u16 port; /* host byte order, so that it can be written as it is spoken */
	__u8 proto, pad;
};

struct service {
	__u32 first, count; /* its backends: [first, first + count) of the array */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct vip);
	__type(value, struct service);
} services SEC(".maps");

struct backend {
	__be32 addr;
	__u8 mac[6];
	__u16 port; /* host byte order; 0: the service's own */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MAX_BACKENDS);
	__type(key, __u32);
	__type(value, struct backend);
} backends SEC(".maps");

struct connection {
	__be32 src, dst;
	__be16 sport, dport;
	__u8 proto, pad[3];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct connection);
	__type(value, __u32); /* index of the backend */
} connections SEC(".maps");

struct load {
	__u64 packets, bytes, new_connections;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_BACKENDS);
	__type(key, __u32);
	__type(value, struct load);
} loads SEC(".maps");

/* Packets that were not for any service, by why: readable from outside as .bss. */
__u64 not_ipv4, no_service, malformed;

/* Spreads flows over backends; every bit of the tuple reaches every bit of the result. */
static __always_inline __u32 hash(const struct connection *conn)
{
	__u64 h = (__u64)conn->src << 32 | conn->dst;

	h ^= (__u64)conn->sport << 48 | (__u64)conn->dport << 32 | conn->proto;
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdull;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ull;
	return h ^ h >> 33;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32 & 0xffff) + (sum >> 48);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* RFC 1624: the checksum after one 32-bit and one 16-bit field changed. */
static __always_inline __u16 repair(__u16 check, __be32 old_addr, __be32 new_addr, __be16 old_port,
				    __be16 new_port)
{
	__u64 sum = (__u16)~check;

	sum += (__u16)~old_addr + (__u16) ~(old_addr >> 16) + (__u16)~old_port;
	sum += (__u16)new_addr + (__u16)(new_addr >> 16) + new_port;
	return ~fold(sum);
}

/* A subprogram of its own: the program's stack frames stay small, and the verifier sees it once. */
static __noinline int choose_backend(const struct connection *conn, const struct service *service)
{
	__u32 *known, index;
	struct load *load;

	if (!conn || !service || !service->count)
		return -1;
	known = bpf_map_lookup_elem(&connections, conn);
	if (known)
		return *known;
	index = service->first + hash(conn) % service->count;
	bpf_map_update_elem(&connections, conn, &index, BPF_ANY);
	load = bpf_map_lookup_elem(&loads, &index);
	if (load)
		load->new_connections++;
	return index;
}

static __always_inline void rewrite(struct ethhdr *eth, struct iphdr *ip, struct ports *ports,
				    __u16 *l4_check, const struct backend *to)
{
	__be32 old_addr = ip->daddr;
	__be16 old_port = ports->dst, new_port = to->port ? bpf_htons(to->port) : old_port;

	ip->daddr = to->addr;
	ports->dst = new_port;
	ip->check = repair(ip->check, old_addr, to->addr, 0, 0);
	if (l4_check)
		*l4_check = repair(*l4_check, old_addr, to->addr, old_port, new_port);
	__builtin_memcpy(eth->h_source, eth->h_dest, ETH_ALEN);
	__builtin_memcpy(eth->h_dest, to->mac, ETH_ALEN);
}

/* The checksum field behind the ports; *broken is set when the header is cut short. */
static __always_inline __u16 *l4_checksum(struct cursor *c, struct ports *ports, __u8 proto,
					  bool *broken)
{
	struct cursor again = { ports, c->end };
	struct tcphdr *tcp;
	struct udphdr *udp;

	if (proto == IPPROTO_TCP) {
		tcp = advance(&again, sizeof(*tcp));
		*broken = !tcp;
		return tcp ? &tcp->check : NULL;
	}
	udp = advance(&again, sizeof(*udp));
	*broken = !udp;
	return udp && udp->check ? &udp->check : NULL; /* 0: the sender made none */
}

SEC("xdp")
int balancer(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u64 bytes = c.end - c.at;
	struct connection conn = {};
	struct vip vip = {};
	struct service *service;
	struct backend *backend;
	struct ports *ports;
	struct ethhdr *eth;
	struct iphdr *ip;
	struct load *load;
	__u16 *check;
	bool broken = false;
	__u32 index;
	int chosen;

	if (parse_ethernet(&c, &eth) != bpf_htons(ETH_P_IP)) {
		not_ipv4++;
		return XDP_PASS;
	}
	ip = parse_ipv4(&c);
	if (!ip || ip->frag_off & bpf_htons(0x3fff) ||
	    (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)) {
		no_service++;
		return XDP_PASS;
	}
	ports = advance(&c, sizeof(*ports));
	if (!ports) {
		malformed++;
		return XDP_PASS;
	}
	vip.addr = ip->daddr;
	vip.port = bpf_ntohs(ports->dst);
	vip.proto = ip->protocol;
	service = bpf_map_lookup_elem(&services, &vip);
	if (!service) {
		no_service++;
		return XDP_PASS;
	}
	check = l4_checksum(&c, ports, ip->protocol, &broken);
	if (broken) {
		malformed++;
		return XDP_DROP;
	}
	conn.src = ip->saddr;
	conn.dst = ip->daddr;
	conn.sport = ports->src;
	conn.dport = ports->dst;
	conn.proto = ip->protocol;
	chosen = choose_backend(&conn, service);
	index = chosen;
	backend = bpf_map_lookup_elem(&backends, &index);
	if (chosen < 0 || !backend || !backend->addr)
		return XDP_DROP;
	rewrite(eth, ip, ports, check, backend);
	load = bpf_map_lookup_elem(&loads, &index);
	if (load) {
		load->packets++;
		load->bytes += bytes;
	}
	return XDP_TX;
}
