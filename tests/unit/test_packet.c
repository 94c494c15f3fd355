/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets in pieces, the memory that they live in, and the 32-bit pointers that programs read. */
#include <string.h>

#include "cmocka_all.h"
#include "ctx/lowmem.h"
#include "ctx/packet.h"

/* Sixteen bytes 0..15 in three pieces of 6, 0 and 10 bytes. */
static void make_packet(struct packet *pkt, u8 *mem)
{
	memset(pkt, 0, sizeof(*pkt));
	for (u32 i = 0; i < 16; i++)
		mem[i < 6 ? 4 + i : 32 + i] = i;
	pkt->frame = mem;
	pkt->frame_end = mem + 16;
	pkt->meta = pkt->data = mem + 4;
	pkt->data_end = mem + 10;
	pkt->nr_frags = 2;
	pkt->frags[0] = (struct packet_frag){ mem + 20, 0, 8 };
	pkt->frags[1] = (struct packet_frag){ mem + 38, 10, 16 };
}

static void every_range_is_read_across_fragments(void **state)
{
	struct packet pkt;
	u8 mem[64], got[16];

	make_packet(&pkt, mem);
	assert_int_equal(skep__packet_len(&pkt), 16);
	for (u32 off = 0; off <= 16; off++) {
		for (u32 len = 0; off + len <= 16; len++) {
			memset(got, 0xee, sizeof(got));
			assert_true(skep__packet_read(&pkt, off, got, len));
			for (u32 i = 0; i < 16; i++)
				assert_int_equal(got[i], i < len ? off + i : 0xee);
		}
	}
}

static void what_is_written_across_fragments_is_read_back(void **state)
{
	struct packet pkt;
	u8 mem[64], new[8] = "ABCDEFGH", got[16];

	make_packet(&pkt, mem);
	assert_true(skep__packet_write(&pkt, 3, new, sizeof(new)));
	assert_true(skep__packet_read(&pkt, 0, got, 16));
	assert_memory_equal(got, "\0\1\2ABCDEFGH\13\14\15\16\17", 16);
}

static void ranges_beyond_the_end_change_nothing(void **state)
{
	struct packet pkt;
	u8 mem[64], before[64], byte = 0xaa;

	make_packet(&pkt, mem);
	memcpy(before, mem, sizeof(mem));
	assert_false(skep__packet_write(&pkt, 16, &byte, 1));
	assert_false(skep__packet_write(&pkt, 0, before, 17));
	assert_false(skep__packet_write(&pkt, UINT32_MAX, &byte, 1));
	assert_false(skep__packet_read(&pkt, UINT32_MAX, &byte, UINT32_MAX));
	assert_true(skep__packet_write(&pkt, 16, &byte, 0));
	assert_memory_equal(before, mem, sizeof(mem));
}

static void packet_memory_has_32_bit_addresses(void **state)
{
	void *p[64];

	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		p[i] = skep__lowmem_map(1 << 20);
		assert_non_null(p[i]);
		assert_true((uintptr_t)p[i] + (1 << 20) <= 1ull << 32);
		memset(p[i], i, 1 << 20);
	}
	for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
		assert_int_equal(((u8 *)p[i])[12345], i);
		skep__lowmem_unmap(p[i], 1 << 20);
	}
	assert_null(skep__lowmem_map(0));
	assert_null(skep__lowmem_map(1ull << 33));
	skep__lowmem_unmap(NULL, 4096);
}

static void contexts_show_the_packet_where_it_is(void **state)
{
	static struct skb_ctx skb;
	static struct xdp_ctx xdp;
	u8 *mem = skep__lowmem_map(4096);

	assert_non_null(mem);
	make_packet(&xdp.pkt, mem);
	xdp.pkt.meta -= 4;
	skep__xdp_sync(&xdp);
	assert_ptr_equal((void *)(uintptr_t)xdp.md.data, mem + 4);
	assert_ptr_equal((void *)(uintptr_t)xdp.md.data_end, mem + 10);
	assert_ptr_equal((void *)(uintptr_t)xdp.md.data_meta, mem);

	skb.pkt = xdp.pkt;
	skb.protocol = 0x0008;
	skb.vlan_tci = 5;
	skep__skb_sync(&skb);
	assert_ptr_equal((void *)(uintptr_t)skb.md.data, mem + 4);
	assert_int_equal(skb.md.len, 16);
	assert_int_equal(skb.md.protocol, 0x0008);
	assert_int_equal(skb.md.vlan_tci, 0);
	skb.vlan_present = true;
	skep__skb_sync(&skb);
	assert_int_equal(skb.md.vlan_tci, 5);
	assert_int_equal(skb.md.vlan_present, 1);
	skep__lowmem_unmap(mem, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_range_is_read_across_fragments),
		cmocka_unit_test(what_is_written_across_fragments_is_read_back),
		cmocka_unit_test(ranges_beyond_the_end_change_nothing),
		cmocka_unit_test(packet_memory_has_32_bit_addresses),
		cmocka_unit_test(contexts_show_the_packet_where_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
