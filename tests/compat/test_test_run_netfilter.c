/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_PROG_TEST_RUN of netfilter programs against this kernel's: which packets and hooks it takes,
 * with which errno it refuses the others, and what comes back. What programs see of packet and hook
 * is compared in tests/verifier/progs/netfilter.bpf.c.
 */
#include <linux/netfilter.h>
#include <stdio.h>
#include <string.h>

#include "ask_both.h"
#include "unit/cmocka_all.h"

static u8 sink; /* an address that says "there is a buffer" */
static u8 packet[8192];
static u32 differ, asked, refused;

/* struct nf_hook_state */
struct hook_state {
	u8 hook, pf;
	u64 pointers[5];
};

static void load(struct both *b, s32 verdict)
{
	const struct bpf_insn insns[] = { I_MOV(0, verdict), I_EXIT };

	both_load(b, "netfilter", BPF_PROG_TYPE_NETFILTER, BPF_NETFILTER, 0, insns,
		  ARRAY_SIZE(insns));
}

static void compare(struct both *b, const struct kernel_run *run, const char *text, s64 x, s64 y)
{
	char what[128];

	snprintf(what, sizeof(what), "%s, %lld, %lld", text, (long long)x, (long long)y);
	refused += both_run(b, run, what, &differ)->err != 0;
	asked++;
}

/* Some were taken and some not: else nothing much was compared. */
static void summary(void)
{
	u32 different = differ;

	print_message("%u runs compared, %u refused, %u differ\n", asked, refused, differ);
	assert_true(refused && refused < asked);
	asked = differ = refused = 0;
	assert_int_equal(different, 0);
}

static struct kernel_run frame(u16 ethertype, u32 len)
{
	for (size_t i = 0; i < sizeof(packet); i++)
		packet[i] = (u8)(i * 7);
	packet[12] = ethertype >> 8;
	packet[13] = (u8)ethertype;
	return (struct kernel_run){ .data_in = packet, .data_size_in = len };
}

static void packets_of_all_sizes_are_taken_alike(void **state)
{
	static const u32 hooks[] = { NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT, 200 };
	static const u8 families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	struct both b;

	load(&b, 1);
	for (u32 len = 0; len < sizeof(packet); len += len < 60     ? 1
						       : len < 3700 ? 911
						       : len < 3720 ? 1
								    : 1117) {
		struct kernel_run run = frame(0x0800, len);

		compare(&b, &run, "bytes", len, 0);
		for (u32 i = 0; i < ARRAY_SIZE(hooks) * ARRAY_SIZE(families); i++) {
			u8 pf = families[i % 2];
			struct hook_state hook = { .hook = hooks[i / 2], .pf = pf };

			run = frame(pf == NFPROTO_IPV4 ? 0x0800 : 0x86dd, len);
			run.ctx_in = &hook;
			run.ctx_size_in = sizeof(hook);
			compare(&b, &run, "bytes at a hook", len, hook.hook);
		}
	}
	both_free(&b);
	summary();
}

static void frames_must_be_of_the_hooks_family(void **state)
{
	static const u16 ethertypes[] = { 0x0800, 0x86dd, 0x0806, 0x8100, 0, 40, 0x05ff, 0x0600 };
	struct both b;

	load(&b, 0);
	for (u32 hook = 0; hook < 256; hook += hook < 8 ? 1 : 31) {
		for (u32 pf = 0; pf < 16; pf++) {
			for (u32 i = 0; i < ARRAY_SIZE(ethertypes); i++) {
				struct hook_state in = { .hook = (u8)hook, .pf = (u8)pf };
				struct kernel_run run = frame(ethertypes[i], 64);

				run.ctx_in = &in;
				run.ctx_size_in = sizeof(in);
				compare(&b, &run, "hook and family", hook, pf);
			}
		}
	}
	both_free(&b);
	summary();
}

static void no_pointers_may_be_given(void **state)
{
	struct both b;

	load(&b, 1);
	for (u32 byte = 0; byte < sizeof(struct hook_state); byte++) {
		struct hook_state in = { .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_IPV4 };
		struct kernel_run run = frame(0x0800, 64);

		run.ctx_in = &in;
		for (run.ctx_size_in = 0; run.ctx_size_in <= sizeof(in); run.ctx_size_in++)
			compare(&b, &run, "context of bytes", run.ctx_size_in, 0);
		((u8 *)&in)[byte] ^= 0x40;
		run.ctx_size_in = sizeof(in);
		compare(&b, &run, "context byte", byte, 0);
	}
	both_free(&b);
	summary();
}

static void longer_contexts_must_end_in_zeros(void **state)
{
	static u8 in[8192] = { NF_INET_LOCAL_OUT, NFPROTO_IPV4 };
	struct both b;

	load(&b, 1);
	for (u32 size = sizeof(struct hook_state); size < sizeof(in); size += 497) {
		struct kernel_run run = frame(0x0800, 64);

		run.ctx_in = in;
		run.ctx_size_in = size;
		compare(&b, &run, "context of bytes", size, 0);
		in[size - 1] |= size > sizeof(struct hook_state);
		compare(&b, &run, "context with something behind", size, 0);
		in[size - 1] = 0;
	}
	both_free(&b);
	summary();
}

static void there_is_no_data_and_no_context_that_comes_back(void **state)
{
	struct hook_state in = { .hook = NF_INET_LOCAL_OUT, .pf = NFPROTO_IPV6 };
	struct both b;

	load(&b, 1);
	for (u32 bits = 0; bits < 16; bits++) {
		for (u32 room = 0; room < 100; room += 20) {
			struct kernel_run run = frame(0x0800, 64);

			run.data_out = bits & 1 ? &sink : NULL;
			run.data_size_out = bits & 2 ? room : 0;
			run.ctx_out = bits & 4 ? &sink : NULL;
			run.ctx_size_out = bits & 4 ? room : 0;
			run.ctx_in = bits & 8 ? &in : NULL;
			run.ctx_size_in = bits & 8 ? sizeof(in) : 0;
			run.repeat = room;
			compare(&b, &run, "results", bits, room);
		}
	}
	both_free(&b);
	summary();
}

static void mistakes_have_the_same_errnos(void **state)
{
	struct kernel_run run, good = frame(0x0800, 64);
	struct both b;

	load(&b, 1);
	compare(&b, &good, "nothing wrong", 0, 0);
	for (u32 bit = 0; bit < 32; bit++) {
		run = good;
		run.flags = 1u << bit;
		compare(&b, &run, "flag bit", bit, 0);
	}
	run = good;
	run.cpu = 1;
	compare(&b, &run, "cpu", 1, 0);
	run = good;
	run.batch_size = 1;
	compare(&b, &run, "batch size", 1, 0);
	run = good;
	run.data_in = (void *)1;
	compare(&b, &run, "a packet that is not there", 64, 0);
	run.data_size_in = 10;
	compare(&b, &run, "a packet that is not there, and too short", 10, 0);
	run = good;
	run.ctx_in = (void *)1;
	run.ctx_size_in = sizeof(struct hook_state);
	compare(&b, &run, "a context that is not there", 48, 0);
	run.data_in = (void *)1;
	compare(&b, &run, "nothing is there", 48, 0);
	both_free(&b);
	summary();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_all_sizes_are_taken_alike),
		cmocka_unit_test(frames_must_be_of_the_hooks_family),
		cmocka_unit_test(no_pointers_may_be_given),
		cmocka_unit_test(longer_contexts_must_end_in_zeros),
		cmocka_unit_test(there_is_no_data_and_no_context_that_comes_back),
		cmocka_unit_test(mistakes_have_the_same_errnos),
	};

	return run_beside_kernel(tests, NULL, NULL);
}
