/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of programs without a packet of their own (raw tracepoints, syscall programs,
 * socket lookups) and of flow dissectors, compared with this kernel's; and of types that cannot be
 * test-run.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "ask_both.h"
#include "ctx/ctx.h"
#include "unit/cmocka_all.h"

static u8 sink; /* an address that says "there is a buffer" */
static u32 differ, asked;
static u8 memory[70000];

static void compare(struct both *b, const struct kernel_run *run, const char *text, s64 x)
{
	char what[128];

	snprintf(what, sizeof(what), "%s, %lld", text, (long long)x);
	both_run(b, run, what, &differ);
	asked++;
}

static void summary(void)
{
	u32 different = differ;

	print_message("%u runs compared, %u differ\n", asked, differ);
	asked = differ = 0;
	assert_int_equal(different, 0);
}

/* Sets one thing after the other that a plain program's run must not have. */
static void compare_mistakes(struct both *b, const struct kernel_run *good)
{
	struct kernel_run run = *good;

	compare(b, &run, "nothing wrong", 0);
	run.data_in = memory;
	run.data_size_in = 64;
	compare(b, &run, "data in", 64);
	run = *good;
	run.data_size_in = 64;
	compare(b, &run, "only a data size in", 64);
	run = *good;
	run.data_out = &sink;
	run.data_size_out = 64;
	compare(b, &run, "data out", 64);
	run = *good;
	run.data_size_out = 64;
	compare(b, &run, "only a data size out", 64);
	run = *good;
	run.ctx_out = &sink;
	run.ctx_size_out = 8;
	compare(b, &run, "context out", 8);
	run = *good;
	run.duration = 1;
	compare(b, &run, "duration", 1);
	run = *good;
	run.repeat = 1;
	compare(b, &run, "repeat", 1);
	run = *good;
	run.batch_size = 1;
	compare(b, &run, "batch size", 1);
	for (u32 bit = 0; bit < 32; bit++) {
		run = *good;
		run.flags = 1u << bit;
		compare(b, &run, "flag bit", bit);
	}
	for (u32 cpu = 0; cpu < 3; cpu++) {
		run = *good;
		run.cpu = cpu == 2 ? 100000 : cpu;
		compare(b, &run, "cpu without the flag", run.cpu);
		run.flags = BPF_F_TEST_RUN_ON_CPU;
		compare(b, &run, "on cpu", run.cpu);
	}
	run = *good;
	run.ctx_in = (void *)1;
	run.ctx_size_in = 96;
	compare(b, &run, "a context that is not there", 96);
}

static void raw_tracepoints_get_their_arguments_alike(void **state)
{
	const struct bpf_insn insns[] = { I_LDX(BPF_DW, 0, 1, 0), I_EXIT };
	struct kernel_run run = { .ctx_in = memory, .ctx_size_in = 96 };
	struct both b;

	both_load(&b, "raw_tracepoint", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, 0, insns,
		  ARRAY_SIZE(insns));
	b.prog.max_ctx_offset = 8;
	compare_mistakes(&b, &run);
	for (u32 size = 0; size < 110; size++) {
		run.ctx_in = size ? memory : NULL;
		run.ctx_size_in = size;
		compare(&b, &run, "arguments of bytes", size);
	}
	both_free(&b);
	summary();
}

static void syscall_programs_read_and_write_their_context_alike(void **state)
{
	static u8 kernels[70000], ours[70000];
	const struct bpf_insn insns[] = {
		I_LDX(BPF_W, 2, 1, 4), I_ADD(2, 7), I_STX(BPF_W, 1, 2, 12), I_COPY(0, 2), I_EXIT,
	};
	struct both b;

	both_load(&b, "syscall", BPF_PROG_TYPE_SYSCALL, 0, BPF_F_SLEEPABLE, insns,
		  ARRAY_SIZE(insns));
	b.prog.max_ctx_offset = 16;
	for (u32 size = 0; size < sizeof(memory); size += size < 40 ? 1 : size < 65500 ? 2311 : 5) {
		struct kernel_run run = { .ctx_in = kernels, .ctx_size_in = size };
		struct kernel_run ours_run = { .ctx_in = ours, .ctx_size_in = size };
		u32 ignored = 0;

		if (!size)
			run.ctx_in = ours_run.ctx_in = NULL;
		memcpy(kernels, memory, sizeof(memory));
		compare(&b, &run, "context of bytes", size);
		/* Both wrote into the same buffer in turn: the second found the first one's word.
		 */
		memcpy(ours, memory, sizeof(memory));
		both_run(&b, &ours_run, "again", &ignored);
		assert_memory_equal(kernels, ours, sizeof(ours));
	}
	struct kernel_run run = { .ctx_in = kernels, .ctx_size_in = 64 };
	compare_mistakes(&b, &run);
	both_free(&b);
	summary();
}

static struct bpf_sk_lookup question(u16 family)
{
	struct bpf_sk_lookup q = {
		.family = family,
		.protocol = 6,
		.remote_ip4 = 0x01020304,
		.local_ip4 = 0x05060708,
		.remote_port = htons(4000),
		.local_port = 80,
	};

	for (u32 i = 0; i < 4; i++) {
		q.remote_ip6[i] = 0x10 + i;
		q.local_ip6[i] = 0x20 + i;
	}
	return q;
}

static void socket_lookups_get_the_same_verdicts(void **state)
{
	const struct bpf_insn insns[] = { I_MOV(0, 1), I_EXIT };
	const struct bpf_insn drop[] = { I_MOV(0, 0), I_EXIT };
	struct both b;

	both_load(&b, "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 0, insns,
		  ARRAY_SIZE(insns));
	for (u32 family = 0; family < 12; family++) {
		struct bpf_sk_lookup q = question(family);
		struct kernel_run run = { .ctx_in = &q, .ctx_size_in = sizeof(q) };

		compare(&b, &run, "family", family);
		run.ctx_out = &sink;
		for (u32 size = 1; size < 80; size++) {
			run.ctx_size_out = size;
			compare(&b, &run, "context room", size);
		}
	}
	for (u32 byte = 0; byte < sizeof(struct bpf_sk_lookup); byte++) {
		struct bpf_sk_lookup q = question(2);
		struct kernel_run run = { .ctx_in = &q, .ctx_size_in = sizeof(q) };

		((u8 *)&q)[byte] ^= 0x40;
		compare(&b, &run, "context byte", byte);
		run.ctx_size_in = byte + 1;
		compare(&b, &run, "context of bytes", byte + 1);
	}
	struct bpf_sk_lookup q = question(2);
	struct kernel_run run = { .ctx_in = &q, .ctx_size_in = sizeof(q) };

	compare_mistakes(&b, &run);
	both_free(&b);
	both_load(&b, "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, 0, drop,
		  ARRAY_SIZE(drop));
	compare(&b, &run, "a program that drops", 0);
	both_free(&b);
	summary();
}

/*
 * Where the kernel holds 16 bits for a field of 32, its load of the upper half gives the lower one
 * again. Here it gives zeros.
 */
static bool known_difference(u32 off, u32 size)
{
	return size == 2 && (off == offsetof(struct bpf_sk_lookup, family) + 2 ||
			     off == offsetof(struct bpf_sk_lookup, protocol) + 2 ||
			     off == offsetof(struct bpf_sk_lookup, local_port) + 2);
}

/* r0 = (word at off of the context) == 0: programs of this type may return 0 and 1 only. */
static void socket_lookups_see_the_same_question(void **state)
{
	for (u32 family = 2; family <= 10; family += 8) {
		for (u32 off = 8; off < sizeof(struct bpf_sk_lookup); off += 2) {
			for (u32 size = 2; size <= 4; size *= 2) {
				struct bpf_sk_lookup q = question(family);
				struct kernel_run run = { .ctx_in = &q, .ctx_size_in = sizeof(q) };
				const struct bpf_insn insns[] = {
					I_LDX(size == 2 ? BPF_H : BPF_W, 2, 1, off),
					I_MOV(0, 1),
					I_JMP(BPF_JEQ, 2, 0, 1),
					I_MOV(0, 0),
					I_EXIT,
				};
				struct both b;

				if (known_difference(off, size) ||
				    !skep__ctx_access(BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP, off,
						      size, false))
					continue;
				both_load(&b, "sk_lookup", BPF_PROG_TYPE_SK_LOOKUP, BPF_SK_LOOKUP,
					  0, insns, ARRAY_SIZE(insns));
				compare(&b, &run, "zero at", off);
				both_free(&b);
			}
		}
	}
	summary();
}

static struct kernel_run frame(u32 len)
{
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = i * 11 + i / 256;
	return (struct kernel_run){
		.data_in = memory,
		.data_size_in = len,
		.data_out = &sink,
		.data_size_out = OUT_MAX,
	};
}

/* Sets both header offsets to the given number; says how many bytes it sees. */
static void dissectors_are_fed_and_held_alike(void **state)
{
	static const u32 offsets[] = {
		0, 1, 13, 14, 15, 33, 34, 35, 63, 64, 65, 4095, 4096, 65535
	};

	for (size_t i = 0; i < ARRAY_SIZE(offsets) * ARRAY_SIZE(offsets); i++) {
		const struct bpf_insn insns[] = {
			I_LDX(BPF_DW, 6, 1, offsetof(struct __sk_buff, flow_keys)),
			I_ST(BPF_H, 6, offsetof(struct bpf_flow_keys, nhoff),
			     offsets[i / ARRAY_SIZE(offsets)]),
			I_ST(BPF_H, 6, offsetof(struct bpf_flow_keys, thoff),
			     offsets[i % ARRAY_SIZE(offsets)]),
			I_ST(BPF_B, 6, offsetof(struct bpf_flow_keys, ip_proto), 17),
			I_LDX(BPF_W, 0, 1, offsetof(struct __sk_buff, data_end)),
			I_LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, data)),
			I_SUBX(0, 2),
			I_EXIT,
		};
		struct bpf_flow_keys ctx = { .flags = 3 };
		struct kernel_run run = frame(64);
		struct both b;

		both_load(&b, "flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, 0, 0, insns,
			  ARRAY_SIZE(insns));
		compare(&b, &run, "offsets", i);
		run.ctx_in = &ctx;
		run.ctx_size_in = sizeof(ctx);
		run.repeat = 3;
		compare(&b, &run, "offsets with flags", i);
		both_free(&b);
	}
	summary();
}

static void mistakes_with_dissectors_get_the_same_errno(void **state)
{
	const struct bpf_insn insns[] = { I_MOV(0, 0), I_EXIT };
	struct kernel_run run;
	struct both b;

	both_load(&b, "flow_dissector", BPF_PROG_TYPE_FLOW_DISSECTOR, 0, 0, insns,
		  ARRAY_SIZE(insns));
	for (u32 len = 0; len < 4200; len += len < 80 || len > 4060 ? 1 : 97) {
		run = frame(len);
		compare(&b, &run, "data of bytes", len);
	}
	for (u32 byte = 0; byte < sizeof(struct bpf_flow_keys); byte++) {
		struct bpf_flow_keys ctx = { 0 };

		run = frame(64);
		((u8 *)&ctx)[byte] = 1;
		run.ctx_in = &ctx;
		run.ctx_size_in = sizeof(ctx);
		run.ctx_out = &sink;
		run.ctx_size_out = 1 + byte;
		compare(&b, &run, "context byte", byte);
		run.data_size_out = byte;
		compare(&b, &run, "data room", byte);
	}
	for (u32 bit = 0; bit < 32; bit++) {
		run = frame(64);
		run.flags = 1u << bit;
		compare(&b, &run, "flag bit", bit);
	}
	run = frame(64);
	run.cpu = 1;
	compare(&b, &run, "a cpu", 1);
	run = frame(64);
	run.batch_size = 1;
	compare(&b, &run, "a batch size", 1);
	both_free(&b);
	summary();
}

static void types_without_test_runs_say_so(void **state)
{
	static const u32 types[] = { BPF_PROG_TYPE_KPROBE,
				     BPF_PROG_TYPE_TRACEPOINT,
				     BPF_PROG_TYPE_PERF_EVENT,
				     BPF_PROG_TYPE_CGROUP_SOCK,
				     BPF_PROG_TYPE_SOCK_OPS,
				     BPF_PROG_TYPE_SK_SKB,
				     BPF_PROG_TYPE_CGROUP_DEVICE,
				     BPF_PROG_TYPE_SK_MSG,
				     BPF_PROG_TYPE_LWT_SEG6LOCAL,
				     BPF_PROG_TYPE_CGROUP_SYSCTL,
				     BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE };
	const struct bpf_insn insns[] = { I_MOV(0, 0), I_EXIT };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		u32 attach =
			types[i] == BPF_PROG_TYPE_CGROUP_SOCK ? BPF_CGROUP_INET_SOCK_CREATE : 0;
		struct kernel_run run = frame(64);
		struct both b;

		both_load(&b, skep__prog_type(types[i])->name, types[i], attach, 0, insns,
			  ARRAY_SIZE(insns));
		compare(&b, &run, "a run", 0);
		run.ctx_size_in = 4;
		compare(&b, &run, "a wrong attr", 0);
		both_free(&b);
	}
	summary();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_tracepoints_get_their_arguments_alike),
		cmocka_unit_test(syscall_programs_read_and_write_their_context_alike),
		cmocka_unit_test(socket_lookups_get_the_same_verdicts),
		cmocka_unit_test(socket_lookups_see_the_same_question),
		cmocka_unit_test(dissectors_are_fed_and_held_alike),
		cmocka_unit_test(mistakes_with_dissectors_get_the_same_errno),
		cmocka_unit_test(types_without_test_runs_say_so),
	};

	frame(0);
	return run_beside_kernel(tests, NULL, NULL);
}
