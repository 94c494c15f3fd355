/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs in the plain interpreter: values, calls, callbacks, tail calls, budgets, packet loads.
 */
#include "cmocka_all.h"
#include "exec_prog.h"
#include "ctx/packet.h"
#include "map/fd_array.h"

#define SYSCALL BPF_PROG_TYPE_SYSCALL

static u64 run_prog(const struct prog *prog, void *ctx, struct exec_fault *fault)
{
	struct run run = { .svc = &skep__default_services };

	return skep__exec(&run, prog, ctx, MODE_INTERP, fault);
}

/* What a program without faults does, it does in checked mode as well. */
static u64 run_checked(const struct prog *prog, void *ctx)
{
	struct run run = { .svc = &skep__default_services };
	struct exec_fault fault;
	u64 ret = skep__exec(&run, prog, ctx, MODE_CHECKED, &fault);

	if (fault.set)
		fail_msg("%s", fault.what);
	return ret;
}

/* The value that straight instructions, ended by EXIT, return. */
#define RESULT(...)                                                                                \
	({                                                                                         \
		static struct test_prog t;                                                         \
		struct exec_fault fault;                                                           \
		u64 ret_;                                                                          \
                                                                                                   \
		TEST_PROG(&t, SYSCALL, NULL, 0, __VA_ARGS__, EXIT());                              \
		ret_ = run_prog(&t.prog, NULL, &fault);                                            \
		assert_false(fault.set);                                                           \
		assert_int_equal(run_checked(&t.prog, NULL), ret_);                                \
		ret_;                                                                              \
	})

static void arithmetic_wraps_at_its_width(void **state)
{
	assert_int_equal(RESULT(MOV(R0, -1), ALU64(BPF_ADD, R0, 2)), 1);
	assert_int_equal(RESULT(MOV(R0, -1), ALU32(BPF_ADD, R0, 1)), 0);
	assert_int_equal(RESULT(IMM64(R0, 0x1234567890), ALU32(BPF_SUB, R0, 0)), 0x34567890);
	assert_int_equal(RESULT(MOV(R0, 3), ALU32(BPF_MUL, R0, -1)), 0xfffffffd);
	assert_int_equal(RESULT(MOV(R0, 1), ALU32(BPF_LSH, R0, 33)), 2);
	assert_int_equal(RESULT(MOV(R0, -8), ALU64(BPF_ARSH, R0, 65)), (u64)-4);
	assert_int_equal(RESULT(MOV(R0, -8), ALU32(BPF_ARSH, R0, 1)), 0xfffffffc);
	assert_int_equal(RESULT(MOV(R0, 5), RAW(BPF_ALU | BPF_NEG, R0, 0, 0, 0)), 0xfffffffb);
}

static void division_never_traps(void **state)
{
	assert_int_equal(RESULT(MOV(R0, 7), MOV(R1, 0), ALU64R(BPF_DIV, R0, R1)), 0);
	assert_int_equal(RESULT(MOV(R0, 7), MOV(R1, 0), ALU64R(BPF_MOD, R0, R1)), 7);
	assert_int_equal(RESULT(MOV(R0, -7), MOV(R1, 0), ALU32R(BPF_MOD, R0, R1)), 0xfffffff9);
	assert_int_equal(RESULT(IMM64(R0, 1ull << 63), RAW(BPF_ALU64 | BPF_DIV, R0, 0, 1, -1)),
			 1ull << 63);
	assert_int_equal(RESULT(IMM64(R0, 1ull << 63), RAW(BPF_ALU64 | BPF_MOD, R0, 0, 1, -1)), 0);
	assert_int_equal(RESULT(MOV(R0, -7), RAW(BPF_ALU64 | BPF_DIV, R0, 0, 1, 2)), (u64)-3);
	assert_int_equal(RESULT(MOV(R0, -7), RAW(BPF_ALU64 | BPF_MOD, R0, 0, 1, 2)), (u64)-1);
	assert_int_equal(RESULT(MOV(R0, -7), RAW(BPF_ALU | BPF_DIV, R0, 0, 1, 2)), 0xfffffffd);
	assert_int_equal(RESULT(IMM64(R0, 0x80000000), RAW(BPF_ALU | BPF_DIV, R0, 0, 1, -1)),
			 0x80000000);
}

static void bytes_turn_and_signs_extend(void **state)
{
	assert_int_equal(RESULT(IMM64(R0, 0x1122334455667788),
				RAW(BPF_ALU | BPF_END | BPF_TO_BE, R0, 0, 0, 16)),
			 0x8877);
	assert_int_equal(RESULT(IMM64(R0, 0x1122334455667788),
				RAW(BPF_ALU | BPF_END | BPF_TO_LE, R0, 0, 0, 32)),
			 0x55667788);
	assert_int_equal(
		RESULT(IMM64(R0, 0x1122334455667788), RAW(BPF_ALU64 | BPF_END, R0, 0, 0, 64)),
		0x8877665544332211);
	assert_int_equal(RESULT(MOV(R1, 0x80), RAW(BPF_ALU64 | BPF_MOV | BPF_X, R0, R1, 8, 0)),
			 (u64)-128);
	assert_int_equal(RESULT(MOV(R1, 0x8000), RAW(BPF_ALU | BPF_MOV | BPF_X, R0, R1, 16, 0)),
			 0xffff8000);
	assert_int_equal(RESULT(STORE_K(BPF_W, R10, -4, -2), LOADSX(BPF_W, R0, R10, -4)), (u64)-2);
	assert_int_equal(RESULT(STORE_K(BPF_W, R10, -4, -2), LOAD(BPF_W, R0, R10, -4)), 0xfffffffe);
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, -2), LOAD(BPF_DW, R0, R10, -8)), (u64)-2);
}

static void atomics_return_what_was_there(void **state)
{
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, 40), MOV(R1, 2),
				ATOMIC(BPF_DW, BPF_ADD, R10, R1, -8), LOAD(BPF_DW, R0, R10, -8)),
			 42);
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, -1), MOV(R0, 1),
				ATOMIC(BPF_W, BPF_ADD | BPF_FETCH, R10, R0, -8)),
			 0xffffffff);
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, 9), MOV(R0, 1),
				ATOMIC(BPF_DW, BPF_XCHG, R10, R0, -8)),
			 9);
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, 9), MOV(R0, 9), MOV(R1, 5),
				ATOMIC(BPF_DW, BPF_CMPXCHG, R10, R1, -8), LOAD(BPF_DW, R1, R10, -8),
				ALU64R(BPF_ADD, R0, R1)),
			 14);
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, 9), MOV(R0, 8), MOV(R1, 5),
				ATOMIC(BPF_DW, BPF_CMPXCHG, R10, R1, -8), LOAD(BPF_DW, R1, R10, -8),
				ALU64R(BPF_ADD, R0, R1)),
			 18);
	assert_int_equal(RESULT(MOV(R1, 77), ATOMIC(BPF_W, BPF_STORE_REL, R10, R1, -4),
				ATOMIC(BPF_W, BPF_LOAD_ACQ, R0, R10, -4)),
			 77);
}

static void branches_compare_as_they_say(void **state)
{
	assert_int_equal(RESULT(MOV(R0, 1), MOV(R1, -1), JUMP(BPF_JSGT, R1, 0, 1), MOV(R0, 2)), 2);
	assert_int_equal(RESULT(MOV(R0, 1), MOV(R1, -1), JUMP(BPF_JGT, R1, 0, 1), MOV(R0, 2)), 1);
	assert_int_equal(RESULT(MOV(R0, 1), IMM64(R1, 1ull << 32),
				RAW(BPF_JMP32 | BPF_JEQ, R1, 0, 1, 0), MOV(R0, 2)),
			 1);
	assert_int_equal(RESULT(MOV(R0, 1), RAW(BPF_JMP32 | BPF_JA, 0, 0, 0, 1), MOV(R0, 2)), 1);
}

static void a_loop_ends_when_its_budget_is_spent(void **state)
{
	/* Each function has a budget of its own. */
	assert_int_equal(RESULT(MOV(R0, 0), MAY_GOTO(2), ALU64(BPF_ADD, R0, 1), GOTO(-3)), 8 << 20);
	assert_int_equal(RESULT(MOV(R6, 0), MAY_GOTO(0), CALL_SUB(3), ALU64R(BPF_ADD, R6, R0),
				MOVR(R0, R6), EXIT(), MOV(R0, 0), MAY_GOTO(2),
				ALU64(BPF_ADD, R0, 1), GOTO(-3)),
			 8 << 20);
}

static void subprograms_have_their_own_stack_and_keep_the_callers_registers(void **state)
{
	assert_int_equal(RESULT(MOV(R6, 100), STORE_K(BPF_DW, R10, -8, 1), MOV(R1, 20), CALL_SUB(4),
				LOAD(BPF_DW, R1, R10, -8), ALU64R(BPF_ADD, R0, R6),
				ALU64R(BPF_ADD, R0, R1), EXIT(),
				/* the subprogram */
				STORE_K(BPF_DW, R10, -8, 7), MOV(R6, 0), MOVR(R0, R1),
				ALU64(BPF_MUL, R0, 2)),
			 141);
}

static void the_ninth_frame_is_refused(void **state)
{
	static struct test_prog t;
	struct exec_fault fault;

	TEST_PROG(&t, SYSCALL, NULL, 0, CALL_SUB(1), EXIT(), ALU64(BPF_ADD, R1, 1), CALL_SUB(-2),
		  EXIT());
	assert_int_equal(run_prog(&t.prog, NULL, &fault), 0);
	assert_true(fault.set);
	assert_int_equal(fault.insn, 3);
	assert_non_null(strstr(fault.what, "8 frames"));
}

static void a_helper_calls_back_with_the_callers_stack_in_reach(void **state)
{
	/* Sums 0..9 through a pointer to the caller's stack. */
	assert_int_equal(RESULT(STORE_K(BPF_DW, R10, -8, 0), MOV(R1, 10), FUNC(R2, 8),
				MOVR(R3, R10), ALU64(BPF_ADD, R3, -8), MOV(R4, 0),
				CALL_HELPER(loop), LOAD(BPF_DW, R0, R10, -8), EXIT(), MOV(R5, 0),
				/* the callback */
				LOAD(BPF_DW, R0, R2, 0), ALU64R(BPF_ADD, R0, R1),
				STORE(BPF_DW, R2, R0, 0), MOV(R0, 0)),
			 45);
}

static void what_cannot_be_called_stops_the_run(void **state)
{
	static struct test_prog t;
	struct exec_fault fault;

	TEST_PROG(&t, SYSCALL, NULL, 0, MOV(R0, 1), CALL_HELPER(xdp_adjust_head), EXIT());
	assert_int_equal(run_prog(&t.prog, NULL, &fault), 0);
	assert_true(fault.set);
	assert_int_equal(fault.insn, 1);
	TEST_PROG(&t, SYSCALL, NULL, 0, MOV(R1, 1), MOV(R2, 1), MOV(R3, 0), MOV(R4, 0),
		  RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 7), EXIT());
	assert_int_equal(run_prog(&t.prog, NULL, &fault), 0);
	assert_string_equal(fault.what,
			    "kernel function __bpf_trap is not there for programs of this type");
	TEST_PROG(&t, SYSCALL, NULL, 0, MOV(R1, 1), MOV(R2, 99), MOV(R3, 0), MOV(R4, 0),
		  CALL_HELPER(loop), EXIT());
	assert_int_equal(run_prog(&t.prog, NULL, &fault), 0);
	assert_true(fault.set);
}

/* Services that know the programs of a test by id. */
static _Atomic(const struct prog *) progs_by_id[4];

static struct map *prog_array(struct services *svc, const u32 *ids, u32 nr)
{
	const struct map_def def = { .type = BPF_MAP_TYPE_PROG_ARRAY,
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = nr,
				     .nr_cpus = 1 };
	int err = 0;
	struct map *map = skep__map_new(&def, NULL, 1, "progs", svc, &err);

	assert_non_null(map);
	for (u32 i = 0; i < nr; i++) {
		u32 old;

		if (ids[i])
			assert_int_equal(skep__fd_array_exchange(map, &i, ids[i], &old), 0);
	}
	return map;
}

#define TAIL_CALL(index) MOVR(R1, R6), MAP(R2, 0), MOV(R3, index), CALL_HELPER(tail_call)

static void thirty_three_tail_calls_and_no_more(void **state)
{
	static struct test_prog self, other;
	struct services svc = skep__default_services;
	struct run run = { .svc = &svc };
	const u32 ids[3] = { 1, 2, 0 };
	u64 calls = 0;
	struct map *map = prog_array(&svc, ids, 3);

	svc.progs = progs_by_id;
	svc.nr_progs = ARRAY_SIZE(progs_by_id);
	progs_by_id[1] = &self.prog;
	progs_by_id[2] = &other.prog;
	/* Counts its runs in the context; then calls itself; empty slots and those out of range do
	 * not count. */
	TEST_PROG(&self, SYSCALL, &map, 1, MOVR(R6, R1), LOAD(BPF_DW, R0, R6, 0),
		  ALU64(BPF_ADD, R0, 1), STORE(BPF_DW, R6, R0, 0), TAIL_CALL(2), TAIL_CALL(3),
		  TAIL_CALL(0), MOV(R0, 123), EXIT());
	TEST_PROG(&other, BPF_PROG_TYPE_XDP, &map, 1, MOV(R0, 9), EXIT());
	assert_int_equal(skep__exec(&run, &self.prog, &calls, MODE_INTERP, NULL), 123);
	assert_int_equal(calls, 34);
	assert_int_equal(run.tail_calls, 33);
	/* A program of another type is as good as none. */
	TEST_PROG(&self, SYSCALL, &map, 1, MOVR(R6, R1), TAIL_CALL(1), MOV(R0, 1), EXIT());
	assert_int_equal(skep__exec(&run, &self.prog, &calls, MODE_INTERP, NULL), 1);
	skep__map_free(map);
}

static void a_tail_call_in_a_subprogram_returns_to_its_caller(void **state)
{
	static struct test_prog caller, target;
	struct services svc = skep__default_services;
	struct run run = { .svc = &svc };
	const u32 ids[1] = { 2 };
	struct map *map = prog_array(&svc, ids, 1);

	svc.progs = progs_by_id;
	svc.nr_progs = ARRAY_SIZE(progs_by_id);
	progs_by_id[2] = &target.prog;
	TEST_PROG(&caller, SYSCALL, &map, 1, MOV(R7, 1000), CALL_SUB(2), ALU64R(BPF_ADD, R0, R7),
		  EXIT(), MOVR(R6, R1), TAIL_CALL(0), MOV(R0, 5), EXIT());
	TEST_PROG(&target, SYSCALL, NULL, 0, MOV(R7, 0), MOV(R0, 7), EXIT());
	assert_int_equal(skep__exec(&run, &caller.prog, NULL, MODE_INTERP, NULL), 1007);
	skep__map_free(map);
}

static void tail_calls_in_subprograms_nest_to_the_end(void **state)
{
	static struct test_prog self;
	struct services svc = skep__default_services;
	struct run run = { .svc = &svc };
	const u32 ids[1] = { 1 };
	struct map *map = prog_array(&svc, ids, 1);

	svc.progs = progs_by_id;
	svc.nr_progs = ARRAY_SIZE(progs_by_id);
	progs_by_id[1] = &self.prog;
	/* Counts its runs in the context, and the runs that came back to it in R0. */
	TEST_PROG(&self, SYSCALL, &map, 1, MOVR(R6, R1), LOAD(BPF_DW, R0, R6, 0),
		  ALU64(BPF_ADD, R0, 1), STORE(BPF_DW, R6, R0, 0), CALL_SUB(2),
		  ALU64(BPF_ADD, R0, 1), EXIT(), MOVR(R6, R1), TAIL_CALL(0), MOV(R0, 100), EXIT());
	for (enum exec_mode mode = MODE_CHECKED; mode <= MODE_INTERP; mode++) {
		u64 ctx[1024] = { 0 };

		assert_int_equal(skep__exec(&run, &self.prog, ctx, mode, NULL), 134);
		assert_false(run.aborted);
		assert_int_equal(ctx[0], 34);
	}
	skep__map_free(map);
}

static void global_data_is_at_its_offset_in_the_only_value(void **state)
{
	static struct test_prog t;
	const struct map_def def = { .type = BPF_MAP_TYPE_ARRAY,
				     .key_size = 4,
				     .value_size = 32,
				     .max_entries = 1,
				     .nr_cpus = 1 };
	struct run run = { .svc = &skep__default_services };
	const u32 key = 0;
	int err = 0;
	struct map *map = skep__map_new(&def, NULL, 1, "data", &skep__default_services, &err);
	u64 *value = map->ops->lookup(map, &key, 0);

	value[2] = 0xabcdef;
	TEST_PROG(&t, SYSCALL, &map, 1, MAP_VALUE(R1, 0, 16), LOAD(BPF_DW, R0, R1, 0),
		  STORE_K(BPF_DW, R1, 8, 3), EXIT());
	assert_int_equal(skep__exec(&run, &t.prog, NULL, MODE_INTERP, NULL), 0xabcdef);
	assert_int_equal(value[3], 3);
	skep__map_free(map);
}

static void classic_loads_read_the_packet_or_end_the_program(void **state)
{
	static struct test_prog t;
	u8 frame[64];
	struct skb_ctx skb = { .pkt = { .frame = frame,
					.frame_end = frame + 64,
					.meta = frame + 16,
					.data = frame + 16,
					.data_end = frame + 48 },
			       .mac_header = frame + 2,
			       .network_header = frame + 16 };

	for (int i = 0; i < 64; i++)
		frame[i] = i;
	TEST_PROG(&t, BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0, MOVR(R6, R1),
		  RAW(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 4), EXIT());
	assert_int_equal(run_prog(&t.prog, &skb, NULL), 0x1415);
	TEST_PROG(&t, BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0, MOVR(R6, R1), MOV(R2, 27),
		  RAW(BPF_LD | BPF_IND | BPF_W, 0, R2, 0, 1), EXIT());
	assert_int_equal(run_prog(&t.prog, &skb, NULL), 0x2c2d2e2f);
	TEST_PROG(&t, BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0, MOVR(R6, R1), MOV(R2, 28),
		  RAW(BPF_LD | BPF_IND | BPF_W, 0, R2, 0, 1), MOV(R0, 9), EXIT());
	assert_int_equal(run_prog(&t.prog, &skb, NULL), 0);
	/* From the link layer's header on, which lies before the data. */
	TEST_PROG(&t, BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0, MOVR(R6, R1),
		  RAW(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, -0x200000 + 1), EXIT());
	assert_int_equal(run_prog(&t.prog, &skb, NULL), 3);
	TEST_PROG(&t, BPF_PROG_TYPE_SOCKET_FILTER, NULL, 0, MOVR(R6, R1),
		  RAW(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, -0x200001), MOV(R0, 1), EXIT());
	assert_int_equal(run_prog(&t.prog, &skb, NULL), 0);
}

static void a_report_names_the_program_the_function_and_the_line(void **state)
{
	static struct test_prog t;
	const struct prog_line lines[] = {
		{ .insn = 0, .line = 10, .column = 2, .file = "hive.c", .text = "int x = 1;" },
		{ .insn = 1, .line = 11, .column = 9, .file = "hive.c", .text = "bpf_buzz();" },
		{ .insn = 2, .line = 12, .file = "hive.c", .text = "}" },
	};
	struct exec_fault fault;
	struct strbuf text;

	TEST_PROG(&t, SYSCALL, NULL, 0, MOV(R0, 1),
		  RAW(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0, 7), EXIT());
	t.prog.lines = lines;
	t.prog.nr_lines = ARRAY_SIZE(lines);
	t.subprogs[0].name = "main_func";
	run_prog(&t.prog, NULL, &fault);
	skep__strbuf_init(&text);
	skep__exec_explain(&fault, &text);
	assert_string_equal(text.text,
			    "program 'test' (id 1), function main_func, instruction 1: "
			    "kernel function __bpf_trap is not there for programs of this type\n"
			    "     1: (85) call kernel-function\n"
			    "  at hive.c:11:9: bpf_buzz();\n");
	skep__strbuf_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic_wraps_at_its_width),
		cmocka_unit_test(division_never_traps),
		cmocka_unit_test(bytes_turn_and_signs_extend),
		cmocka_unit_test(atomics_return_what_was_there),
		cmocka_unit_test(branches_compare_as_they_say),
		cmocka_unit_test(a_loop_ends_when_its_budget_is_spent),
		cmocka_unit_test(subprograms_have_their_own_stack_and_keep_the_callers_registers),
		cmocka_unit_test(the_ninth_frame_is_refused),
		cmocka_unit_test(a_helper_calls_back_with_the_callers_stack_in_reach),
		cmocka_unit_test(what_cannot_be_called_stops_the_run),
		cmocka_unit_test(thirty_three_tail_calls_and_no_more),
		cmocka_unit_test(a_tail_call_in_a_subprogram_returns_to_its_caller),
		cmocka_unit_test(tail_calls_in_subprograms_nest_to_the_end),
		cmocka_unit_test(global_data_is_at_its_offset_in_the_only_value),
		cmocka_unit_test(classic_loads_read_the_packet_or_end_the_program),
		cmocka_unit_test(a_report_names_the_program_the_function_and_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
