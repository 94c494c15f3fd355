/* SPDX-License-Identifier: BSD-2-Clause */
/* The scripts of test_helper_skb.c, by theme. */

static void bytes_are_read_and_written_alike(void **state)
{
	static const s64 offs[] = {
		0, 1, 13, 14, 33, 60, 63, 64, 65, 0xffff, 0x10000, INT32_MAX, -1
	};
	static const u32 lens[] = { 1, 4, 20, 64, 200 };

	for (size_t o = 0; o < ARRAY_SIZE(offs); o++) {
		for (size_t l = 0; l < ARRAY_SIZE(lens); l++) {
			TEST(udp4, CALL(skb_load_bytes, offs[o], MEM(0), lens[l]),
			     CALL(skb_store_bytes, offs[o], MEM(0), lens[l], BPF_F_RECOMPUTE_CSUM),
			     CALL(skb_load_bytes_relative, offs[o], MEM(8), lens[l],
				  BPF_HDR_START_NET),
			     CALL(skb_load_bytes_relative, offs[o], MEM(20), lens[l],
				  BPF_HDR_START_MAC));
		}
	}
	TEST(udp4, CALL(skb_store_bytes, 20, MEM(0), 8, BPF_F_INVALIDATE_HASH),
	     CALL(skb_store_bytes, 20, MEM(0), 8, 4),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 8, 2),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 8, 77), CALL(skb_pull_data, 0),
	     CALL(skb_pull_data, 64), CALL(skb_pull_data, 65), CALL(skb_pull_data, -1));
}

static void checksums_come_out_alike(void **state)
{
	static const s64 offs[] = { 24, 40, 41, 62, 63, 64, 0x10000 };
	static const u64 flags[] = { 0,    2,    4,    1,    3,    8,    0x10, 0x12, 0x14, 0x20,
				     0x24, 0x34, 0x40, 0x54, 0x62, 0x64, 0x94, 0x90, 0x100 };

	for (size_t o = 0; o < ARRAY_SIZE(offs); o++) {
		for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
			TEST(udp4, CALL(l3_csum_replace, offs[o], 0x1234, 0xfedc, flags[f]),
			     CALL(l4_csum_replace, offs[o], 0x0100000a, 0xdeadbeef12345678,
				  flags[f]),
			     CALL(l4_csum_replace, offs[o], 0, 0xabcdef01, flags[f]),
			     CALL(l3_csum_replace, offs[o], 0, 0xabcdef01, flags[f]),
			     CALL(l3_csum_replace, offs[o], 0xffff, 0, flags[f]));
		}
	}
	/* UDP without a checksum. */
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
		TEST(udp6, CALL(l4_csum_replace, 60, 1, 2, flags[f]),
		     CALL(l4_csum_replace, 60, 0, 2, flags[f]),
		     CALL(l4_csum_replace, 60, 0, 0xffff, flags[f]));
	TEST(udp4, CALL(csum_update, 0x1234), CALL(csum_level, BPF_CSUM_LEVEL_QUERY),
	     CALL(csum_level, BPF_CSUM_LEVEL_INC), CALL(csum_level, BPF_CSUM_LEVEL_INC),
	     CALL(csum_level, BPF_CSUM_LEVEL_QUERY), CALL(csum_level, BPF_CSUM_LEVEL_DEC),
	     CALL(csum_level, BPF_CSUM_LEVEL_QUERY), CALL(csum_level, 4));
	TEST(udp4, CALL(csum_level, BPF_CSUM_LEVEL_INC), CALL(csum_level, BPF_CSUM_LEVEL_INC),
	     CALL(csum_level, BPF_CSUM_LEVEL_INC), CALL(csum_level, BPF_CSUM_LEVEL_INC),
	     CALL(csum_level, BPF_CSUM_LEVEL_INC), CALL(csum_level, BPF_CSUM_LEVEL_QUERY),
	     CALL(csum_level, BPF_CSUM_LEVEL_RESET), CALL(csum_level, BPF_CSUM_LEVEL_QUERY));
}

/* csum_diff(from, from_size, to, to_size, seed 0) */
#define DIFF(from, from_size, to, to_size)                                                         \
	{                                                                                          \
		.nr = BPF_FUNC_csum_diff, .args = { from, from_size, to, to_size }, .no_ctx = true \
	}

static void differences_of_any_size_sum_up_alike(void **state)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 7, 8, 9, 12, 20, 40, 63, 128 };

	for (size_t a = 0; a < ARRAY_SIZE(sizes); a++) {
		for (size_t b = 0; b < ARRAY_SIZE(sizes); b++) {
			TEST(udp4, DIFF(MEM(0), sizes[a], MEM(4), sizes[b]),
			     DIFF(MEM(1), sizes[a], MEM(7), sizes[b]), DIFF(0, 0, MEM(0), sizes[a]),
			     DIFF(MEM(0), sizes[a], 0, 0),
			     DIFF(MEM(128), sizes[a], MEM(128), sizes[b]), DIFF(0, 0, 0, 0),
			     DIFF(MEM(0), 3, MEM(0), 4));
		}
	}
}

static void heads_and_tails_change_alike(void **state)
{
	static const s64 lens[] = { 0,  1,   13,   14,   15,    34,    63,    64,
				    65, 100, 1500, 9000, 16064, 16065, 16384, -1 };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		TEST(udp4, CALL(skb_change_tail, lens[i], 0), CALL(skb_load_bytes, 40, MEM(0), 30));
		TEST(udp4, CALL(skb_change_tail, lens[i], 1), CALL(skb_change_head, lens[i], 1));
		if (lens[i] < 4000)
			TEST(udp4, CALL(skb_change_head, lens[i], 0),
			     CALL(skb_load_bytes, 0, MEM(0), 30),
			     CALL(skb_load_bytes_relative, 0, MEM(40), 20, BPF_HDR_START_NET),
			     CALL(skb_load_bytes_relative, 0, MEM(80), 20, BPF_HDR_START_MAC),
			     CALL(skb_change_tail, 20, 0), CALL(skb_vlan_push, 0, 5));
	}
	TEST(arp, CALL(skb_change_tail, 14, 0), CALL(skb_change_tail, 60, 0),
	     CALL(skb_change_head, 14, 0));
}

static void protocols_change_alike(void **state)
{
	const u16 ip = htons(0x0800), ip6 = htons(0x86dd);

	TEST(udp4, CALL(skb_change_proto, ip6, 0),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 60, BPF_HDR_START_NET));
	TEST(udp4, CALL(skb_change_proto, ip6, 0), CALL(skb_change_proto, ip, 0));
	TEST(udp6, CALL(skb_change_proto, ip, 0), CALL(skb_change_proto, ip6, 0));
	TEST(udp4, CALL(skb_change_proto, ip6, 1), CALL(skb_change_proto, ip, 0),
	     CALL(skb_change_proto, 0, 0));
	TEST(udp6, CALL(skb_change_proto, ip6, 0));
	TEST(arp, CALL(skb_change_proto, ip6, 0), CALL(skb_change_proto, ip, 0));
	TEST(vlan4, CALL(skb_change_proto, ip6, 0), CALL(skb_vlan_pop),
	     CALL(skb_change_proto, ip6, 0));
	TEST(udp6, CALL(skb_change_tail, 30, 0), CALL(skb_change_proto, ip, 0));
}

static void room_is_made_and_taken_alike(void **state)
{
	static const s64 diffs[] = { 0,  1,  8,   20,  28,  50,  1000, 4095,  4096,  -1,
				     -4, -8, -20, -28, -29, -30, -40,  -4095, -4096, INT32_MIN };

	for (size_t d = 0; d < ARRAY_SIZE(diffs); d++) {
		for (u32 mode = 0; mode < 3; mode++) {
			TEST(udp4, CALL(skb_adjust_room, diffs[d], mode, 0),
			     CALL(skb_load_bytes_relative, 0, MEM(0), 20, BPF_HDR_START_NET));
			TEST(udp6, CALL(skb_adjust_room, diffs[d], mode, 0),
			     CALL(skb_adjust_room, 8, mode, 0), CALL(skb_vlan_push, 0, 1),
			     CALL(skb_adjust_room, -8, mode, 0));
		}
	}
	TEST(arp, CALL(skb_adjust_room, 8, BPF_ADJ_ROOM_MAC, 0));
	TEST(vlan4, CALL(skb_adjust_room, 8, BPF_ADJ_ROOM_MAC, 0));
	TEST(udp4, CALL(skb_change_tail, 20, 0), CALL(skb_adjust_room, 8, BPF_ADJ_ROOM_NET, 0));
	TEST(udp4, CALL(skb_change_tail, 20, 0), CALL(skb_adjust_room, 8, BPF_ADJ_ROOM_MAC, 0));
}

static void room_flags_are_checked_alike(void **state)
{
	static const s64 diffs[] = { 8, 20, 40, 50, -8, -20 };
	static const u64 l2[] = { 0, 14ull << 56, 60ull << 56 };

	for (size_t d = 0; d < ARRAY_SIZE(diffs); d++) {
		for (u64 flags = 0; flags < 0x400; flags++) {
			/* Pairs of flags say all there is to say. */
			if (__builtin_popcountll(flags) > 3)
				continue;
			for (size_t l = 0; l < ARRAY_SIZE(l2); l++) {
				TEST(udp4, CALL(csum_level, BPF_CSUM_LEVEL_INC),
				     CALL(skb_adjust_room, diffs[d], BPF_ADJ_ROOM_MAC,
					  flags | l2[l]),
				     CALL(csum_level, BPF_CSUM_LEVEL_QUERY),
				     CALL(skb_load_bytes_relative, 0, MEM(0), 20,
					  BPF_HDR_START_NET),
				     CALL(skb_change_tail, 60, 0),
				     CALL(skb_adjust_room, 4, BPF_ADJ_ROOM_NET, flags));
			}
		}
	}
}

static void vlan_tags_are_pushed_and_popped_alike(void **state)
{
	const u16 q = htons(0x8100), ad = htons(0x88a8);

	TEST(udp4, CALL(skb_vlan_push, q, 100));
	TEST(udp4, CALL(skb_vlan_push, q, 100), CALL(skb_vlan_push, ad, 200),
	     CALL(skb_vlan_push, 0x1234, 0xffff));
	TEST(udp4, CALL(skb_vlan_push, q, 100), CALL(skb_vlan_push, ad, 200), CALL(skb_vlan_pop),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 20, BPF_HDR_START_NET), CALL(skb_vlan_pop),
	     CALL(skb_load_bytes_relative, 0, MEM(40), 20, BPF_HDR_START_NET), CALL(skb_vlan_pop));
	TEST(vlan4, CALL(skb_vlan_pop),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 20, BPF_HDR_START_NET));
	TEST(vlan4, CALL(skb_vlan_push, ad, 7), CALL(skb_vlan_pop), CALL(skb_vlan_pop),
	     CALL(skb_vlan_pop));
	TEST(qinq4, CALL(skb_vlan_pop), CALL(skb_vlan_pop), CALL(skb_vlan_pop));
	TEST(qinq4, CALL(skb_vlan_pop), CALL(skb_vlan_push, q, 3), CALL(skb_vlan_push, q, 4),
	     CALL(skb_vlan_pop));
	TEST(vlan_llc, CALL(skb_vlan_pop),
	     CALL(skb_load_bytes_relative, 0, MEM(0), 10, BPF_HDR_START_NET));
	TEST(arp, CALL(skb_vlan_pop), CALL(skb_vlan_push, 0, 0), CALL(skb_vlan_push, 0, 0));
	TEST(vlan4, CALL(skb_change_tail, 16, 0), CALL(skb_vlan_pop));
	TEST(udp4, CALL(skb_change_head, 8, 0), CALL(skb_vlan_push, q, 1),
	     CALL(skb_vlan_push, q, 2), CALL(skb_vlan_pop));
}

static void tunnel_keys_are_kept_alike(void **state)
{
	static const u32 sizes[] = { 4, 8, 12, 22, 24, 28, 40, 44, 48 };
	static const u64 flags[] = { 0, 1, 2, 4, 8, 16, 17, 32, 3, 0x100 };

	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
			TEST(udp4, CALL(skb_get_tunnel_key, MEM(100), sizes[s], flags[f]),
			     CALL(skb_set_tunnel_key, MEM(60), sizes[s], flags[f]),
			     CALL(skb_get_tunnel_key, MEM(100), 44, flags[f] & 1),
			     CALL(skb_get_tunnel_key, MEM(150), 44,
				  (flags[f] & 1) | BPF_F_TUNINFO_FLAGS),
			     CALL(skb_get_tunnel_key, MEM(200), sizes[s], flags[f]));
			TEST(udp4, CALL(skb_set_tunnel_key, MEM(1), 44, flags[f]),
			     CALL(skb_set_tunnel_key, MEM(0), 22, flags[f]),
			     CALL(skb_get_tunnel_key, MEM(100), 44, flags[f] & 1));
		}
	}
	TEST(udp4, CALL(skb_set_tunnel_opt, MEM(0), 8), CALL(skb_get_tunnel_opt, MEM(100), 8),
	     CALL(skb_set_tunnel_key, MEM(60), 44, 0), CALL(skb_get_tunnel_opt, MEM(100), 8),
	     CALL(skb_set_tunnel_opt, MEM(0), 7), CALL(skb_set_tunnel_opt, MEM(0), 12),
	     CALL(skb_get_tunnel_opt, MEM(100), 8), CALL(skb_get_tunnel_opt, MEM(120), 20));
	TEST(udp4, CALL(skb_set_tunnel_key, MEM(60), 44, 0), CALL(skb_set_tunnel_opt, MEM(0), 12),
	     CALL(skb_get_tunnel_key, MEM(100), 44, BPF_F_TUNINFO_FLAGS),
	     CALL(skb_set_tunnel_opt, MEM(0), 256), CALL(skb_set_tunnel_opt, MEM(0), 4),
	     CALL(skb_get_tunnel_opt, MEM(150), 20));
}

static void what_stands_beside_a_packet_changes_alike(void **state)
{
	TEST(udp4, CALL(skb_change_type, 0), CALL(skb_change_type, 4), CALL(skb_change_type, 2));
	TEST(udp4, CALL(skb_change_type, 1));
	TEST(udp4, CALL(skb_set_tstamp, 12345, 0), CALL(skb_set_tstamp, 0, 1),
	     CALL(skb_set_tstamp, 5, 1), CALL(skb_set_tstamp, 5, 3));
	TEST(udp4, CALL(skb_set_tstamp, 7, 2), CALL(skb_set_tstamp, 0, 2));
	TEST(udp4, CALL(skb_set_tstamp, 7, 1), CALL(skb_set_tstamp, 0, 0));
	TEST(arp, CALL(skb_set_tstamp, 7, 1));
	TEST(udp4, CALL(skb_ecn_set_ce), CALL(skb_ecn_set_ce));
	TEST(udp6, CALL(skb_ecn_set_ce), CALL(skb_ecn_set_ce));
	TEST(vlan4, CALL(skb_ecn_set_ce), CALL(skb_vlan_pop), CALL(skb_ecn_set_ce));
	TEST(qinq4, CALL(skb_ecn_set_ce), CALL(skb_vlan_pop), CALL(skb_ecn_set_ce));
	TEST(arp, CALL(skb_ecn_set_ce));
	for (u64 tos = 0; tos < 4; tos++)
		TEST(udp4, CALL(skb_store_bytes, 15, MEM(tos * 3), 1, 0), CALL(skb_ecn_set_ce));
	TEST(udp4, CALL(set_hash, 0x12345678), CALL(get_hash_recalc));
	TEST(udp4, CALL(get_route_realm), CALL(get_cgroup_classid), CALL(skb_cgroup_classid));
	TEST(udp4, CALL(skb_get_xfrm_state, 0, MEM(0), 28, 0),
	     CALL(skb_get_xfrm_state, 0, MEM(40), 8, 0));
	TEST(udp4, CALL(clone_redirect, 0x7ffffff0, 0), CALL(clone_redirect, 1, 2));
}

static void the_longest_packet_is_as_long(void **state)
{
	for (u32 len = 15900; len <= 16400; len += 4)
		TEST(udp4, CALL(skb_change_tail, len, 0));
}

static void a_sum_of_the_device_is_kept_right_alike(void **state)
{
	static const u64 flags[] = { 0, 2, 4, 0x10, 0x12, 0x14, 0x90, 0x94 };
	const u16 ip = htons(0x0800), ip6 = htons(0x86dd), q = htons(0x8100);

	TEST_COMPLETE(udp4, CALL(skb_store_bytes, 20, MEM(0), 8, BPF_F_RECOMPUTE_CSUM));
	TEST_COMPLETE(udp4, CALL(skb_store_bytes, 21, MEM(0), 7, BPF_F_RECOMPUTE_CSUM));
	TEST_COMPLETE(udp4, CALL(skb_store_bytes, 20, MEM(0), 8, 0));
	for (size_t f = 0; f < ARRAY_SIZE(flags); f++) {
		TEST_COMPLETE(udp4, CALL(l4_csum_replace, 40, 0, 0x12345678, flags[f]));
		TEST_COMPLETE(udp4, CALL(l4_csum_replace, 40, 0x1234, 0x12345678, flags[f]));
		TEST_COMPLETE(udp6, CALL(l4_csum_replace, 60, 0x1234, 0x12345678, flags[f]));
		TEST_COMPLETE(udp4, CALL(l3_csum_replace, 24, 0x1234, 0x12345678, flags[f]));
	}
	TEST_COMPLETE(udp4, CALL(csum_update, 0));
	TEST_COMPLETE(udp4, CALL(csum_update, 0x1234));
	TEST_COMPLETE(udp4, CALL(skb_change_proto, ip6, 0));
	TEST_COMPLETE(udp6, CALL(skb_change_proto, ip, 0));
	TEST_COMPLETE(udp4, CALL(skb_adjust_room, 20, BPF_ADJ_ROOM_MAC, 0));
	TEST_COMPLETE(udp4, CALL(skb_adjust_room, 20, BPF_ADJ_ROOM_NET, 0));
	TEST_COMPLETE(udp4, CALL(skb_adjust_room, -8, BPF_ADJ_ROOM_MAC, 0));
	TEST_COMPLETE(udp4, CALL(skb_adjust_room, -8, BPF_ADJ_ROOM_NET, 0));
	TEST_COMPLETE(udp4, CALL(skb_adjust_room, -7, BPF_ADJ_ROOM_NET, 0));
	TEST_COMPLETE(udp4, CALL(skb_vlan_push, q, 5), CALL(skb_vlan_push, q, 6));
	TEST_COMPLETE(udp4, CALL(skb_vlan_push, q, 5), CALL(skb_vlan_push, q, 6),
		      CALL(skb_vlan_pop));
	TEST_COMPLETE(vlan4, CALL(skb_vlan_pop));
	TEST_COMPLETE(qinq4, CALL(skb_vlan_pop), CALL(skb_vlan_pop));
	TEST_COMPLETE(udp4, CALL(skb_ecn_set_ce));
	TEST_COMPLETE(udp6, CALL(skb_ecn_set_ce));
	TEST_COMPLETE(udp4, CALL(skb_change_tail, 50, 0), CALL(csum_update, 1));
	TEST_COMPLETE(udp4, CALL(skb_change_tail, 64, 0), CALL(csum_update, 0));
	TEST_COMPLETE(udp4, CALL(skb_change_tail, 80, 0), CALL(csum_update, 1));
	TEST_COMPLETE(udp4, CALL(skb_change_head, 14, 0));
	TEST_COMPLETE(udp4, CALL(csum_level, BPF_CSUM_LEVEL_INC),
		      CALL(csum_level, BPF_CSUM_LEVEL_QUERY));
}
