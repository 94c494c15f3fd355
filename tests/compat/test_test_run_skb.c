/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of programs that see a __sk_buff: what skep makes of data and context against
 * what this kernel does, for every type, for good and bad input.
 */
#include <stdio.h>
#include <string.h>

#include "ask_both.h"
#include "ctx/ctx.h"
#include "unit/cmocka_all.h"

static u8 sink; /* an address that says "there is a buffer" */
static u32 differ, asked;

static const u32 types[] = {
	BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_SCHED_CLS, BPF_PROG_TYPE_SCHED_ACT,
	BPF_PROG_TYPE_CGROUP_SKB,    BPF_PROG_TYPE_LWT_IN,    BPF_PROG_TYPE_LWT_OUT,
	BPF_PROG_TYPE_LWT_XMIT,
};

/* Ethernet headers of many kinds: to whom, and what follows. */
struct header {
	const char *name;
	u8 bytes[16];
};
static const struct header headers[] = {
	{ "IPv4 to us", { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0x08, 0x00, 0x45, 0 } },
	{ "IPv6 to all",
	  { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 2, 2, 2, 2, 2, 0x86, 0xdd, 0x60, 0 } },
	{ "ARP to a group", { 1, 0, 0x5e, 0, 0, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x06, 0, 1 } },
	{ "VLAN to another", { 2, 0, 0, 0, 0, 9, 2, 2, 2, 2, 2, 2, 0x81, 0x00, 0, 5 } },
	{ "802.2", { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0, 40, 0xaa, 0xaa } },
	{ "Novell", { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 0, 40, 0xff, 0xff } },
	{ "smallest ethertype", { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 6, 0, 0xff, 0xff } },
	{ "largest length", { 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 5, 0xff, 1, 2 } },
};

static u8 packet[4096];

static struct kernel_run frame(const struct header *h, u32 len)
{
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = i < sizeof(h->bytes) ? h->bytes[i] : i * 5 + i / 256;
	return (struct kernel_run){
		.data_in = packet,
		.data_size_in = len,
		.data_out = &sink,
		.data_size_out = OUT_MAX,
	};
}

static void with_ctx(struct kernel_run *run, const struct __sk_buff *ctx)
{
	run->ctx_in = ctx;
	run->ctx_size_in = sizeof(*ctx);
	run->ctx_out = &sink;
	run->ctx_size_out = sizeof(*ctx);
}

static void compare(struct both *b, const struct kernel_run *run, const char *text, s64 x)
{
	char what[128];

	snprintf(what, sizeof(what), "%s, %lld", text, (long long)x);
	both_run(b, run, what, &differ);
	asked++;
}

static void load(struct both *b, u32 type, const struct bpf_insn *insns, u32 len)
{
	both_load(b, skep__prog_type(type)->name, type, 0, 0, insns, len);
}

static void summary(void)
{
	u32 different = differ;

	print_message("%u runs compared, %u differ\n", asked, differ);
	asked = differ = 0;
	assert_int_equal(different, 0);
}

static const struct bpf_insn pass[] = { I_MOV(0, 1), I_EXIT };

static void data_of_every_length_is_taken_or_refused_alike(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct both b;

		load(&b, types[t], pass, ARRAY_SIZE(pass));
		for (u32 len = 0; len < sizeof(packet); len += len < 80 || len > 3680 ? 1 : 113) {
			const struct header *h = &headers[len % ARRAY_SIZE(headers)];
			struct kernel_run run = frame(h, len);

			compare(&b, &run, h->name, len);
			if (len < 80) {
				run = frame(&headers[len & 1], len);
				compare(&b, &run, headers[len & 1].name, len);
			}
		}
		both_free(&b);
	}
	summary();
}

/* Copies a field of the context to cb[0], from where ctx_out brings it here. */
static void programs_see_the_same_fields(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		const struct prog_type *type = skep__prog_type(types[t]);

		for (u32 off = 0; off < sizeof(struct __sk_buff); off += 4) {
			u32 size = off == offsetof(struct __sk_buff, tstamp_type) ? 1
				   : skep__ctx_access(types[t], 0, off, 8, false) ? 8
										  : 4;
			const struct ctx_field *f = skep__ctx_access(types[t], 0, off, size, false);
			const struct bpf_insn insns[] = {
				I_LDX(size == 1   ? BPF_B
				      : size == 8 ? BPF_DW
						  : BPF_W,
				      2, 1, off),
				I_STX(BPF_W, 1, 2, offsetof(struct __sk_buff, cb)),
				I_MOV(0, 1),
				I_EXIT,
			};
			struct __sk_buff ctx = {
				.mark = 0x11223344,
				.priority = 7,
				.ingress_ifindex = 1,
				.cb = { 1, 2, 3, 4, 5 },
				.tstamp = 0x123456789,
				.wire_len = 2000,
				.gso_segs = 3,
				.gso_size = 1400,
				.hwtstamp = 99,
			};
			struct both b;

			if (!f || f->kind != CTX_SCALAR)
				continue;
			load(&b, types[t], insns, ARRAY_SIZE(insns));
			for (size_t h = 0; h < ARRAY_SIZE(headers); h++) {
				struct kernel_run run = frame(&headers[h], 60);

				run.ctx_out = &sink;
				run.ctx_size_out = sizeof(ctx);
				compare(&b, &run, f->name, off);
				with_ctx(&run, &ctx);
				compare(&b, &run, "with a context", off);
			}
			both_free(&b);
		}
		assert_true(type->nr_fields > 0);
	}
	summary();
}

/* r0 = data_end - data, where data may be read; and a byte of it. */
static void programs_reach_the_same_bytes(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		const struct bpf_insn insns[] = {
			I_MOV(0, 0),
			I_LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, data)),
			I_LDX(BPF_W, 3, 1, offsetof(struct __sk_buff, data_end)),
			I_COPY(4, 2),
			I_ADD(4, 40),
			I_JMPX(BPF_JGT, 4, 3, 4),
			I_LDX(BPF_W, 5, 2, 36),
			I_STX(BPF_W, 1, 5, offsetof(struct __sk_buff, cb)),
			I_SUBX(3, 2),
			I_STX(BPF_W, 1, 3, offsetof(struct __sk_buff, cb[1])),
			I_EXIT,
		};
		struct both b;

		if (!skep__prog_type(types[t])->packet)
			continue;
		load(&b, types[t], insns, ARRAY_SIZE(insns));
		for (u32 len = 14; len < 120; len++) {
			struct kernel_run run = frame(&headers[2], len);

			run.ctx_out = &sink;
			run.ctx_size_out = sizeof(struct __sk_buff);
			compare(&b, &run, "bytes", len);
		}
		both_free(&b);
	}
	summary();
}

/* The fields of a socket that may be read before it is known to be a full one. */
static void programs_see_the_same_socket(void **state)
{
	static const s16 fields[] = {
		offsetof(struct bpf_sock, bound_dev_if),
		offsetof(struct bpf_sock, family),
		offsetof(struct bpf_sock, src_ip4),
		offsetof(struct bpf_sock, src_ip6),
		offsetof(struct bpf_sock, src_ip6[3]),
		offsetof(struct bpf_sock, src_port),
		offsetof(struct bpf_sock, dst_port),
		offsetof(struct bpf_sock, dst_ip4),
		offsetof(struct bpf_sock, dst_ip6),
		offsetof(struct bpf_sock, dst_ip6[3]),
		offsetof(struct bpf_sock, state),
		offsetof(struct bpf_sock, rx_queue_mapping),
	};

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		for (size_t f = 0; f < ARRAY_SIZE(fields); f++) {
			const struct bpf_insn insns[] = {
				I_LDX(BPF_DW, 2, 1, offsetof(struct __sk_buff, sk)),
				I_MOV(0, 0),
				I_JMP(BPF_JEQ, 2, 0, 3),
				I_LDX(BPF_W, 3, 2, fields[f]),
				I_STX(BPF_W, 1, 3, offsetof(struct __sk_buff, cb)),
				I_MOV(0, 1),
				I_EXIT,
			};
			struct both b;

			load(&b, types[t], insns, ARRAY_SIZE(insns));
			for (size_t h = 0; h < ARRAY_SIZE(headers); h++) {
				struct kernel_run run = frame(&headers[h], 60);

				run.ctx_out = &sink;
				run.ctx_size_out = sizeof(struct __sk_buff);
				compare(&b, &run, headers[h].name, fields[f]);
			}
			both_free(&b);
		}
	}
	summary();
}

/* What a full socket has besides; no TCP socket and no listener is behind it. */
static void full_sockets_are_the_same(void **state)
{
	static const s16 fields[] = {
		offsetof(struct bpf_sock, type),   offsetof(struct bpf_sock, protocol),
		offsetof(struct bpf_sock, mark),   offsetof(struct bpf_sock, priority),
		offsetof(struct bpf_sock, family),
	};
	static const s32 helpers[] = { BPF_FUNC_tcp_sock, BPF_FUNC_get_listener_sock };
	struct kernel_run run;
	struct both b;

	for (size_t f = 0; f < ARRAY_SIZE(fields); f++) {
		const struct bpf_insn insns[] = {
			I_COPY(6, 1),
			I_LDX(BPF_DW, 1, 1, offsetof(struct __sk_buff, sk)),
			I_JMP(BPF_JEQ, 1, 0, 4),
			I_CALL(sk_fullsock),
			I_JMP(BPF_JEQ, 0, 0, 2),
			I_LDX(BPF_W, 3, 0, fields[f]),
			I_STX(BPF_W, 6, 3, offsetof(struct __sk_buff, cb)),
			I_MOV(0, 1),
			I_EXIT,
		};

		load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		run = frame(&headers[0], 60);
		run.ctx_out = &sink;
		run.ctx_size_out = sizeof(struct __sk_buff);
		compare(&b, &run, "field", fields[f]);
		both_free(&b);
	}
	for (size_t i = 0; i < ARRAY_SIZE(helpers); i++) {
		const struct bpf_insn insns[] = {
			I_MOV(0, 2),
			I_LDX(BPF_DW, 1, 1, offsetof(struct __sk_buff, sk)),
			I_JMP(BPF_JEQ, 1, 0, 3),
			{ .code = BPF_JMP | BPF_CALL, .imm = helpers[i] },
			I_JMP(BPF_JEQ, 0, 0, 1),
			I_MOV(0, 1),
			I_EXIT,
		};

		load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		run = frame(&headers[0], 60);
		compare(&b, &run, "helper", helpers[i]);
		both_free(&b);
	}
	summary();
}

static void sockets_are_given_to_packets_alike(void **state)
{
	struct kernel_run run;
	struct both b;

	for (s32 flags = 0; flags < 2; flags++) {
		const struct bpf_insn insns[] = {
			I_MOV(0, 2),
			I_LDX(BPF_DW, 2, 1, offsetof(struct __sk_buff, sk)),
			I_JMP(BPF_JEQ, 2, 0, 2),
			I_MOV(3, flags),
			I_CALL(sk_assign),
			I_EXIT,
		};

		load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		run = frame(&headers[0], 60);
		compare(&b, &run, "sk_assign", flags);
		both_free(&b);
	}
	summary();
}

static void contexts_are_taken_or_refused_alike(void **state)
{
	static const u32 lens[] = { 0, 1, 59, 60, 61, 74, 65535, 65536, 65537, UINT32_MAX };
	struct both b;

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct __sk_buff ctx;

		load(&b, types[t], pass, ARRAY_SIZE(pass));
		for (u32 byte = 0; byte < sizeof(ctx); byte++) {
			struct kernel_run run = frame(&headers[0], 60);

			memset(&ctx, 0, sizeof(ctx));
			((u8 *)&ctx)[byte] = byte % 4 == 0 ? 60 : 1;
			with_ctx(&run, &ctx);
			/* Interfaces of this machine are not skep's. */
			if (byte / 4 * 4 != offsetof(struct __sk_buff, ifindex))
				compare(&b, &run, "context byte set", byte);
		}
		for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
			struct kernel_run run = frame(&headers[0], 60);

			memset(&ctx, 0, sizeof(ctx));
			with_ctx(&run, &ctx);
			ctx.wire_len = lens[i];
			compare(&b, &run, "wire_len", lens[i]);
			ctx.wire_len = 0;
			ctx.gso_segs = lens[i];
			compare(&b, &run, "gso_segs", lens[i]);
			ctx.gso_segs = 0;
			ctx.gso_size = lens[i];
			compare(&b, &run, "gso_size", lens[i]);
		}
		memset(&ctx, 0, sizeof(ctx));
		for (u32 ifindex = 0; ifindex < 2; ifindex++) {
			struct kernel_run run = frame(&headers[0], 60);

			with_ctx(&run, &ctx);
			ctx.ifindex = ifindex ? 1000000 : 1;
			compare(&b, &run, "ifindex", ctx.ifindex);
		}
		both_free(&b);
	}
	summary();
}

static void output_buffers_of_every_size_get_the_same(void **state)
{
	static const u32 sizes[] = { 0, 1, 13, 14, 15, 59, 60, 61, 191, 192, 193 };

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct both b;

		load(&b, types[t], pass, ARRAY_SIZE(pass));
		for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
			struct {
				struct __sk_buff skb;
				u8 behind[8];
			} ctx = { .skb.mark = 5 };
			struct kernel_run run = frame(&headers[2], 60);

			run.data_size_out = sizes[i];
			compare(&b, &run, "data room", sizes[i]);
			run.data_out = NULL;
			compare(&b, &run, "no buffer of size", sizes[i]);
			run = frame(&headers[2], 60);
			with_ctx(&run, &ctx.skb);
			run.ctx_size_out = sizes[i];
			compare(&b, &run, "context room", sizes[i]);
			run.ctx_size_out = sizeof(ctx.skb);
			run.ctx_size_in = sizes[i];
			compare(&b, &run, "context given", sizes[i]);
		}
		both_free(&b);
	}
	summary();
}

static void mistakes_of_callers_get_the_same_errno(void **state)
{
	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		struct kernel_run run;
		struct both b;

		load(&b, types[t], pass, ARRAY_SIZE(pass));
		for (u32 flag = 0; flag < 32; flag++) {
			run = frame(&headers[0], 60);
			run.flags = 1u << flag;
			compare(&b, &run, "flag bit", flag);
		}
		run = frame(&headers[0], 60);
		run.cpu = 1;
		compare(&b, &run, "a cpu", 1);
		run = frame(&headers[0], 60);
		run.batch_size = 1;
		compare(&b, &run, "a batch size", 1);
		run = frame(&headers[0], 60);
		run.data_in = NULL;
		compare(&b, &run, "data at address 0", 0);
		run = frame(&headers[0], 60);
		run.data_out = (void *)1;
		run.duration = 77;
		run.repeat = 3;
		compare(&b, &run, "a duration, three times", 0);
		both_free(&b);
	}
	summary();
}

/* Every store that a type may do, and what is left of it. */
static void what_programs_write_comes_back_alike(void **state)
{
	static const u32 values[] = { 0, 1, 0xffff, 0x12345678, UINT32_MAX };

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		for (u32 off = 0; off < sizeof(struct __sk_buff); off++) {
			for (u32 size = 1; size <= 8; size *= 2) {
				const struct ctx_field *f =
					skep__ctx_access(types[t], 0, off, size, true);
				static const u8 codes[] = {
					[1] = BPF_B, [2] = BPF_H, [4] = BPF_W, [8] = BPF_DW
				};

				/* Of 16-bit fields the lower half comes back, which nobody can ask
				 * here. */
				if (!f || f->stores & CTX_HALF)
					continue;
				for (size_t v = 0; v < ARRAY_SIZE(values); v++) {
					const struct bpf_insn insns[] = {
						I_MOV(2, values[v]),
						I_STX(codes[size], 1, 2, off),
						I_MOV(0, 1),
						I_EXIT,
					};
					struct kernel_run run = frame(&headers[0], 60);
					struct __sk_buff ctx = { .cb = { 1, 2, 3, 4, 5 },
								 .mark = 9 };
					struct both b;

					load(&b, types[t], insns, ARRAY_SIZE(insns));
					with_ctx(&run, &ctx);
					compare(&b, &run, f->name, off);
					both_free(&b);
				}
			}
		}
	}
	summary();
}

static void repeats_see_what_earlier_runs_did(void **state)
{
	const struct bpf_insn insns[] = {
		I_LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, cb)),
		I_ADD(2, 3),
		I_STX(BPF_W, 1, 2, offsetof(struct __sk_buff, cb)),
		I_MOV(0, 1),
		I_EXIT,
	};

	for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
		static const u32 repeats[] = { 0, 1, 2, 1023, 1024, 1025, 5000 };
		struct both b;

		load(&b, types[t], insns, ARRAY_SIZE(insns));
		for (size_t i = 0; i < ARRAY_SIZE(repeats); i++) {
			struct kernel_run run = frame(&headers[0], 60);
			struct __sk_buff ctx = { 0 };

			with_ctx(&run, &ctx);
			run.repeat = repeats[i];
			compare(&b, &run, "times", repeats[i]);
		}
		both_free(&b);
	}
	summary();
}

static void redirects_return_the_same_verdicts(void **state)
{
	static const s32 flags[] = { 0, 1, 2, 1 << 16, -1 };
	static const s32 helpers[] = { BPF_FUNC_redirect, BPF_FUNC_redirect_peer };

	for (size_t i = 0; i < ARRAY_SIZE(flags) * ARRAY_SIZE(helpers); i++) {
		const struct bpf_insn insns[] = {
			I_MOV(1, 1),
			I_MOV(2, flags[i / 2]),
			{ .code = BPF_JMP | BPF_CALL, .imm = helpers[i % 2] },
			I_EXIT,
		};
		struct kernel_run run = frame(&headers[0], 60);
		struct both b;

		load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		compare(&b, &run, "redirect flags", flags[i / 2]);
		both_free(&b);
	}
	for (s32 len = 0; len <= 32; len += 4) {
		for (s32 flag = 0; flag < 2; flag++) {
			const struct bpf_insn insns[] = {
				I_ST(BPF_DW, 10, -32, 2),
				I_ST(BPF_DW, 10, -24, 0),
				I_ST(BPF_DW, 10, -16, 0),
				I_ST(BPF_DW, 10, -8, 0),
				I_MOV(1, 1),
				I_COPY(2, 10),
				I_ADD(2, -32),
				I_MOV(3, len),
				I_MOV(4, flag),
				I_CALL(redirect_neigh),
				I_EXIT,
			};
			struct kernel_run run = frame(&headers[0], 60);
			struct both b;

			load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
			compare(&b, &run, "redirect_neigh parameters", len);
			both_free(&b);
		}
	}
	summary();
}

static void mtus_are_checked_alike(void **state)
{
	static const u32 ifindexes[] = { 0, 1, 1000000 },
			 mtus[] = { 0, 1, 1500, 65536, 65537, 1u << 31 };
	static const s32 diffs[] = { 0, 1, -1, 65000, 66000, INT32_MAX, INT32_MIN };

	for (u32 i = 0; i < 2 * 2 * ARRAY_SIZE(ifindexes) * ARRAY_SIZE(mtus) * ARRAY_SIZE(diffs);
	     i++) {
		u32 flags = i & 1, gso = i >> 1 & 1, rest = i >> 2;
		/* Verdict, and the MTU written back, in one number. */
		const struct bpf_insn insns[] = {
			I_ST(BPF_W, 10, -4, mtus[rest / 3 % 6]),
			I_MOV(2, ifindexes[rest % 3]),
			I_COPY(3, 10),
			I_ADD(3, -4),
			I_MOV(4, diffs[rest / 18]),
			I_MOV(5, flags),
			I_CALL(check_mtu),
			{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 0, .imm = 20 },
			I_LDX(BPF_W, 1, 10, -4),
			{ .code = BPF_ALU64 | BPF_XOR | BPF_X, .dst_reg = 0, .src_reg = 1 },
			I_EXIT,
		};
		struct kernel_run run = frame(&headers[0], 2000);
		struct __sk_buff ctx = { .gso_size = gso ? 1000 : 0 };
		struct both b;

		load(&b, BPF_PROG_TYPE_SCHED_CLS, insns, ARRAY_SIZE(insns));
		with_ctx(&run, &ctx);
		compare(&b, &run, "check_mtu", i);
		both_free(&b);
	}
	summary();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_of_every_length_is_taken_or_refused_alike),
		cmocka_unit_test(programs_see_the_same_fields),
		cmocka_unit_test(programs_reach_the_same_bytes),
		cmocka_unit_test(programs_see_the_same_socket),
		cmocka_unit_test(full_sockets_are_the_same),
		cmocka_unit_test(sockets_are_given_to_packets_alike),
		cmocka_unit_test(contexts_are_taken_or_refused_alike),
		cmocka_unit_test(output_buffers_of_every_size_get_the_same),
		cmocka_unit_test(mistakes_of_callers_get_the_same_errno),
		cmocka_unit_test(what_programs_write_comes_back_alike),
		cmocka_unit_test(repeats_see_what_earlier_runs_did),
		cmocka_unit_test(redirects_return_the_same_verdicts),
		cmocka_unit_test(mtus_are_checked_alike),
	};
	return run_beside_kernel(tests, NULL, NULL);
}
