/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random scripts for test_helper_skb.c: sequences of calls with arguments that are often at the
 * edge of what a packet allows. SKB_SCRIPTS=N in the environment asks for N of them, SKB_SEED=S for
 * others.
 */
#include <stdlib.h>

static u64 random_state;

static u32 below(u32 n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (u32)(random_state >> 33) % n;
}

static u64 random_offset(void)
{
	static const s32 edges[] = { 0,  1,  12, 14, 24, 34,  40,     54,
				     60, 62, 63, 64, 80, 100, 0xffff, -1 };

	return below(4) ? edges[below(ARRAY_SIZE(edges))] : (s64)below(160);
}

static u64 random_proto(void)
{
	static const u16 protos[] = { 0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806 };

	return htons(protos[below(ARRAY_SIZE(protos))]);
}

static u64 random_room_flags(void)
{
	u64 flags = 0;

	for (u32 n = below(4); n; n--)
		flags |= 1ull << below(10);
	return flags | (below(4) ? 0 : (u64)below(80) << 56);
}

/*
 * How much a script may still put in front of the packet. When it outgrows the 64 bytes of headroom
 * of a test run, the kernel reallocates and from then on takes a number for the transport header
 * that it did not know before, and skb_change_tail refuses by that number. Nobody relies on it, and
 * skep does not.
 */
static u32 head_budget;

static u32 head_bytes(u32 n)
{
	u32 bytes = min(n, head_budget);

	head_budget -= bytes;
	return bytes;
}

/* One call of the list; all that programs of the type may do to a packet is in it. */
static struct call random_call(void)
{
	const u64 mem = MEM(below(100)), size = 1 + below(60);

	switch (below(20)) {
	case 0:
		return (struct call)CALL(skb_load_bytes, random_offset(), mem, size);
	case 1:
		return (struct call)CALL(skb_load_bytes_relative, random_offset(), mem, size,
					 below(3));
	case 2:
		return (struct call)CALL(skb_store_bytes, random_offset(), mem, size, below(4));
	case 3:
		return (struct call)CALL(skb_pull_data, random_offset());
	case 4:
		return (struct call)CALL(l3_csum_replace, random_offset(), below(3) * below(70000),
					 below(70000), 2 * below(3));
	case 5:
		return (struct call)CALL(l4_csum_replace, random_offset(), below(3) * below(70000),
					 below(70000), 2 * below(3) | below(16) << 4);
	case 6:
		return (struct call)CALL(csum_level, below(5));
	case 7:
		return (struct call)CALL(csum_update, below(70000));
	case 8:
		return (struct call)CALL(skb_change_head, head_bytes(below(60)), below(10) == 0);
	case 9:
	case 10:
		return (struct call)CALL(skb_change_tail, random_offset(), below(10) == 0);
	case 11:
		return (struct call)CALL(skb_change_proto, random_proto(), head_bytes(20) < 20);
	case 12:
	case 13:
		return (struct call)CALL(skb_adjust_room,
					 below(2) ? head_bytes(below(60)) : -(s64)below(60),
					 below(3), random_room_flags());
	case 14:
	case 15:
		if (head_bytes(4) < 4)
			return (struct call)CALL(skb_vlan_pop);
		return (struct call)CALL(skb_vlan_push, random_proto(), below(0x10000));
	case 16:
	case 17:
		return (struct call)CALL(skb_vlan_pop);
	case 18:
		return (struct call)CALL(skb_ecn_set_ce);
	default:
		return (struct call)CALL(skb_change_type, below(5));
	}
}

static u64 number_from_environment(const char *name, u64 otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

static void random_scripts_come_out_alike(void **state)
{
	static const struct {
		const char *name;
		const u8 *bytes;
		u32 len;
	} packets[] = {
		{ "udp4", udp4, sizeof(udp4) },    { "udp6", udp6, sizeof(udp6) },
		{ "vlan4", vlan4, sizeof(vlan4) }, { "qinq4", qinq4, sizeof(qinq4) },
		{ "arp", arp, sizeof(arp) },       { "vlan_llc", vlan_llc, sizeof(vlan_llc) },
	};
	u64 scripts = number_from_environment("SKB_SCRIPTS", 1500);

	random_state = number_from_environment("SKB_SEED", 1);
	for (u64 i = 0; i < scripts; i++) {
		u32 p = below(ARRAY_SIZE(packets)), calls = 1 + below(MAX_CALLS);
		struct script s = {
			.name = packets[p].name,
			.packet = packets[p].bytes,
			.len = packets[p].len,
			.complete = below(4) == 0,
			.mem = "Two skeps stood on the garden wall",
		};

		head_budget = 64;
		for (u32 c = 0; c < calls; c++)
			s.calls[c] = random_call();
		compare(&s);
	}
}
