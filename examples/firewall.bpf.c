/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A firewall in front of a host (XDP). A packet is dropped when it is malformed, when its source lies in a
 * blocked prefix, or when its destination port is closed; the rest passes and is counted by flow.
 * Every drop is told to user space through a ring buffer.
 *
 * What it shows: parsing with bounds checks, LPM and hash lookups, an LRU flow table, per-CPU counters, a
 * ring buffer, read-only configuration that the loader may set.
 */
#include "parse.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Set before loading; constant for the verifier, which drops the branches that it decides. */
const volatile bool drop_fragments = true;

enum verdict { PASSED, MALFORMED, FRAGMENT, BLOCKED_SOURCE, CLOSED_PORT, NR_VERDICTS };

/* Prefixes of both families in one trie: IPv4 addresses stand as IPv4-mapped IPv6 ones (::ffff:a.b.c.d). */
struct prefix {
	__u32 len;
	__u8 addr[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 1024);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32); /* rule number, for the event */
} blocked SEC(".maps");

struct service {
	__u16 port; /* host byte order */
	__u8 proto; /* IPPROTO_* */
	__u8 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct service);
	__type(value, __u32); /* rule number */
} closed SEC(".maps");

struct flow {
	__u8 src[16], dst[16];
	__u16 sport, dport; /* host byte order */
	__u8 proto, pad[3];
};

struct traffic {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct flow);
	__type(value, struct traffic);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_VERDICTS);
	__type(key, __u32);
	__type(value, struct traffic);
} counters SEC(".maps");

struct event {
	__u32 verdict, rule;
	struct flow flow;
};

/* Keeps the type in BTF, so that readers of the ring can print records by it. */
const struct event *unused_event __attribute__((unused));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

static __always_inline void map_ipv4(__u8 addr[16], __be32 ipv4)
{
	__builtin_memset(addr, 0, 10);
	addr[10] = addr[11] = 0xff;
	__builtin_memcpy(addr + 12, &ipv4, 4);
}

static __always_inline enum verdict parse_ports(struct cursor *c, struct flow *flow)
{
	struct ports *ports;

	if (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP)
		return PASSED;
	ports = advance(c, sizeof(*ports));
	if (!ports)
		return MALFORMED;
	flow->sport = bpf_ntohs(ports->src);
	flow->dport = bpf_ntohs(ports->dst);
	return PASSED;
}

static __always_inline enum verdict parse_v4(struct cursor *c, struct flow *flow)
{
	struct iphdr *ip = parse_ipv4(c);

	if (!ip)
		return MALFORMED;
	map_ipv4(flow->src, ip->saddr);
	map_ipv4(flow->dst, ip->daddr);
	flow->proto = ip->protocol;
	/* Only the first fragment has ports: the others cannot be judged. */
	if (ip->frag_off & bpf_htons(0x3fff))
		return drop_fragments ? FRAGMENT : PASSED;
	return parse_ports(c, flow);
}

static __always_inline enum verdict parse_v6(struct cursor *c, struct flow *flow)
{
	struct ipv6hdr *ip6 = parse_ipv6(c);

	if (!ip6)
		return MALFORMED;
	__builtin_memcpy(flow->src, &ip6->saddr, 16);
	__builtin_memcpy(flow->dst, &ip6->daddr, 16);
	flow->proto = ip6->nexthdr;
	return parse_ports(c, flow);
}

static __always_inline enum verdict apply_rules(const struct flow *flow, __u32 *rule)
{
	struct prefix source = { .len = 128 };
	struct service service = { .port = flow->dport, .proto = flow->proto };
	__u32 *found;

	__builtin_memcpy(source.addr, flow->src, 16);
	found = bpf_map_lookup_elem(&blocked, &source);
	if (found) {
		*rule = *found;
		return BLOCKED_SOURCE;
	}
	found = bpf_map_lookup_elem(&closed, &service);
	if (found) {
		*rule = *found;
		return CLOSED_PORT;
	}
	return PASSED;
}

static __always_inline void count_flow(const struct flow *flow, __u64 bytes)
{
	struct traffic *known = bpf_map_lookup_elem(&flows, flow);
	struct traffic first = { .packets = 1, .bytes = bytes };

	if (!known) {
		bpf_map_update_elem(&flows, flow, &first, BPF_NOEXIST);
		return;
	}
	/* Other CPUs may see the same flow: these are atomic additions. */
	__sync_fetch_and_add(&known->packets, 1);
	__sync_fetch_and_add(&known->bytes, bytes);
}

static __always_inline void tell(enum verdict verdict, __u32 rule, const struct flow *flow)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return; /* nobody reads: the packet is dropped all the same */
	event->verdict = verdict;
	event->rule = rule;
	event->flow = *flow;
	bpf_ringbuf_submit(event, 0);
}

SEC("xdp")
int firewall(struct xdp_md *ctx)
{
	struct cursor c = { (void *)(long)ctx->data, (void *)(long)ctx->data_end };
	__u64 bytes = c.end - c.at;
	struct flow flow = {};
	struct traffic *counter;
	struct ethhdr *eth;
	enum verdict verdict;
	__u32 key, rule = 0;
	__be16 proto = parse_ethernet(&c, &eth);

	if (proto == bpf_htons(ETH_P_IP))
		verdict = parse_v4(&c, &flow);
	else if (proto == bpf_htons(ETH_P_IPV6))
		verdict = parse_v6(&c, &flow);
	else
		verdict = proto ? PASSED : MALFORMED; /* ARP and the like are not ours to judge */

	if (verdict == PASSED && flow.proto)
		verdict = apply_rules(&flow, &rule);
	key = verdict;
	counter = bpf_map_lookup_elem(&counters, &key);
	if (counter) {
		counter->packets++; /* this CPU's own: no atomic needed */
		counter->bytes += bytes;
	}
	if (verdict != PASSED) {
		tell(verdict, rule, &flow);
		return XDP_DROP;
	}
	if (flow.proto)
		count_flow(&flow, bytes);
	return XDP_PASS;
}
