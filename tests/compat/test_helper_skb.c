/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packet helpers, call by call against the kernel: a script of helper calls becomes a SCHED_CLS
 * program that the kernel runs over a packet, and is played here over the same packet. Results of
 * every call, the memory that calls were given, all packet bytes afterwards and what the program
 * then reads from its context have to be the same.
 */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include <skep/skep.h>

#include "ask_kernel.h"
#include "ctx/lowmem.h"
#include "ctx/packet.h"
#include "helper/net/checksum.h"
#include "helper/proto.h"
#include "unit/cmocka_all.h"

#define MAX_CALLS 8
#define MEM_SIZE 256
#define FRAME_SIZE (64 * 1024)
#define HEADROOM 4096
#define OUT_SIZE (32 * 1024)

/* An argument that is memory: so many bytes, shared by all calls of a script. */
#define MEM(off) (0x6d656d0000000000ull | (off))
#define IS_MEM(arg) ((arg) >> 40 == 0x6d656d)

struct call {
	u32 nr;
	u64 args[4]; /* R2 to R5; R1 is the context */
	bool no_ctx; /* ... or R1 to R4 */
};

/* What both sides hand back: in the kernel it is the value of a map. */
struct outcome {
	u64 results[MAX_CALLS];
	u8 mem[MEM_SIZE];
	u32 fields[8];
};

struct script {
	const char *name;
	const u8 *packet;
	u32 len;
	bool complete; /* the device has summed the packet up (CHECKSUM_COMPLETE) */
	u8 mem[MEM_SIZE];
	struct call calls[MAX_CALLS];
};

/* The fields that the program reads at the end. */
static const u32 field_offs[8] = {
	offsetof(struct __sk_buff, len),         offsetof(struct __sk_buff, pkt_type),
	offsetof(struct __sk_buff, protocol),    offsetof(struct __sk_buff, vlan_present),
	offsetof(struct __sk_buff, vlan_tci),    offsetof(struct __sk_buff, vlan_proto),
	offsetof(struct __sk_buff, tstamp_type), offsetof(struct __sk_buff, gso_segs),
};

/* The program under construction. */
struct code {
	struct bpf_insn insns[512];
	u32 len;
	int map;
};

static void emit(struct code *c, u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	assert_true(c->len < ARRAY_SIZE(c->insns));
	c->insns[c->len++] = (struct bpf_insn){
		.code = code, .dst_reg = dst, .src_reg = src, .off = off, .imm = imm
	};
}

static void emit_imm64(struct code *c, u8 dst, u64 value)
{
	emit(c, BPF_LD | BPF_DW | BPF_IMM, dst, 0, 0, (s32)value);
	emit(c, 0, 0, 0, 0, (s32)(value >> 32));
}

static void emit_address(struct code *c, u8 dst, u32 off)
{
	emit(c, BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_VALUE, 0, c->map);
	emit(c, 0, 0, 0, 0, off);
}

static void emit_arg(struct code *c, u8 dst, u64 arg)
{
	if (IS_MEM(arg))
		emit_address(c, dst, offsetof(struct outcome, mem) + (u32)arg);
	else if ((s64)arg == (s32)arg)
		emit(c, BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, (s32)arg);
	else
		emit_imm64(c, dst, arg);
}

static void emit_script(struct code *c, const struct script *s)
{
	emit(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	for (u32 i = 0; i < MAX_CALLS && s->calls[i].nr; i++) {
		u32 first = s->calls[i].no_ctx ? BPF_REG_1 : BPF_REG_2;

		if (!s->calls[i].no_ctx)
			emit(c, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
		for (u32 a = 0; a < 4; a++)
			emit_arg(c, first + a, s->calls[i].args[a]);
		if (s->calls[i].no_ctx)
			emit(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_5, 0, 0, 0);
		emit(c, BPF_JMP | BPF_CALL, 0, 0, 0, s->calls[i].nr);
		emit_address(c, BPF_REG_1, offsetof(struct outcome, results) + 8 * i);
		emit(c, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 0, 0);
	}
	emit_address(c, BPF_REG_1, offsetof(struct outcome, fields));
	for (u32 i = 0; i < ARRAY_SIZE(field_offs); i++) {
		u8 size = field_offs[i] == offsetof(struct __sk_buff, tstamp_type) ? BPF_B : BPF_W;

		emit(c, BPF_LDX | BPF_MEM | size, BPF_REG_0, BPF_REG_6, field_offs[i], 0);
		emit(c, BPF_STX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_0, 4 * i, 0);
	}
	emit(c, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* The packet's length afterwards, or -EBADMSG when the device's sum is not the packet's any more.
 */
static s32 play_there(const struct script *s, struct outcome *out, u8 *packet)
{
	static char log_text[65536];
	struct code code = { .map = kernel_map_create(BPF_MAP_TYPE_ARRAY, 4, sizeof(*out), 1, 0) };
	struct kernel_load load = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = code.insns,
		.log = log_text,
		.log_size = sizeof(log_text),
	};
	struct kernel_run run = { .data_in = s->packet,
				  .data_size_in = s->len,
				  .data_out = packet,
				  .data_size_out = OUT_SIZE };
	u32 key = 0;
	int err;

	run.flags = s->complete ? BPF_F_TEST_SKB_CHECKSUM_COMPLETE : 0;
	assert_true(code.map >= 0);
	emit_script(&code, s);
	load.len = code.len;
	memset(out, 0, sizeof(*out));
	memcpy(out->mem, s->mem, MEM_SIZE);
	assert_int_equal(kernel_map_update(code.map, &key, out, 0), 0);
	run.fd = kernel_prog_load(&load);
	if (run.fd < 0)
		print_error("%s: %s\n", s->name, log_text);
	assert_true(run.fd >= 0);
	err = kernel_prog_run(&run);
	assert_true(!err || (s->complete && err == -EBADMSG));
	assert_int_equal(kernel_map_lookup(code.map, &key, out), 0);
	close(run.fd);
	close(code.map);
	return err ? err : (s32)run.data_size_out;
}

/* The packet as BPF_PROG_TEST_RUN hands it to SCHED_CLS: MAC header first, no transport header
 * known. */
static void make_skb(struct skb_ctx *skb, u8 *frame, const struct script *s)
{
	memset(skb, 0, sizeof(*skb));
	memset(frame, 0, FRAME_SIZE);
	skb->pkt.frame = frame;
	skb->pkt.frame_end = frame + FRAME_SIZE;
	skb->pkt.meta = skb->pkt.data = frame + HEADROOM;
	skb->pkt.data_end = skb->pkt.data + s->len;
	memcpy(skb->pkt.data, s->packet, s->len);
	skb->mac_header = skb->pkt.data;
	skb->network_header = skb->pkt.data + 14;
	memcpy(&skb->protocol, s->packet + 12, 2);
	/* eth_type_trans() of a packet that is not for the loopback device's address 0. */
	skb->pkt_type = s->packet[0] & 1 ? 2 : 3;
	skb->is_l2 = true;
	if (s->complete) {
		skb->ip_summed = CSUM_COMPLETE;
		skb->csum = skep__csum_partial(skb->network_header, s->len - 14, 0);
	}
	skep__skb_sync(skb);
}

static bool sum_is_right(const struct skb_ctx *skb)
{
	u32 sum =
		skep__csum_partial(skb->network_header, skb->pkt.data_end - skb->network_header, 0);

	return csum_fold(sum) == csum_fold(skb->csum);
}

static u64 arg_here(struct outcome *out, u64 arg)
{
	return IS_MEM(arg) ? (u64)(out->mem + (u32)arg) : arg;
}

static s32 play_here(const struct script *s, struct outcome *out, u8 *packet, u8 *frame)
{
	struct services svc = { 0 };
	struct run run = { .svc = &svc };
	struct skb_ctx skb;

	make_skb(&skb, frame, s);
	memset(out, 0, sizeof(*out));
	memcpy(out->mem, s->mem, MEM_SIZE);
	for (u32 i = 0; i < MAX_CALLS && s->calls[i].nr; i++) {
		const struct call *call = &s->calls[i];
		const struct helper *h = skep__helper_for(call->nr, BPF_PROG_TYPE_SCHED_CLS);
		u64 a[4];

		for (u32 k = 0; k < 4; k++)
			a[k] = arg_here(out, call->args[k]);
		assert_non_null(h);
		assert_non_null(h->fn);
		out->results[i] = call->no_ctx ? h->fn(a[0], a[1], a[2], a[3], 0, &run)
					       : h->fn((u64)&skb, a[0], a[1], a[2], a[3], &run);
	}
	for (u32 i = 0; i < ARRAY_SIZE(field_offs); i++) {
		u32 size = field_offs[i] == offsetof(struct __sk_buff, tstamp_type) ? 1 : 4;

		memcpy(&out->fields[i], (u8 *)&skb.md + field_offs[i], size);
	}
	if (s->complete && !sum_is_right(&skb))
		return -EBADMSG;
	memcpy(packet, skb.pkt.data, skb.pkt.data_end - skb.pkt.data);
	return skb.pkt.data_end - skb.pkt.data;
}

static u32 first_difference(const void *a, const void *b, u32 len)
{
	u32 i = 0;

	while (i < len && ((const u8 *)a)[i] == ((const u8 *)b)[i])
		i++;
	return i;
}

/* The same program through skep's own bpf(2), loaded, run and looked at as the kernel's was. */
static bool same_in_world(const struct script *s, const struct outcome *there,
			  const u8 *packet_there, s32 len_there)
{
	static u8 packet[OUT_SIZE];
	struct outcome out;
	s32 len;

	ask_world_instead();
	len = play_there(s, &out, packet);
	ask_kernel_again();
	return len == len_there && !memcmp(packet, packet_there, max(len, 0)) &&
	       !memcmp(&out, there, sizeof(out));
}

static void compare(const struct script *s)
{
	static u8 packet_there[OUT_SIZE], packet_here[FRAME_SIZE];
	u8 *frame = skep__lowmem_map(FRAME_SIZE);
	struct outcome there, here;
	s32 len_there = play_there(s, &there, packet_there), len_here;
	u32 at;
	bool same;

	assert_non_null(frame);
	len_here = play_here(s, &here, packet_here, frame);
	same = len_there == len_here && !memcmp(packet_there, packet_here, max(len_there, 0)) &&
	       !memcmp(&there, &here, sizeof(there));
	if (!same) {
		print_error("%s:\n", s->name);
		for (u32 i = 0; i < MAX_CALLS && s->calls[i].nr; i++)
			print_error("  %s(%#lx, %#lx, %#lx, %#lx): kernel %ld, here %ld\n",
				    skep__helper(s->calls[i].nr)->name, (long)s->calls[i].args[0],
				    (long)s->calls[i].args[1], (long)s->calls[i].args[2],
				    (long)s->calls[i].args[3], (long)there.results[i],
				    (long)here.results[i]);
		at = first_difference(packet_there, packet_here, max(min(len_there, len_here), 0));
		print_error(
			"  length %d, here %d; packet bytes differ from %u on (%02x, here %02x)\n",
			len_there, len_here, at, packet_there[at], packet_here[at]);
		at = first_difference(there.mem, here.mem, MEM_SIZE);
		print_error("  memory differs from %u on\n", at);
		for (u32 i = 0; i < ARRAY_SIZE(field_offs); i++)
			if (there.fields[i] != here.fields[i])
				print_error("  field at %u: kernel %#x, here %#x\n", field_offs[i],
					    there.fields[i], here.fields[i]);
	}
	skep__lowmem_unmap(frame, FRAME_SIZE);
	assert_true(same);
	if (!same_in_world(s, &there, packet_there, len_there)) {
		print_error("%s: the program does something else than its calls, one by one\n",
			    s->name);
		fail();
	}
}

/* clang-format off */
#define MAC 0x02, 0, 0, 0, 0, 2,  0x02, 0, 0, 0, 0, 1

static const u8 udp4[] = {
	MAC, 0x08, 0x00,
	0x45, 0x01, 0, 48, 0x12, 0x34, 0, 0, 64, 17, 0x5a, 0xa5, 10, 0, 0, 1, 10, 0, 0, 2,
	0x30, 0x39, 0, 53, 0, 28, 0xbe, 0xef, 'b', 'e', 'e', 's', ' ', 'm', 'a', 'k', 'e', ' ', 'h', 'o', 'n', 'e', 'y', '!', '!', '!',
	1, 2,
};
static const u8 udp6[] = {
	MAC, 0x86, 0xdd,
	0x60, 0x20, 0, 0, 0, 12, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	0x30, 0x39, 0, 53, 0, 12, 0, 0, 'b', 'e', 'e', 's',
};
static const u8 vlan4[] = {
	MAC, 0x81, 0x00, 0x20, 0x64, 0x08, 0x00,
	0x45, 0x02, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 'a', 'b', 'c', 'd',
};
static const u8 qinq4[] = {
	MAC, 0x88, 0xa8, 0x00, 0x0a, 0x81, 0x00, 0x00, 0x14, 0x08, 0x00,
	0x45, 0, 0, 24, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 'a', 'b', 'c', 'd',
};
static const u8 vlan_llc[] = {
	MAC, 0x81, 0x00, 0x20, 0x64, 0x00, 0x10, 0xaa, 0xaa, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
};
static const u8 arp[] = {
	MAC, 0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};
/* clang-format on */

#define PACKET(p) .packet = p, .len = sizeof(p)
#define CALL(name, ...)                                                                            \
	{                                                                                          \
		.nr = BPF_FUNC_##name, .args = { __VA_ARGS__ }                                     \
	}
#define TEST(p, ...)                                                                               \
	compare(&(struct script){                                                                  \
		.name = #p, PACKET(p), .mem = "The bees of the skep", .calls = { __VA_ARGS__ } })

#define TEST_COMPLETE(p, ...)                                                                      \
	compare(&(struct script){ .name = #p,                                                      \
				  PACKET(p),                                                       \
				  .complete = true,                                                \
				  .mem = "The bees of the skep",                                   \
				  .calls = { __VA_ARGS__ } })

#include "skb_scripts.h"
#include "skb_random.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_and_written_alike),
		cmocka_unit_test(checksums_come_out_alike),
		cmocka_unit_test(differences_of_any_size_sum_up_alike),
		cmocka_unit_test(heads_and_tails_change_alike),
		cmocka_unit_test(protocols_change_alike),
		cmocka_unit_test(room_is_made_and_taken_alike),
		cmocka_unit_test(room_flags_are_checked_alike),
		cmocka_unit_test(vlan_tags_are_pushed_and_popped_alike),
		cmocka_unit_test(tunnel_keys_are_kept_alike),
		cmocka_unit_test(what_stands_beside_a_packet_changes_alike),
		cmocka_unit_test(a_sum_of_the_device_is_kept_right_alike),
		cmocka_unit_test(the_longest_packet_is_as_long),
		cmocka_unit_test(random_scripts_come_out_alike),
	};
	return run_beside_kernel(tests, open_asked_world, close_asked_world);
}
