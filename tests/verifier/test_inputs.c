/* SPDX-License-Identifier: BSD-2-Clause */
#include "test_inputs.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/netfilter.h>
#include <string.h>
#include <sys/socket.h>

#include "newer_types.h"

#define MAX_PACKET 8000
#define MAX_VALUE 65536

/* ---- packets ----------------------------------------------------------------------------------
 */

enum { ZEROS, NOISE, IPV4, IPV6 };

/* One row a packet. mark: in a struct __sk_buff or xdp_md that goes with it, or a hook's number in a
 * struct nf_hook_state; 0: none does. */
struct packet_input {
	u8 kind, protocol;
	u16 size;
	u32 mark;
};

static const struct packet_input packets[] = {
	{ ZEROS, 0, 64, 0 },           { ZEROS, 0, 14, 0 },
	{ NOISE, 0, 200, 0 },          { IPV4, IPPROTO_TCP, 54, 0 },
	{ IPV4, IPPROTO_UDP, 128, 4 }, { IPV4, IPPROTO_ICMP, 1500, 0 },
	{ IPV6, IPPROTO_TCP, 74, 0 },  { IPV6, IPPROTO_UDP, 300, 8 },
	{ NOISE, 0, 3000, 0 },         { IPV4, IPPROTO_IPIP, MAX_PACKET, 0 },
};

static u8 noise(void)
{
	static u64 state = 1;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (u8)(state >> 56);
}

static void fill_noise(void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((u8 *)to)[i] = noise();
}

/* Ethernet, the header of IP, and ports behind it. */
static void fill_packet(const struct packet_input *in, u8 *to)
{
	static const u8 macs[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2 };
	u16 rest = in->size - ETH_HLEN;

	memset(to, 0, in->size);
	if (in->kind == ZEROS)
		return;
	fill_noise(to, in->size);
	if (in->kind == NOISE)
		return;
	memcpy(to, macs, sizeof(macs));
	if (in->kind == IPV4) {
		const u8 head[] = { 0x45, 0, rest >> 8, (u8)rest, 0, 0, 0x40, 0, 64, in->protocol };

		to[12] = 0x08, to[13] = 0x00;
		memcpy(to + ETH_HLEN, head, sizeof(head));
		return;
	}
	const u8 head[] = {
		0x60, 0, 0, 0, (u8)((rest - 40) >> 8), (u8)(rest - 40), in->protocol, 64
	};

	to[12] = 0x86, to[13] = 0xdd;
	memcpy(to + ETH_HLEN, head, sizeof(head));
}

static bool packet_input(enum bpf_prog_type type, u32 nr, struct bpf_test_run_opts *opts)
{
	static u8 packet[MAX_PACKET];
	static struct __sk_buff skb;
	static struct xdp_md xdp;
	static u8 hook[2];
	const struct packet_input *in = &packets[nr];

	if (nr >= sizeof(packets) / sizeof(packets[0]))
		return false;
	fill_packet(in, packet);
	opts->data_in = packet;
	opts->data_size_in = in->size;
	opts->repeat = 1;
	if (!in->mark)
		return true;
	if (type == BPF_PROG_TYPE_XDP) {
		xdp = (struct xdp_md){ .data = in->mark, .data_end = in->size };
		opts->ctx_in = &xdp;
		opts->ctx_size_in = sizeof(xdp);
	} else if (type == TYPE_NETFILTER) {
		hook[0] = (u8)in->mark;
		hook[1] = in->kind == IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
		opts->ctx_in = hook;
		opts->ctx_size_in = sizeof(hook);
	} else if (type != BPF_PROG_TYPE_FLOW_DISSECTOR) {
		skb = (struct __sk_buff){ .mark = in->mark, .priority = 3, .tstamp = 7 };
		fill_noise(skb.cb, sizeof(skb.cb));
		opts->ctx_in = &skb;
		opts->ctx_size_in = sizeof(skb);
	}
	return true;
}

/* ---- contexts ---------------------------------------------------------------------------------
 */

static bool plain_input(u32 nr, u32 most, struct bpf_test_run_opts *opts)
{
	static const u32 sizes[] = { 0, 16, 64, 96, 512, 65535 };
	static u8 ctx[65535];
	u32 size = nr / 2 < sizeof(sizes) / sizeof(sizes[0]) ? sizes[nr / 2] : most + 1;

	if (size > most)
		return false;
	memset(ctx, 0, size);
	if (nr % 2)
		fill_noise(ctx, size);
	opts->ctx_in = size ? ctx : NULL;
	opts->ctx_size_in = size;
	return true;
}

static bool lookup_input(u32 nr, struct bpf_test_run_opts *opts)
{
	static struct bpf_sk_lookup ctx;

	ctx = (struct bpf_sk_lookup){ .family = nr ? AF_INET6 : AF_INET,
				      .protocol = IPPROTO_TCP,
				      .local_port = 8080 };
	fill_noise(&ctx.remote_ip4, sizeof(ctx.remote_ip4));
	opts->ctx_in = &ctx;
	opts->ctx_size_in = sizeof(ctx);
	return nr < 2;
}

/* The arguments of functions of a struct: how many, nobody says. */
static bool ops_input(u32 nr, struct bpf_test_run_opts *opts)
{
	static int state;
	static u64 args[5];

	state = (int)nr - 1;
	for (u32 i = 1; i < 5; i++)
		args[i] = (u64)nr * (i - 2);
	args[0] = (u64)(uintptr_t)&state;
	opts->ctx_in = args;
	opts->ctx_size_in = (nr % 5 + 1) * sizeof(*args);
	return nr < 10;
}

bool test_input(enum bpf_prog_type type, u32 nr, struct bpf_test_run_opts *opts)
{
	*opts = (struct bpf_test_run_opts){ .sz = sizeof(*opts) };
	switch (type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		return plain_input(nr, 96, opts);
	case BPF_PROG_TYPE_SYSCALL:
		return plain_input(nr, 65535, opts);
	case BPF_PROG_TYPE_SK_LOOKUP:
		return lookup_input(nr, opts);
	case BPF_PROG_TYPE_STRUCT_OPS:
		return ops_input(nr, opts);
	default:
		return packet_input(type, nr, opts);
	}
}

/* ---- maps -------------------------------------------------------------------------------------
 */

static void fill_programs(const struct bpf_map *map, int prog_fd)
{
	for (u32 key = 0; key < 4; key++)
		bpf_map_update_elem(bpf_map__fd(map), &key, &prog_fd, BPF_ANY);
}

/* What fails to be written was not to be. */
void fill_maps(struct bpf_object *obj, int prog_fd)
{
	static u8 key[512], value[MAX_VALUE];
	struct bpf_map *map;

	bpf_object__for_each_map (map, obj) {
		u32 size = bpf_map__value_size(map);

		switch (bpf_map__type(map)) {
		case BPF_MAP_TYPE_ARRAY:
		case BPF_MAP_TYPE_HASH:
		case BPF_MAP_TYPE_LRU_HASH:
		case BPF_MAP_TYPE_LPM_TRIE:
			break;
		case BPF_MAP_TYPE_PROG_ARRAY:
			fill_programs(map, prog_fd);
			continue;
		default:
			continue;
		}
		if (size > sizeof(value) || bpf_map__key_size(map) > sizeof(key))
			continue;
		fill_noise(value, size);
		bpf_map_update_elem(bpf_map__fd(map), key, value, BPF_ANY);
	}
}
