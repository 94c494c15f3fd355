/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of XDP programs and what XDP helpers do to frames: skep's answers against this
 * kernel's, for lengths and offsets around every limit, and for callers' mistakes.
 */
#include <stdio.h>
#include <string.h>

#include "ask_both.h"
#include "unit/cmocka_all.h"

static u8 packet[80 << 10];
static u8 sink; /* an address that says "there is a buffer" */
static u32 differ, asked;

/* Around the limits of head and tail room, pages, headers and 16 and 32 bits. */
static const s32 steps[] = {
	INT32_MIN, -70000, -65536, -8192, -4097, -4096, -3520, -257,  -256,  -217,      -216,
	-215,      -100,   -64,    -50,   -49,   -14,   -8,    -7,    -4,    -3,        -1,
	0,         1,      2,      4,     8,     13,    14,    15,    40,    46,        50,
	51,        64,     86,     87,    100,   212,   216,   217,   256,   1000,      3420,
	3456,      3457,   3520,   3776,  4000,  4096,  5000,  65535, 65536, INT32_MAX,
};

static const u32 lengths[] = {
	14, 15, 42, 64, 100, 1514, 3519, 3520, 3521, 4000, 7616, 7617, 20000
};

static void fill_packet(void)
{
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = i * 7 + i / 251;
}

static void compare(struct both *b, const struct kernel_run *run, const char *fmt, s64 x, s64 y)
{
	char what[128];

	snprintf(what, sizeof(what), fmt, (long long)x, (long long)y);
	both_run(b, run, what, &differ);
	asked++;
}

static void load_xdp(struct both *b, const char *name, const struct bpf_insn *insns, u32 len)
{
	both_load(b, name, BPF_PROG_TYPE_XDP, BPF_XDP, BPF_F_XDP_HAS_FRAGS, insns, len);
}

#define LOAD(b, name, insns) load_xdp(b, name, insns, ARRAY_SIZE(insns))

static struct kernel_run frame(u32 len)
{
	return (struct kernel_run){
		.data_in = packet,
		.data_size_in = len,
		.data_out = &sink,
		.data_size_out = OUT_MAX,
	};
}

static void summary(void)
{
	u32 different = differ;

	print_message("%u runs compared, %u differ\n", asked, differ);
	asked = differ = 0;
	assert_int_equal(different, 0);
}

/* A program that passes everything. */
static const struct bpf_insn pass[] = { I_MOV(0, XDP_PASS), I_EXIT };

static void frames_of_every_length_are_taken_or_refused_alike(void **state)
{
	struct both b;

	LOAD(&b, "pass", pass);
	for (u32 len = 0; len < 4300; len += len < 40 || len > 3400 ? 1 : 97) {
		struct kernel_run run = frame(len);

		compare(&b, &run, "%lld bytes", len, 0);
	}
	for (u32 len = 4300; len < sizeof(packet); len += 1021) {
		struct kernel_run run = frame(len);

		compare(&b, &run, "%lld bytes", len, 0);
	}
	both_free(&b);
	summary();
}

static void output_buffers_of_every_size_get_the_same(void **state)
{
	static const u32 ins[] = { 64, 3520, 3521, 9000 };
	struct xdp_md md = { 0 };
	struct both b;

	LOAD(&b, "pass", pass);
	for (size_t i = 0; i < ARRAY_SIZE(ins); i++) {
		static const u32 outs[] = { 0,    1,    63,   64,   65,   3519,
					    3520, 3521, 5480, 5481, 8999, 9000 };

		for (size_t j = 0; j < ARRAY_SIZE(outs); j++) {
			struct kernel_run run = frame(ins[i]);

			run.data_size_out = outs[j];
			compare(&b, &run, "%lld bytes into %lld", ins[i], outs[j]);
			run.data_out = NULL;
			compare(&b, &run, "%lld bytes, no buffer, size %lld", ins[i], outs[j]);
			md.data_end = ins[i];
			run.ctx_in = &md;
			run.ctx_size_in = sizeof(md);
			run.ctx_out = &sink;
			run.ctx_size_out = 1 + outs[j] % 30;
			compare(&b, &run, "%lld bytes, context into %lld", ins[i],
				run.ctx_size_out);
		}
	}
	both_free(&b);
	summary();
}

static void mistakes_of_callers_get_the_same_errno(void **state)
{
	static u8 long_ctx[5000];
	struct both b, devmap;
	struct kernel_run run;

	LOAD(&b, "pass", pass);
	for (u32 flag = 0; flag < 32; flag++) {
		if (1u << flag == BPF_F_TEST_XDP_LIVE_FRAMES)
			continue;
		run = frame(64);
		run.flags = 1u << flag;
		compare(&b, &run, "flag bit %lld", flag, 0);
	}
	run = frame(64);
	run.cpu = 1;
	compare(&b, &run, "a cpu", 0, 0);
	run = frame(64);
	run.batch_size = 1;
	compare(&b, &run, "a batch size", 0, 0);
	run = frame(64);
	run.data_in = NULL;
	compare(&b, &run, "data at address 0", 0, 0);
	run = frame(64);
	run.data_out = NULL;
	compare(&b, &run, "no room for data", 0, 0);
	run = frame(64);
	run.ctx_size_in = 24;
	compare(&b, &run, "a context size without a context", 0, 0);
	run = frame(64);
	run.ctx_in = long_ctx;
	compare(&b, &run, "a context without a size", 0, 0);
	for (u32 size = 1; size <= sizeof(long_ctx); size += size < 30 ? 1 : 813) {
		run = frame(64);
		run.ctx_in = long_ctx;
		run.ctx_size_in = size;
		run.ctx_out = &sink;
		run.ctx_size_out = 24;
		compare(&b, &run, "a zero context of %lld bytes", size, 0);
		long_ctx[size - 1] = 1;
		compare(&b, &run, "its byte %lld set", size - 1, 0);
		long_ctx[size - 1] = 0;
	}
	both_free(&b);
	both_load(&devmap, "pass of a device map", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, 0, pass,
		  ARRAY_SIZE(pass));
	run = frame(64);
	compare(&devmap, &run, "a run", 0, 0);
	both_free(&devmap);
	summary();
}

static void contexts_place_data_and_metadata_alike(void **state)
{
	static const u32 values[] = { 0,    1,    2,    4,    8,     13,        14,  18,
				      32,   64,   100,  212,  216,   220,       252, 256,
				      3300, 3520, 3521, 4096, 65536, UINT32_MAX };
	struct both b;

	LOAD(&b, "pass", pass);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			struct xdp_md md = { .data = values[i], .data_end = values[j] };
			struct kernel_run run = frame(4000);

			run.ctx_in = &md;
			run.ctx_size_in = sizeof(md);
			run.ctx_out = &sink;
			run.ctx_size_out = sizeof(md);
			compare(&b, &run, "data %lld, data_end %lld", values[i], values[j]);
			run.data_size_in = values[j] < 4000 ? values[j] : 4000;
			compare(&b, &run, "nothing after it: data %lld, data_end %lld", values[i],
				values[j]);
		}
	}
	for (u32 i = 0; i < 6; i++) {
		struct xdp_md md = { .data_end = 64 };
		struct kernel_run run = frame(64);

		((u32 *)&md)[i] = i == 1 ? 64 : 1;
		run.ctx_in = &md;
		run.ctx_size_in = sizeof(md);
		run.ctx_out = &sink;
		run.ctx_size_out = sizeof(md);
		compare(&b, &run, "word %lld of the context is 1", i, 0);
		((u32 *)&md)[i] = i == 1 ? 64 : 1000000;
		compare(&b, &run, "word %lld of the context is a million", i, 0);
	}
	both_free(&b);
	summary();
}

/* r0 = a field of the context, or a distance between two. */
static void programs_see_the_same_context(void **state)
{
	struct both b;
	const struct bpf_insn linear[] = {
		I_LDX(BPF_W, 2, 1, offsetof(struct xdp_md, data)),
		I_LDX(BPF_W, 0, 1, offsetof(struct xdp_md, data_end)),
		I_SUBX(0, 2),
		I_EXIT,
	};
	const struct bpf_insn meta[] = {
		I_LDX(BPF_W, 2, 1, offsetof(struct xdp_md, data_meta)),
		I_LDX(BPF_W, 0, 1, offsetof(struct xdp_md, data)),
		I_SUBX(0, 2),
		I_EXIT,
	};
	const struct bpf_insn *programs[] = { linear, meta };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (size_t p = 0; p < ARRAY_SIZE(programs); p++) {
			struct kernel_run run = frame(lengths[i]);
			struct xdp_md md = { .data = 8, .data_end = lengths[i] };

			load_xdp(&b, p ? "metadata length" : "linear length", programs[p], 4);
			compare(&b, &run, "%lld bytes", lengths[i], 0);
			run.ctx_in = &md;
			run.ctx_size_in = sizeof(md);
			compare(&b, &run, "%lld bytes with a context", lengths[i], 0);
			both_free(&b);
		}
	}
	for (s16 off = 12; off <= 16; off += 4) {
		const struct bpf_insn field[] = { I_LDX(BPF_W, 0, 1, off), I_EXIT };
		struct xdp_md md = { .data_end = 64, .ingress_ifindex = 1 };
		struct kernel_run run = frame(64);

		LOAD(&b, "a field", field);
		compare(&b, &run, "offset %lld", off, 0);
		run.ctx_in = &md;
		run.ctx_size_in = sizeof(md);
		compare(&b, &run, "offset %lld with a context", off, 0);
		both_free(&b);
	}
	summary();
}

/* r0 = helper(ctx, step) */
static void adjust(const char *name, s32 helper, u32 meta, u32 repeat)
{
	/* The kernel takes 10 ms to prepare for repeats. */
	for (size_t i = 0; i < ARRAY_SIZE(steps); i += repeat ? 5 : 1) {
		const struct bpf_insn insns[] = {
			I_MOV(2, steps[i]),
			{ .code = BPF_JMP | BPF_CALL, .imm = helper },
			I_EXIT,
		};
		struct both b;

		LOAD(&b, name, insns);
		for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
			struct xdp_md md = { .data = meta, .data_end = lengths[l] };
			struct kernel_run run = frame(lengths[l]);

			run.repeat = repeat;
			if (meta) {
				run.ctx_in = &md;
				run.ctx_size_in = sizeof(md);
			}
			run.ctx_out = &sink;
			run.ctx_size_out = sizeof(md);
			compare(&b, &run, "by %lld, frame of %lld bytes", steps[i], lengths[l]);
		}
		both_free(&b);
	}
}

static void heads_tails_and_metadata_move_alike(void **state)
{
	adjust("adjust_head", BPF_FUNC_xdp_adjust_head, 0, 0);
	adjust("adjust_head with metadata", BPF_FUNC_xdp_adjust_head, 28, 0);
	adjust("adjust_head five times", BPF_FUNC_xdp_adjust_head, 4, 5);
	adjust("adjust_tail", BPF_FUNC_xdp_adjust_tail, 0, 0);
	adjust("adjust_tail three times", BPF_FUNC_xdp_adjust_tail, 12, 3);
	adjust("adjust_meta", BPF_FUNC_xdp_adjust_meta, 0, 0);
	adjust("adjust_meta with metadata", BPF_FUNC_xdp_adjust_meta, 100, 2);
	summary();
}

/* Bytes of the frame to the stack and back to another place. */
static void bytes_are_copied_across_fragments_alike(void **state)
{
	static const s32 offs[] = { 0,    1,    13,   63,   64,    1500,  3500,  3516,  3519,  3520,
				    3521, 7610, 7615, 7616, 19990, 65534, 65535, 65536, 70000, -1 };
	static const u32 sizes[] = { 1, 4, 17, 40 };

	for (size_t i = 0; i < ARRAY_SIZE(offs); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++) {
			const struct bpf_insn insns[] = {
				I_COPY(6, 1),
				I_ST(BPF_DW, 10, -40, 0x11),
				I_ST(BPF_DW, 10, -32, 0x22),
				I_ST(BPF_DW, 10, -24, 0x33),
				I_ST(BPF_DW, 10, -16, 0x44),
				I_ST(BPF_DW, 10, -8, 0x55),
				I_MOV(2, offs[i]),
				I_COPY(3, 10),
				I_ADD(3, -40),
				I_MOV(4, sizes[j]),
				I_CALL(xdp_load_bytes),
				I_COPY(7, 0),
				I_COPY(1, 6),
				I_MOV(2, offs[i] ^ 16),
				I_COPY(3, 10),
				I_ADD(3, -40),
				I_MOV(4, sizes[j]),
				I_CALL(xdp_store_bytes),
				{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 0, .imm = 16 },
				{ .code = BPF_ALU64 | BPF_XOR | BPF_X, .dst_reg = 0, .src_reg = 7 },
				I_EXIT,
			};
			struct both b;

			LOAD(&b, "load and store", insns);
			for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
				struct kernel_run run = frame(lengths[l]);

				compare(&b, &run, "offset %lld, frame of %lld bytes", offs[i],
					lengths[l]);
			}
			struct kernel_run run = frame(70000);
			compare(&b, &run, "offset %lld, frame of 70000 bytes", offs[i], 0);
			both_free(&b);
		}
	}
	summary();
}

static void the_length_of_the_whole_frame_is_the_same(void **state)
{
	const struct bpf_insn insns[] = { I_CALL(xdp_get_buff_len), I_EXIT };
	struct both b;

	LOAD(&b, "get_buff_len", insns);
	for (size_t l = 0; l < ARRAY_SIZE(lengths); l++) {
		struct kernel_run run = frame(lengths[l]);

		compare(&b, &run, "%lld bytes", lengths[l], 0);
	}
	both_free(&b);
	summary();
}

static void redirects_return_the_same_verdicts(void **state)
{
	static const s32 flags[] = { 0, 1, 2, 1 << 16, -1 };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const struct bpf_insn insns[] = {
			I_MOV(1, 1),
			I_MOV(2, flags[i]),
			I_CALL(redirect),
			I_EXIT,
		};
		struct kernel_run run = frame(64);
		struct both b;

		LOAD(&b, "redirect", insns);
		compare(&b, &run, "flags %lld", flags[i], 0);
		both_free(&b);
	}
	summary();
}

static void mtus_are_checked_alike(void **state)
{
	static const u32 ifindexes[] = { 0, 1, 1000000 },
			 mtus[] = { 0, 1, 1500, 65536, 65537, 1u << 31 };
	static const s32 diffs[] = { 0, 1, -1, 65000, 66000, INT32_MAX, INT32_MIN };

	for (u32 i = 0; i < ARRAY_SIZE(ifindexes) * ARRAY_SIZE(mtus) * ARRAY_SIZE(diffs); i++) {
		u32 ifindex = ifindexes[i % 3], mtu = mtus[i / 3 % 6];
		s32 diff = diffs[i / 18];
		/* Verdict, and the MTU written back, in one number. */
		const struct bpf_insn insns[] = {
			I_ST(BPF_W, 10, -4, mtu),
			I_MOV(2, ifindex),
			I_COPY(3, 10),
			I_ADD(3, -4),
			I_MOV(4, diff),
			I_MOV(5, 0),
			I_CALL(check_mtu),
			{ .code = BPF_ALU64 | BPF_LSH | BPF_K, .dst_reg = 0, .imm = 20 },
			I_LDX(BPF_W, 1, 10, -4),
			{ .code = BPF_ALU64 | BPF_XOR | BPF_X, .dst_reg = 0, .src_reg = 1 },
			I_EXIT,
		};
		struct kernel_run run = frame(3000);
		struct both b;

		LOAD(&b, "check_mtu", insns);
		compare(&b, &run, "mtu_len %lld, difference %lld", mtu, diff);
		both_free(&b);
	}
	summary();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_of_every_length_are_taken_or_refused_alike),
		cmocka_unit_test(output_buffers_of_every_size_get_the_same),
		cmocka_unit_test(mistakes_of_callers_get_the_same_errno),
		cmocka_unit_test(contexts_place_data_and_metadata_alike),
		cmocka_unit_test(programs_see_the_same_context),
		cmocka_unit_test(heads_tails_and_metadata_move_alike),
		cmocka_unit_test(bytes_are_copied_across_fragments_alike),
		cmocka_unit_test(the_length_of_the_whole_frame_is_the_same),
		cmocka_unit_test(redirects_return_the_same_verdicts),
		cmocka_unit_test(mtus_are_checked_alike),
	};

	fill_packet();
	return run_beside_kernel(tests, NULL, NULL);
}
