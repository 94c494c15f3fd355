/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs as whoever calls them relies on: memory reused and not shared, clocks and CPUs asked of
 * the services, interruptions, the caller's memory going away, the packet's fate.
 */
#include <pthread.h>
#include <string.h>

#include "cmocka_all.h"
#include "hook/test_run/bench.h"
#include "verify/prepare.h"

#define K(op, dst, src, offset, k)                                                                 \
	{                                                                                          \
		.code = (op), .dst_reg = (dst), .src_reg = (src), .off = (offset), .imm = (k)      \
	}
#define MOV(dst, k) K(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, k)
#define CALL(name) K(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_##name)
#define EXIT K(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

static struct cpu_slot slots[3];
static const struct cpus cpus = { slots, ARRAY_SIZE(slots) };

/* A caller with 4,096 bytes of memory at address 0x1000. */
struct caller {
	u8 mem[4096];
	u32 reads, writes;
	bool read_only;
};

static int caller_read(void *opaque, void *to, u64 addr, size_t len)
{
	struct caller *c = opaque;

	c->reads++;
	if (addr < 0x1000 || addr - 0x1000 + len > sizeof(c->mem))
		return -EFAULT;
	memcpy(to, c->mem + addr - 0x1000, len);
	return 0;
}

static int caller_write(void *opaque, u64 addr, const void *from, size_t len)
{
	struct caller *c = opaque;

	c->writes++;
	if (c->read_only || addr < 0x1000 || addr - 0x1000 + len > sizeof(c->mem))
		return -EFAULT;
	memcpy(c->mem + addr - 0x1000, from, len);
	return 0;
}

/* A clock that moves by 700 ns every time somebody looks. */
static u64 slow_clock(void *opaque, clockid_t clock)
{
	return *(u64 *)opaque += 700;
}

static void load(struct prog *prog, u32 type, const struct bpf_insn *insns, u32 len)
{
	struct prepare_input in = { .insns = insns, .len = len, .prog_type = type };
	struct strbuf log;

	memset(prog, 0, sizeof(*prog));
	skep__strbuf_init(&log);
	assert_int_equal(skep__prepare(&in, prog, &log), 0);
	skep__strbuf_fini(&log);
	prog->type = type;
}

static struct test_run a_run(struct caller *c, struct test_benches *benches)
{
	return (struct test_run){
		.data_in = 0x1000,
		.data_size_in = 64,
		.user = { c, caller_read, caller_write },
		.svc = &skep__default_services,
		.cpus = &cpus,
		.benches = benches,
		.mode = MODE_INTERP,
	};
}

static const struct bpf_insn pass[] = { MOV(0, XDP_PASS), EXIT };

static void runs_one_after_the_other_use_the_same_memory(void **state)
{
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	struct test_bench *bench;
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_XDP, pass, ARRAY_SIZE(pass));
	for (int i = 0; i < 10; i++) {
		struct test_run tr = a_run(&c, &benches);

		assert_int_equal(skep__test_run(&prog, &tr, NULL), 0);
		if (i == 0)
			bench = benches.spare[0];
		assert_ptr_equal(benches.spare[0], bench);
		assert_null(benches.spare[1]);
	}
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
	assert_null(benches.spare[0]);
}

/* r0 = bytes of headroom and tail that are not zero, which a program gets at by growing the frame.
 */
static void a_run_does_not_see_the_packet_of_the_run_before(void **state)
{
	static const struct bpf_insn grow[] = {
		K(BPF_ALU64 | BPF_MOV | BPF_X, 6, 1, 0, 0),
		MOV(2, -216),
		CALL(xdp_adjust_head),
		K(BPF_ALU64 | BPF_MOV | BPF_X, 1, 6, 0, 0),
		MOV(2, 3000),
		CALL(xdp_adjust_tail),
		EXIT,
	};
	struct test_benches benches = { 0 };
	struct caller *c = test_calloc(1, sizeof(*c));
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_XDP, grow, ARRAY_SIZE(grow));
	for (int i = 0; i < 2; i++) {
		struct test_run tr = a_run(c, &benches);

		memset(c->mem, 0xff, 64);
		tr.data_out = 0x1000;
		tr.data_size_out = 4096;
		assert_int_equal(skep__test_run(&prog, &tr, NULL), 0);
		assert_int_equal(tr.retval, 0);
		assert_int_equal(tr.data_size_out, 216 + 64 + 3000);
		for (u32 at = 0; at < tr.data_size_out; at++)
			assert_int_equal(c->mem[at], at >= 216 && at < 216 + 64 ? 0xff : 0);
	}
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
	test_free(c);
}

static void durations_are_the_services_clock_over_the_runs(void **state)
{
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	u64 now = 5;
	struct services svc = skep__default_services;
	struct test_run tr = a_run(&c, &benches);
	struct prog prog;

	svc.opaque = &now;
	svc.clock_ns = slow_clock;
	load(&prog, BPF_PROG_TYPE_XDP, pass, ARRAY_SIZE(pass));
	tr.svc = &svc;
	tr.repeat = 7;
	assert_int_equal(skep__test_run(&prog, &tr, NULL), 0);
	assert_int_equal(tr.runs, 7);
	assert_int_equal(tr.time_ns, 700);
	assert_int_equal(tr.duration, 100);
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

static bool after_five(void *opaque)
{
	return ++*(u32 *)opaque == 5;
}

static void a_signal_between_repeats_ends_the_run(void **state)
{
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	u32 asked = 0;
	struct test_run tr = a_run(&c, &benches);
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_XDP, pass, ARRAY_SIZE(pass));
	tr.repeat = UINT32_MAX;
	tr.interrupted = after_five;
	tr.opaque = &asked;
	assert_int_equal(skep__test_run(&prog, &tr, NULL), -EINTR);
	assert_int_equal(asked, 5);
	assert_int_equal(tr.wrote, 0);
	for (u32 i = 0; i < cpus.nr; i++)
		assert_int_equal(slots[i].owner, 0);
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

static void memory_of_the_caller_that_is_not_there_is_an_error(void **state)
{
	struct test_benches benches = { 0 };
	struct caller c = { .read_only = true };
	struct test_run tr = a_run(&c, &benches);
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_SCHED_CLS, pass, ARRAY_SIZE(pass));
	tr.data_in = 0x1ff0;
	assert_int_equal(skep__test_run(&prog, &tr, NULL), -EFAULT);
	tr = a_run(&c, &benches);
	tr.data_out = 0x1000;
	assert_int_equal(skep__test_run(&prog, &tr, NULL), -EFAULT);
	assert_int_equal(tr.wrote, 0);
	c.reads = 0;
	tr = a_run(&c, &benches);
	tr.data_size_in = 1 << 30;
	assert_int_equal(skep__test_run(&prog, &tr, NULL), -EINVAL);
	assert_int_equal(c.reads, 0); /* refused before anything was copied */
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

static void a_redirect_is_reported_as_the_fate_of_the_packet(void **state)
{
	static const struct bpf_insn send[] = { MOV(1, 42), MOV(2, 0), CALL(redirect), EXIT };
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	struct test_run tr = a_run(&c, &benches);
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_XDP, send, ARRAY_SIZE(send));
	assert_int_equal(skep__test_run(&prog, &tr, NULL), 0);
	assert_int_equal(tr.retval, XDP_REDIRECT);
	assert_int_equal(tr.fate.kind, FATE_IFINDEX);
	assert_int_equal(tr.fate.ifindex, 42);
	skep__prepare_free(&prog);
	load(&prog, BPF_PROG_TYPE_XDP, pass, ARRAY_SIZE(pass));
	tr = a_run(&c, &benches);
	assert_int_equal(skep__test_run(&prog, &tr, NULL), 0);
	assert_int_equal(tr.fate.kind, FATE_NONE);
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

static void raw_tracepoints_run_on_the_cpu_of_choice(void **state)
{
	static const struct bpf_insn which[] = { CALL(get_smp_processor_id), EXIT };
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_RAW_TRACEPOINT, which, ARRAY_SIZE(which));
	for (u32 cpu = 0; cpu < 5; cpu++) {
		struct test_run tr = a_run(&c, &benches);

		tr.data_in = tr.data_size_in = 0;
		tr.flags = BPF_F_TEST_RUN_ON_CPU;
		tr.cpu = cpu;
		assert_int_equal(skep__test_run(&prog, &tr, NULL), cpu < cpus.nr ? 0 : -ENXIO);
		if (cpu < cpus.nr) {
			assert_int_equal(tr.retval, cpu);
			assert_int_equal(tr.wrote, TEST_RUN_RETVAL);
		}
	}
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

static void a_given_network_is_the_one_that_contexts_name(void **state)
{
	static const struct skep_net_link links[] = {
		{ .ifindex = 9, .mtu = 1500, .rx_queues = 2 }
	};
	static const struct skep_net net = { .links = links, .nr_links = 1 };
	static const struct bpf_insn queue[] = {
		K(BPF_LDX | BPF_MEM | BPF_W, 0, 1, offsetof(struct xdp_md, rx_queue_index), 0),
		EXIT,
	};
	struct test_benches benches = { 0 };
	struct caller c = { 0 };
	struct xdp_md md = { .data_end = 64, .ingress_ifindex = 9, .rx_queue_index = 1 };
	struct prog prog;

	load(&prog, BPF_PROG_TYPE_XDP, queue, ARRAY_SIZE(queue));
	for (u32 i = 0; i < 3; i++) {
		struct test_run tr = a_run(&c, &benches);

		md.rx_queue_index = i;
		memcpy(c.mem + 256, &md, sizeof(md));
		tr.ctx_in = 0x1100;
		tr.ctx_size_in = sizeof(md);
		assert_int_equal(skep__test_run(&prog, &tr, NULL), -ENODEV);
		tr.net = &net;
		assert_int_equal(skep__test_run(&prog, &tr, NULL), i < 2 ? 0 : -EINVAL);
		if (i < 2)
			assert_int_equal(tr.retval, i);
	}
	skep__prepare_free(&prog);
	skep__test_benches_fini(&benches);
}

struct crowd {
	struct test_benches benches;
	struct prog prog;
	_Atomic u32 wrong;
};

static void *many_runs(void *opaque)
{
	struct crowd *crowd = opaque;
	struct caller c = { 0 };
	u8 mark = (u8)(uintptr_t)&c >> 4 | 1;

	for (int i = 0; i < 500; i++) {
		struct test_run tr = a_run(&c, &crowd->benches);

		memset(c.mem, mark + i, 64);
		tr.data_out = 0x1100;
		if (skep__test_run(&crowd->prog, &tr, NULL) || memcmp(c.mem, c.mem + 256, 64))
			crowd->wrong++;
	}
	return NULL;
}

static void threads_do_not_get_each_others_packets(void **state)
{
	struct crowd crowd = { 0 };
	pthread_t threads[8];

	load(&crowd.prog, BPF_PROG_TYPE_XDP, pass, ARRAY_SIZE(pass));
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_runs, &crowd), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(crowd.wrong, 0);
	skep__prepare_free(&crowd.prog);
	skep__test_benches_fini(&crowd.benches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_one_after_the_other_use_the_same_memory),
		cmocka_unit_test(a_run_does_not_see_the_packet_of_the_run_before),
		cmocka_unit_test(durations_are_the_services_clock_over_the_runs),
		cmocka_unit_test(a_signal_between_repeats_ends_the_run),
		cmocka_unit_test(memory_of_the_caller_that_is_not_there_is_an_error),
		cmocka_unit_test(a_redirect_is_reported_as_the_fate_of_the_packet),
		cmocka_unit_test(raw_tracepoints_run_on_the_cpu_of_choice),
		cmocka_unit_test(a_given_network_is_the_one_that_contexts_name),
		cmocka_unit_test(threads_do_not_get_each_others_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
