/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet helpers where the kernel has no counterpart to compare with: frames of a fixed size,
 * fragments and metadata in hand-made places, and the flow hash, whose key is the kernel's own.
 * (tests/compat/test_helper_skb.c compares the rest.)
 */
#include <arpa/inet.h>

#include "cmocka_all.h"
#include "ctx/packet.h"
#include "helper_run.h"

#define FRAME 512

static u8 frame[FRAME], frag_bytes[64];
static struct run run;

/* clang-format off */
static const u8 udp4[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00,
	0x45, 0, 0, 36, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x30, 0x39, 0, 53, 0, 16, 0, 0, 'w', 'a', 'x', ' ', 'w', 'i', 'n', 'g',
};
static const u8 udp6[] = {
	2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd,
	0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x30, 0x39, 0, 53, 0, 8, 0, 0,
};
/* clang-format on */

/* A packet with so much room before it; the rest of the frame is behind it. */
static struct skb_ctx skb_of(const u8 *packet, u32 len, u32 headroom, u32 tailroom)
{
	struct skb_ctx skb = { .is_l2 = true };

	memset(frame, 0xee, sizeof(frame));
	skb.pkt.frame = frame;
	skb.pkt.data = skb.pkt.meta = frame + headroom;
	skb.pkt.data_end = skb.pkt.data + len;
	skb.pkt.frame_end = skb.pkt.data_end + tailroom;
	assert_true(skb.pkt.frame_end <= frame + FRAME);
	memcpy(skb.pkt.data, packet, len);
	skb.mac_header = skb.pkt.data;
	skb.network_header = skb.pkt.data + 14;
	memcpy(&skb.protocol, packet + 12, 2);
	skep__skb_sync(&skb);
	return skb;
}

#define SKB(packet, head, tail) skb_of(packet, sizeof(packet), head, tail)

static void assert_headers(const struct skb_ctx *skb, s32 mac, s32 network)
{
	assert_int_equal(skb->mac_header - skb->pkt.data, mac);
	assert_int_equal(skb->network_header - skb->pkt.data, network);
}

static void a_packet_moves_inside_its_frame_when_one_side_lacks_room(void **state)
{
	struct skb_ctx skb = SKB(udp4, 4, 100);

	assert_int_equal(CALL(&run, skb_change_head, &skb, 40, 0, 0, 0), 0);
	assert_int_equal(skb.md.len, sizeof(udp4) + 40);
	assert_memory_equal(skb.pkt.data + 40, udp4, sizeof(udp4));
	assert_headers(&skb, 0, 54);
	skb = SKB(udp4, 100, 4);
	assert_int_equal(CALL(&run, skb_change_tail, &skb, sizeof(udp4) + 40, 0, 0, 0), 0);
	assert_memory_equal(skb.pkt.data, udp4, sizeof(udp4));
	assert_headers(&skb, 0, 14);
	for (u32 i = 0; i < 40; i++)
		assert_int_equal(skb.pkt.data[sizeof(udp4) + i], 0);
}

static void without_room_in_the_frame_nothing_changes(void **state)
{
	const u16 ip6 = htons(0x86dd), vlan = htons(0x8100);
	struct skb_ctx skb = SKB(udp4, 3, 3);

	assert_int_equal(CALL(&run, skb_change_head, &skb, 7, 0, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_change_tail, &skb, sizeof(udp4) + 7, 0, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_change_proto, &skb, ip6, 0, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_adjust_room, &skb, 8, BPF_ADJ_ROOM_NET, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_vlan_push, &skb, vlan, 1, 0, 0), 0);
	assert_int_equal(CALL(&run, skb_vlan_push, &skb, vlan, 2, 0, 0), 0);
	assert_int_equal(CALL(&run, skb_vlan_push, &skb, vlan, 3, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_vlan_pop, &skb, 0, 0, 0, 0), 0);
	assert_int_equal(skb.md.len, sizeof(udp4));
	assert_memory_equal(skb.pkt.data, udp4, sizeof(udp4));
	assert_int_equal(skb.protocol, htons(0x0800));
}

static void nothing_outside_the_frame_is_written(void **state)
{
	struct skb_ctx skb = SKB(udp4, 20, 20);

	CALL(&run, skb_adjust_room, &skb, 30, BPF_ADJ_ROOM_NET, 0, 0);
	CALL(&run, skb_change_tail, &skb, sizeof(udp4) + 40, 0, 0, 0);
	for (u8 *p = skb.pkt.frame_end; p < frame + FRAME; p++)
		assert_int_equal(*p, 0xee);
}

static void stale_pointers_are_announced(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);
	u32 gen = run.packet_gen;

	CALL(&run, skb_change_head, &skb, 14, 0, 0, 0);
	assert_true(run.packet_gen != gen);
	assert_int_equal(skb.md.data, (u32)(uintptr_t)skb.pkt.data);
	assert_int_equal(skb.md.data_end, (u32)(uintptr_t)skb.pkt.data_end);
}

static struct skb_ctx with_fragments(void)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);

	for (u32 i = 0; i < sizeof(frag_bytes); i++)
		frag_bytes[i] = i;
	skb.pkt.nr_frags = 2;
	skb.pkt.frags[0] = (struct packet_frag){ frag_bytes, 10, 10 };
	skb.pkt.frags[1] = (struct packet_frag){ frag_bytes + 10, 20, 54 };
	skep__skb_sync(&skb);
	return skb;
}

static void fragments_are_read_and_pulled_in(void **state)
{
	struct skb_ctx skb = with_fragments();
	u8 buf[8];

	assert_int_equal(CALL(&run, skb_load_bytes, &skb, sizeof(udp4) + 6, buf, 8, 0), 0);
	assert_memory_equal(buf, frag_bytes + 6, 8);
	assert_int_equal(CALL(&run, skb_pull_data, &skb, sizeof(udp4) + 12, 0, 0, 0), 0);
	assert_int_equal(skb.pkt.nr_frags, 1);
	assert_int_equal(skb.pkt.frags[0].len, 18);
	assert_int_equal(skb.md.len, sizeof(udp4) + 30);
	assert_memory_equal(skb.pkt.data + sizeof(udp4), frag_bytes, 12);
	assert_int_equal(CALL(&run, skb_pull_data, &skb, sizeof(udp4) + 31, 0, 0, 0), -ENOMEM);
	assert_int_equal(CALL(&run, skb_store_bytes, &skb, sizeof(udp4) + 26, "hive", 4, 0), 0);
	assert_int_equal(skb.pkt.nr_frags, 0);
	assert_memory_equal(skb.pkt.data + sizeof(udp4) + 26, "hive", 4);
}

static void a_packet_with_fragments_becomes_one_piece_when_its_end_moves(void **state)
{
	struct skb_ctx skb = with_fragments();

	assert_int_equal(CALL(&run, skb_change_tail, &skb, sizeof(udp4) + 15, 0, 0, 0), 0);
	assert_int_equal(skb.pkt.nr_frags, 0);
	assert_int_equal(skb.md.len, sizeof(udp4) + 15);
	assert_memory_equal(skb.pkt.data + sizeof(udp4), frag_bytes, 15);
}

static void metadata_stays_in_front(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);

	skb.pkt.meta = skb.pkt.data - 4;
	memcpy(skb.pkt.meta, "meta", 4);
	assert_int_equal(CALL(&run, skb_change_head, &skb, 14, 0, 0, 0), 0);
	assert_int_equal(skb.pkt.data - skb.pkt.meta, 4);
	assert_memory_equal(skb.pkt.meta, "meta", 4);
}

static u32 hash_of(struct skb_ctx skb)
{
	return (u32)CALL(&run, get_hash_recalc, &skb, 0, 0, 0, 0);
}

/* Source and destination, addresses and ports, the other way round. */
static void swap_ends(struct skb_ctx *skb, u32 addr, u32 size, u32 ports)
{
	u8 *p = skb->pkt.data, tmp[16];

	memcpy(tmp, p + addr, size);
	memmove(p + addr, p + addr + size, size);
	memcpy(p + addr + size, tmp, size);
	memcpy(tmp, p + ports, 2);
	memmove(p + ports, p + ports + 2, 2);
	memcpy(p + ports + 2, tmp, 2);
}

static void both_directions_of_a_flow_have_the_same_hash(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);
	u32 there = hash_of(skb);

	swap_ends(&skb, 26, 4, 34);
	assert_int_equal(hash_of(skb), there);
	skb = SKB(udp6, 64, 64);
	there = hash_of(skb);
	swap_ends(&skb, 22, 16, 54);
	assert_int_equal(hash_of(skb), there);
}

static void different_flows_have_different_hashes(void **state)
{
	u32 hashes[256];

	for (u32 port = 0; port < 256; port++) {
		struct skb_ctx skb = SKB(udp4, 64, 64);

		skb.pkt.data[35] = port;
		hashes[port] = hash_of(skb);
		assert_int_not_equal(hashes[port], 0);
		for (u32 i = 0; i < port; i++)
			assert_int_not_equal(hashes[i], hashes[port]);
	}
}

static void a_hash_is_kept_until_it_is_called_invalid(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);
	u32 hash = hash_of(skb);

	CALL(&run, set_hash, &skb, 42, 0, 0, 0);
	assert_int_equal(CALL(&run, get_hash_recalc, &skb, 0, 0, 0, 0), 42);
	assert_true(skb.l4_hash);
	CALL(&run, set_hash_invalid, &skb, 0, 0, 0, 0);
	assert_int_equal(CALL(&run, get_hash_recalc, &skb, 0, 0, 0, 0), hash);
	CALL(&run, skb_store_bytes, &skb, 35, "x", 1, BPF_F_INVALIDATE_HASH);
	assert_int_not_equal(CALL(&run, get_hash_recalc, &skb, 0, 0, 0, 0), hash);
}

static struct {
	u32 ifindex, len, calls;
	bool ingress;
} cloned;

static int take_clone(void *opaque, const struct packet *pkt, u32 ifindex, bool ingress)
{
	if (ifindex != 3)
		return -EINVAL;
	cloned.ifindex = ifindex;
	cloned.len = skep__packet_len(pkt);
	cloned.ingress = ingress;
	cloned.calls++;
	return 0;
}

static void clones_go_where_the_service_takes_them(void **state)
{
	struct services svc = { .clone_out = take_clone };
	struct run here = { .svc = &svc };
	struct skb_ctx skb = SKB(udp4, 64, 64);

	assert_int_equal(CALL(&here, clone_redirect, &skb, 3, BPF_F_INGRESS, 0, 0), 0);
	assert_int_equal(cloned.calls, 1);
	assert_int_equal(cloned.len, sizeof(udp4));
	assert_true(cloned.ingress);
	assert_int_equal(CALL(&here, clone_redirect, &skb, 4, 0, 0, 0), -EINVAL);
	assert_int_equal(CALL(&here, clone_redirect, &skb, 3, 2, 0, 0), -EINVAL);
	assert_int_equal(cloned.calls, 1);
}

/* A received tunnel, which a test run of the kernel cannot give a packet. */
static void a_received_tunnel_is_told_from_the_receivers_side(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);
	struct bpf_tunnel_key key;
	u8 opts[8];

	skb.tunnel = (struct skb_tunnel){ .mode = TUNNEL_RX,
					  .id = 77,
					  .ttl = 9,
					  .tos = 1,
					  .src = { 192, 0, 2, 1 },
					  .dst = { 192, 0, 2, 2 } };
	assert_int_equal(CALL(&run, skb_get_tunnel_key, &skb, &key, sizeof(key), 0, 0), 0);
	assert_int_equal(key.tunnel_id, 77);
	assert_int_equal(key.remote_ipv4, 0xc0000201);
	assert_int_equal(key.local_ipv4, 0xc0000202);
	assert_int_equal(CALL(&run, skb_get_tunnel_opt, &skb, opts, 8, 0, 0), -ENOENT);
	assert_int_equal(CALL(&run, skb_set_tunnel_opt, &skb, opts, 8, 0, 0), -EINVAL);
}

static void socket_programs_change_the_front(void **state)
{
	struct skb_ctx skb = SKB(udp4, 64, 64);
	const u32 type = BPF_PROG_TYPE_SK_SKB, nr = BPF_FUNC_skb_adjust_room;

	assert_int_equal(call_as(&run, type, nr, (u64)&skb, 8, 0, 0, 0), 0);
	assert_memory_equal(skb.pkt.data, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(call_as(&run, type, nr, (u64)&skb, (u64)-8, 0, 0, 0), 0);
	assert_memory_equal(skb.pkt.data, udp4, sizeof(udp4));
	assert_int_equal(call_as(&run, type, nr, (u64)&skb, (u64)-4095, 0, 0, 0), -ENOMEM);
	assert_int_equal(call_as(&run, type, nr, (u64)&skb, 4096, 0, 0, 0), -EFAULT);
	assert_int_equal(call_as(&run, type, nr, (u64)&skb, 8, 1, 0, 0), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_moves_inside_its_frame_when_one_side_lacks_room),
		cmocka_unit_test(without_room_in_the_frame_nothing_changes),
		cmocka_unit_test(nothing_outside_the_frame_is_written),
		cmocka_unit_test(stale_pointers_are_announced),
		cmocka_unit_test(fragments_are_read_and_pulled_in),
		cmocka_unit_test(a_packet_with_fragments_becomes_one_piece_when_its_end_moves),
		cmocka_unit_test(metadata_stays_in_front),
		cmocka_unit_test(both_directions_of_a_flow_have_the_same_hash),
		cmocka_unit_test(different_flows_have_different_hashes),
		cmocka_unit_test(a_hash_is_kept_until_it_is_called_invalid),
		cmocka_unit_test(clones_go_where_the_service_takes_them),
		cmocka_unit_test(a_received_tunnel_is_told_from_the_receivers_side),
		cmocka_unit_test(socket_programs_change_the_front),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
