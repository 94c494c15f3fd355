/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYN cookies without a socket: the same segment sizes and errnos as this kernel's, and on both
 * sides a cookie opens with the ACK that it was made for and with no other.
 */
#include <stdio.h>
#include <string.h>

#include "ask_both.h"
#include "unit/cmocka_all.h"

static u32 differ, asked;

#define IP_AT -128 /* on the stack; 40 bytes */
#define TCP_AT -88
#define I_BE32(dst)                                                                                \
	{                                                                                          \
		.code = BPF_ALU | BPF_END | BPF_TO_BE, .dst_reg = (dst), .imm = 32                 \
	}
#define I_SHIFT(op, dst, k)                                                                        \
	{                                                                                          \
		.code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (dst), .imm = (k)                     \
	}

/* Headers come from the packet. Returns segment size << 16 ^ (what the check said & 0xffff). */
static void compare(bool v6, const u8 *tcp, u32 tcp_len, u32 forge, const char *what)
{
	const struct bpf_insn insns[] = {
		I_MOV(2, 0),
		I_COPY(3, 10),
		I_ADD(3, IP_AT),
		I_MOV(4, 100),
		I_CALL(xdp_load_bytes),
		I_COPY(1, 10),
		I_ADD(1, IP_AT),
		I_COPY(2, 10),
		I_ADD(2, TCP_AT),
		I_MOV(3, tcp_len),
		{ .code = BPF_JMP | BPF_CALL,
		  .imm = v6 ? BPF_FUNC_tcp_raw_gen_syncookie_ipv6
			    : BPF_FUNC_tcp_raw_gen_syncookie_ipv4 },
		I_JMP(BPF_JSLT, 0, 0, 20),
		I_COPY(6, 0),
		I_SHIFT(BPF_RSH, 6, 32),
		I_SHIFT(BPF_LSH, 6, 16),
		I_ADD(0, 1 + (s32)forge),
		I_BE32(0),
		I_STX(BPF_W, 10, 0, TCP_AT + 8),
		I_LDX(BPF_W, 3, 10, TCP_AT + 4),
		I_BE32(3),
		I_ADD(3, 1),
		I_BE32(3),
		I_STX(BPF_W, 10, 3, TCP_AT + 4),
		I_COPY(1, 10),
		I_ADD(1, IP_AT),
		I_COPY(2, 10),
		I_ADD(2, TCP_AT),
		{ .code = BPF_JMP | BPF_CALL,
		  .imm = v6 ? BPF_FUNC_tcp_raw_check_syncookie_ipv6
			    : BPF_FUNC_tcp_raw_check_syncookie_ipv4 },
		I_SHIFT(BPF_AND, 0, 0xffff),
		{ .code = BPF_ALU64 | BPF_XOR | BPF_X, .dst_reg = 6, .src_reg = 0 },
		I_COPY(0, 6),
		I_EXIT,
		I_EXIT,
	};
	u8 packet[100];
	struct kernel_run run = { .data_in = packet, .data_size_in = sizeof(packet) };
	struct both b;
	char text[128];

	for (u32 i = 0; i < 40; i++)
		packet[i] = 0x40 + i * 3;
	memcpy(packet + 40, tcp, 60);
	snprintf(text, sizeof(text), "%s, header of %u bytes, forged by %u", what, tcp_len, forge);
	both_load(&b, v6 ? "ipv6" : "ipv4", BPF_PROG_TYPE_XDP, BPF_XDP, 0, insns,
		  ARRAY_SIZE(insns));
	both_run(&b, &run, text, &differ);
	asked++;
	both_free(&b);
}

/* A SYN with these option bytes; its header says that it is so many words long. */
static void make_syn(u8 *tcp, u32 words, const u8 *options, u32 len)
{
	for (u32 i = 0; i < 60; i++)
		tcp[i] = i < 20 ? 0x90 + i : 1;
	tcp[12] = words << 4;
	memcpy(tcp + 20, options, len);
}

static void summary(void)
{
	print_message("%u cookies compared, %u differ\n", asked, differ);
	assert_int_equal(differ, 0);
}

static void segment_sizes_are_found_and_rounded_down_alike(void **state)
{
	static const u16 sizes[] = { 0,    1,    535,  536,  1219, 1220, 1299, 1300, 1419,
				     1420, 1439, 1440, 1459, 1460, 8939, 8940, 65535 };

	for (u32 i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		u16 size = sizes[i / 2];
		u8 tcp[60], mss[] = { 2, 4, size >> 8, size & 0xff };

		make_syn(tcp, 6, mss, sizeof(mss));
		compare(i & 1, tcp, 24, 0, "a segment size");
	}
	summary();
}

static void odd_options_are_read_alike(void **state)
{
	static const struct {
		u32 words, len;
		u8 bytes[40];
	} odd[] = {
		{ 5, 4, { 2, 4, 5, 180 } }, /* behind the header */
		{ 6, 4, { 0, 2, 4, 5 } }, /* behind the end */
		{ 7, 8, { 1, 1, 1, 1, 2, 4, 5, 180 } },
		{ 7, 8, { 2, 4, 5, 180, 2, 4, 2, 0 } }, /* twice */
		{ 7, 8, { 2, 4, 5, 180, 2, 4, 0, 0 } }, /* the second says nothing */
		{ 7, 8, { 8, 0, 2, 4, 5, 180, 0, 0 } }, /* an option of no length */
		{ 7, 8, { 8, 1, 2, 4, 5, 180, 0, 0 } },
		{ 7, 8, { 8, 9, 2, 4, 5, 180, 0, 0 } }, /* longer than the header */
		{ 7, 8, { 8, 2, 2, 4, 5, 180, 0, 0 } },
		{ 6, 4, { 1, 2, 4, 5 } }, /* cut off */
		{ 6, 4, { 1, 1, 1, 2 } },
		{ 6, 4, { 2, 3, 5, 180 } }, /* the wrong length */
		{ 15, 40, { 3, 3, 7, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 4, 2, 2, 4, 5, 100 } },
	};

	for (size_t i = 0; i < 2 * ARRAY_SIZE(odd); i++) {
		u8 tcp[60];

		make_syn(tcp, odd[i / 2].words, odd[i / 2].bytes, odd[i / 2].len);
		compare(i & 1, tcp, odd[i / 2].words * 4, 0, "odd options");
	}
	summary();
}

static void forged_cookies_do_not_open(void **state)
{
	static const u32 by[] = { 0, 4, 100, 0x10000, 0x1000000, 0x10000000, 0x7ffffffe };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(by); i++) {
		u8 tcp[60];

		make_syn(tcp, 5, NULL, 0);
		compare(i & 1, tcp, 20, by[i / 2], "a cookie");
	}
	summary();
}

static void lengths_that_do_not_fit_the_header_are_refused_alike(void **state)
{
	for (u32 words = 0; words < 16; words++) {
		for (u32 len = 0; len <= 60; len += 4) {
			u8 tcp[60];

			make_syn(tcp, words, NULL, 0);
			compare(len & 4, tcp, len, 0, "a length");
		}
	}
	summary();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segment_sizes_are_found_and_rounded_down_alike),
		cmocka_unit_test(odd_options_are_read_alike),
		cmocka_unit_test(forged_cookies_do_not_open),
		cmocka_unit_test(lengths_that_do_not_fit_the_header_are_refused_alike),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
