/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf_fib_lookup and bpf_check_mtu against this kernel's, over the same small network: made with
 * ip(8) in a network namespace of the test's own, and written down as a struct skep_net for skep.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ask_both.h"
#include "unit/cmocka_all.h"

#define FRAME_LEN 96
#define PARAMS_AT 16
#define FLAGS_AT 80
#define ALL_FLAGS 0x7f /* one more than there are */
#define LEFT_MAC "02:00:00:00:00:01"
#define RIGHT_MAC "02:00:00:00:00:02"

/* The kernel's network. v0 forwards, v1 does not. */
static const char *const setup[] = {
	"ip link set lo up",
	"ip link add v0 address " LEFT_MAC " mtu 1400 type veth peer name v1 address " RIGHT_MAC,
	"cd /proc/sys/net/ipv6/conf/v0 && echo 0 >accept_dad && echo 1 >addr_gen_mode",
	"cd /proc/sys/net && echo 1 >ipv4/conf/v0/forwarding && echo 1 >ipv6/conf/v0/forwarding",
	"cd /proc/sys/net && echo 0 >ipv4/conf/v1/forwarding && echo 0 >ipv6/conf/v1/forwarding",
	"ip link set v0 up",
	"ip link set v1 up",
	"ip addr add 192.0.2.1/24 dev v0",
	"ip addr add 2001:db8:1::1/64 dev v0 nodad",
	"ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev v0",
	"ip neigh add 2001:db8:1::9 lladdr 02:00:00:00:00:0a dev v0",
	"ip route add 10.0.0.0/8 via 192.0.2.9",
	"ip route add 10.1.0.0/16 dev v1 metric 7",
	"ip route add blackhole 10.2.0.0/16",
	"ip route add unreachable 10.3.0.0/16",
	"ip route add prohibit 10.4.0.0/16",
	"ip route add 10.5.0.0/16 via 192.0.2.10",
	"ip route add 10.6.0.0/16 via 192.0.2.9 mtu lock 1000 metric 9",
	"ip route add 10.7.0.0/17 via inet6 2001:db8:1::9 dev v0",
	"ip route add 10.8.0.0/16 via 192.0.2.9 src 192.0.2.1",
	"ip route add 10.0.0.0/8 via 192.0.2.9 dev v0 table 100 metric 100",
	"ip rule add fwmark 7 lookup 100 priority 100",
	"ip -6 route add 2001:db8:a::/48 via 2001:db8:1::9 metric 20",
	"ip -6 route add blackhole 2001:db8:b::/48",
	"ip -6 route add unreachable 2001:db8:c::/48",
	"ip -6 route add prohibit 2001:db8:d::/48",
	"ip -6 route add 2001:db8:e::/48 via 2001:db8:1::8 metric 20",
	"ip -6 route add 2001:db8:f::/48 via 2001:db8:1::9 mtu lock 1300 metric 20",
};

static struct skep_net_link links[] = {
	{ .mtu = 1400,
	  .mac = { 2, 0, 0, 0, 0, 1 },
	  .forwarding4 = true,
	  .forwarding6 = true,
	  .addr4 = { 192, 0, 2, 1 } },
	{ .mtu = 1500, .mac = { 2, 0, 0, 0, 0, 2 } },
};

static struct skep_net_neigh neighs[2];
static struct skep_net_route routes[24];
static const struct skep_net_rule rules[] = { { .mark = 7, .mask = UINT32_MAX, .table = 100 } };
static struct skep_net net = {
	.size = sizeof(net),
	.links = links,
	.routes = routes,
	.neighs = neighs,
	.rules = rules,
	.nr_links = ARRAY_SIZE(links),
	.nr_rules = ARRAY_SIZE(rules),
};

static u8 family_of(const char *addr)
{
	return strchr(addr, ':') ? AF_INET6 : AF_INET;
}

static struct skep_net_route *add_route(const char *dst, u8 prefix_len, u8 type, const char *gw)
{
	struct skep_net_route *r = &routes[net.nr_routes++];

	*r = (struct skep_net_route){ .family = family_of(dst),
				      .type = type,
				      .prefix_len = prefix_len };
	r->ifindex = links[0].ifindex;
	inet_pton(r->family, dst, r->dst);
	if (gw) {
		r->gw_family = family_of(gw);
		inet_pton(r->gw_family, gw, r->gw);
	}
	return r;
}

static void add_neigh(const char *addr, u8 last)
{
	struct skep_net_neigh *n = &neighs[net.nr_neighs++];

	*n = (struct skep_net_neigh){ .ifindex = links[0].ifindex,
				      .family = family_of(addr),
				      .mac = { 2, 0, 0, 0, 0, last } };
	inet_pton(n->family, addr, n->addr);
}

/* The same network for skep. */
static void describe(void)
{
	links[0].ifindex = if_nametoindex("v0");
	links[1].ifindex = if_nametoindex("v1");
	inet_pton(AF_INET6, "2001:db8:1::1", links[0].addr6);
	add_neigh("192.0.2.9", 9);
	add_neigh("2001:db8:1::9", 10);
	add_route("192.0.2.1", 32, SKEP_ROUTE_LOCAL, NULL)->table = SKEP_TABLE_LOCAL;
	add_route("127.0.0.0", 8, SKEP_ROUTE_LOCAL, NULL)->table = SKEP_TABLE_LOCAL;
	add_route("192.0.2.0", 24, SKEP_ROUTE_UNICAST, NULL);
	add_route("10.0.0.0", 8, SKEP_ROUTE_UNICAST, "192.0.2.9");
	add_route("10.1.0.0", 16, SKEP_ROUTE_UNICAST, NULL)->metric = 7;
	routes[net.nr_routes - 1].ifindex = links[1].ifindex;
	add_route("10.2.0.0", 16, SKEP_ROUTE_BLACKHOLE, NULL);
	add_route("10.3.0.0", 16, SKEP_ROUTE_UNREACHABLE, NULL);
	add_route("10.4.0.0", 16, SKEP_ROUTE_PROHIBIT, NULL);
	add_route("10.5.0.0", 16, SKEP_ROUTE_UNICAST, "192.0.2.10");
	add_route("10.6.0.0", 16, SKEP_ROUTE_UNICAST, "192.0.2.9")->metric = 9;
	routes[net.nr_routes - 1].mtu = 1000;
	add_route("10.7.0.0", 17, SKEP_ROUTE_UNICAST, "2001:db8:1::9");
	inet_pton(AF_INET, "192.0.2.1",
		  add_route("10.8.0.0", 16, SKEP_ROUTE_UNICAST, "192.0.2.9")->prefsrc);
	add_route("10.0.0.0", 8, SKEP_ROUTE_UNICAST, "192.0.2.9")->table = 100;
	routes[net.nr_routes - 1].metric = 100;
	add_route("2001:db8:1::1", 128, SKEP_ROUTE_LOCAL, NULL)->table = SKEP_TABLE_LOCAL;
	add_route("2001:db8:1::", 64, SKEP_ROUTE_UNICAST, NULL)->metric = 256;
	add_route("2001:db8:a::", 48, SKEP_ROUTE_UNICAST, "2001:db8:1::9")->metric = 20;
	add_route("2001:db8:b::", 48, SKEP_ROUTE_BLACKHOLE, NULL);
	add_route("2001:db8:c::", 48, SKEP_ROUTE_UNREACHABLE, NULL);
	add_route("2001:db8:d::", 48, SKEP_ROUTE_PROHIBIT, NULL);
	add_route("2001:db8:e::", 48, SKEP_ROUTE_UNICAST, "2001:db8:1::8")->metric = 20;
	add_route("2001:db8:f::", 48, SKEP_ROUTE_UNICAST, "2001:db8:1::9")->metric = 20;
	routes[net.nr_routes - 1].mtu = 1300;
	assert_true(net.nr_routes <= ARRAY_SIZE(routes));
}

/* r0 = fib_lookup(ctx, the 64 bytes at PARAMS_AT, 64, the word at FLAGS_AT); the bytes go back. */
static u32 lookup_program(struct bpf_insn *out, s16 data, s16 data_end)
{
	struct bpf_insn *i = out;
	const struct bpf_insn start[] = {
		I_COPY(6, 1),
		I_LDX(BPF_W, 7, 1, data),
		I_LDX(BPF_W, 3, 1, data_end),
		I_COPY(2, 7),
		I_ADD(2, FRAME_LEN),
		I_MOV(0, 77),
		I_JMPX(BPF_JGT, 2, 3, 39),
	};
	const struct bpf_insn call[] = {
		I_LDX(BPF_W, 4, 7, FLAGS_AT),
		I_COPY(1, 6),
		I_COPY(2, 10),
		I_ADD(2, -64),
		I_MOV(3, 64),
		I_CALL(fib_lookup),
		I_COPY(8, 0),
	};

	memcpy(i, start, sizeof(start));
	i += ARRAY_SIZE(start);
	for (s16 off = 0; off < 64; off += 8) {
		*i++ = (struct bpf_insn)I_LDX(BPF_DW, 2, 7, PARAMS_AT + off);
		*i++ = (struct bpf_insn)I_STX(BPF_DW, 10, 2, -64 + off);
	}
	memcpy(i, call, sizeof(call));
	i += ARRAY_SIZE(call);
	for (s16 off = 0; off < 64; off += 8) {
		*i++ = (struct bpf_insn)I_LDX(BPF_DW, 2, 10, -64 + off);
		*i++ = (struct bpf_insn)I_STX(BPF_DW, 7, 2, PARAMS_AT + off);
	}
	*i++ = (struct bpf_insn)I_COPY(0, 8);
	*i++ = (struct bpf_insn)I_EXIT;
	out[6].off = i - out - 8;
	return i - out;
}

static u32 differ, asked;

static void compare(struct both *b, const struct bpf_fib_lookup *params, u32 flags,
		    const char *what)
{
	u8 frame[FRAME_LEN] = { [12] = 0x88, [13] = 0xb5 }, sink;
	struct kernel_run run = {
		.data_in = frame,
		.data_size_in = sizeof(frame),
		.data_out = &sink,
		.data_size_out = OUT_MAX,
	};
	char text[128];

	memcpy(frame + PARAMS_AT, params, sizeof(*params));
	memcpy(frame + FLAGS_AT, &flags, sizeof(flags));
	snprintf(text, sizeof(text), "%s, flags %#x", what, flags);
	both_run(b, &run, text, &differ);
	asked++;
}

static const char *const destinations[] = {
	"192.0.2.1",     "192.0.2.9",     "192.0.2.10",    "127.0.0.1",     "10.0.0.1",
	"10.1.2.3",      "10.2.0.1",      "10.3.0.1",      "10.4.0.1",      "10.5.0.1",
	"10.6.0.1",      "10.7.0.1",      "10.7.128.1",    "10.8.0.1",      "11.0.0.1",
	"203.0.113.5",   "2001:db8:1::1", "2001:db8:1::9", "2001:db8:1::8", "2001:db8:a::1",
	"2001:db8:b::1", "2001:db8:c::1", "2001:db8:d::1", "2001:db8:e::1", "2001:db8:f::1",
	"2001:db9::1",   "fe80::1",       "ff02::1",       "::1",
};

static void compare_destination(struct both *b, const char *dst, u32 ifindex)
{
	static const u16 lens[] = { 0, 60, 1000, 1001, 1300, 1301, 1400, 1401, 65535 };
	static const u32 tables[] = { 0, 7, 100, 254, 12345 };

	for (u32 flags = 0; flags <= ALL_FLAGS; flags++) {
		for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
			struct bpf_fib_lookup p = { .family = family_of(dst), .tot_len = lens[i] };

			p.ifindex = ifindex;
			p.l4_protocol = IPPROTO_TCP;
			inet_pton(p.family, dst, p.ipv6_dst);
			inet_pton(p.family, p.family == AF_INET ? "192.0.2.77" : "2001:db8:1::77",
				  p.ipv6_src);
			p.tbid = flags & BPF_FIB_LOOKUP_TBID ? tables[i % ARRAY_SIZE(tables)] : 0;
			p.mark = flags & BPF_FIB_LOOKUP_MARK ? 5 + i % 3 : 0;
			compare(b, &p, flags, dst);
		}
	}
}

static void routes_are_found_alike(void **state)
{
	static const u32 types[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS };
	u32 ifindexes[] = { links[0].ifindex, links[1].ifindex, 0, 54321 };

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct bpf_insn insns[64];
		bool xdp = types[t] == BPF_PROG_TYPE_XDP;
		u32 len = lookup_program(insns,
					 xdp ? offsetof(struct xdp_md, data)
					     : offsetof(struct __sk_buff, data),
					 xdp ? offsetof(struct xdp_md, data_end)
					     : offsetof(struct __sk_buff, data_end));
		struct both b;

		both_load(&b, xdp ? "xdp" : "sched_cls", types[t], xdp ? BPF_XDP : 0, 0, insns,
			  len);
		b.net = &net;
		for (size_t d = 0; d < ARRAY_SIZE(destinations); d++) {
			for (size_t i = 0; i < ARRAY_SIZE(ifindexes); i++)
				compare_destination(&b, destinations[d], ifindexes[i]);
		}
		for (u32 family = 0; family < 12; family++) {
			struct bpf_fib_lookup p = { .family = family, .ifindex = links[0].ifindex };

			compare(&b, &p, 0, "an empty question");
		}
		both_free(&b);
	}
	print_message("%u lookups compared, %u differ\n", asked, differ);
	assert_int_equal(differ, 0);
}

/* NULL when the network stands, else why it cannot be built. */
static const char *build_network(void)
{
	if (unshare(CLONE_NEWNET))
		return "no network namespace of its own";
	for (size_t i = 0; i < ARRAY_SIZE(setup); i++) {
		char command[256];

		snprintf(command, sizeof(command), "%s 2>/dev/null", setup[i]);
		if (system(command)) {
			print_message("failed: %s\n", setup[i]);
			return "ip(8) or a veth pair is missing";
		}
	}
	return NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_found_alike),
	};
	const char *why_not = kernel_answers();

	if (!why_not)
		why_not = build_network();
	if (why_not) {
		print_message("skipped: %s\n", why_not);
		return 77;
	}
	describe();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
