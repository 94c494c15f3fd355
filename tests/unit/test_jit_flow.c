/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Control flow in machine code: loops, may_goto, calls of helpers and subprograms, callbacks, tail
 * calls, packet loads.
 */
#include "cmocka_all.h"
#include "jit_run.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctx/packet.h"
#include "map/fd_array.h"

static void loops_count_as_they_should(void **state)
{
	for (u32 body = 0; body < 60; body++) {
		struct insn insns[70] = { ALU64_K(MOV, 0, 0), ALU64_K(MOV, 2, 1000) };
		struct small_prog p;
		u32 n = 2;

		for (u32 i = 0; i <= body; i++)
			insns[n++] = (struct insn)ALU64_K(ADD, 0, 3);
		insns[n++] = (struct insn)ALU64_K(SUB, 2, 1);
		insns[n] = (struct insn){ .op = OP_JNE64_K, .dst = 2, .off = 1 - (s32)n };
		insns[n + 1] = (struct insn)EXIT;
		small_prog(&p, insns, n + 2);
		assert_int_equal(skep__jit_compile(&p.prog), 0);
		assert_int_equal(run_jit(&p.prog, NULL), 3000 * (body + 1));
		skep__jit_free(&p.prog);
	}
}

static void may_goto_leaves_a_loop_after_eight_million_rounds(void **state)
{
	const struct insn insns[] = {
		ALU64_K(MOV, 0, 0),
		{ .op = OP_MAY_GOTO, .off = 2 },
		ALU64_K(ADD, 0, 1),
		GOTO(-3),
		{ .op = OP_MAY_GOTO, .off = 1 }, /* spent is spent */
		ALU64_K(ADD, 0, 1000),
		EXIT,
	};
	struct small_prog p;

	small_prog(&p, insns, ARRAY_SIZE(insns));
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	assert_int_equal(run_jit(&p.prog, NULL), 8 * 1024 * 1024);
	skep__jit_free(&p.prog);
}

/* f(n) = n < 2 ? n : n + f(n - 1), through 8 frames with stacks of their own. */
static void subprograms_have_frames_of_their_own(void **state)
{
	const struct insn insns[] = {
		ALU64_K(MOV, 6, 77), /* 0: the program */
		ALU64_K(MOV, 1, 7),
		LOCAL_CALL(2),
		ALU64_X(ADD, 0, 6),
		EXIT,
		ALU64_X(MOV, 6, 1), /* 5: f */
		STORE64(10, -512, 1),
		ALU64_X(MOV, 0, 1),
		{ .op = OP_JLT64_K, .dst = 1, .imm = 2, .off = 5 },
		ALU64_K(SUB, 1, 1),
		LOCAL_CALL(-6),
		ALU64_X(ADD, 0, 6),
		LOAD64(1, 10, -512),
		{ .op = OP_JNE64_X, .dst = 1, .src = 6, .off = 1 },
		EXIT,
		ALU64_K(MOV, 0, -1),
		EXIT,
	};
	const struct subprog subs[] = { { .start = 0, .end = 5, .stack_depth = 512 },
					{ .start = 5, .end = 17, .stack_depth = 512 } };
	struct prog prog = { .insns = insns,
			     .len = 17,
			     .type = BPF_PROG_TYPE_XDP,
			     .subprogs = subs,
			     .nr_subprogs = 2 };

	assert_int_equal(skep__jit_compile(&prog), 0);
	assert_int_equal(run_jit(&prog, NULL), 77 + 28);
	skep__jit_free(&prog);
}

/* bpf_loop(5, callback, &sum): the callback adds its index to what R2 points to. */
static void a_helper_can_call_back(void **state)
{
	const struct insn insns[] = {
		{ .op = OP_STDW, .dst = 10, .off = -8, .imm = 100 },
		ALU64_K(MOV, 1, 5),
		{ .op = OP_LDFUNC, .dst = 2, .src = BPF_PSEUDO_FUNC, .imm = 1 },
		{ .op = OP_LDIMM_HI },
		ALU64_X(MOV, 3, 10),
		ALU64_K(ADD, 3, -8),
		ALU64_K(MOV, 4, 0),
		ALU64_K(MOV, 9, 1000),
		HELPER_CALL(BPF_FUNC_loop),
		LOAD64(1, 10, -8),
		ALU64_X(ADD, 0, 1),
		ALU64_X(ADD, 0, 9),
		EXIT,
		ALU64_X(MOV, 9, 2), /* 13: the callback */
		LOAD64(0, 9, 0),
		ALU64_X(ADD, 0, 1),
		STORE64(9, 0, 0),
		HELPER_CALL(BPF_FUNC_get_smp_processor_id),
		ALU64_K(MOV, 0, 0),
		EXIT,
	};
	const struct subprog subs[] = { { .start = 0, .end = 13, .stack_depth = 8 },
					{ .start = 13, .end = 20, .is_callback = true } };
	struct prog prog = { .insns = insns,
			     .len = 20,
			     .type = BPF_PROG_TYPE_XDP,
			     .subprogs = subs,
			     .nr_subprogs = 2 };

	assert_int_equal(skep__jit_compile(&prog), 0);
	assert_int_equal(run_jit(&prog, NULL), 5 + (100 + 0 + 1 + 2 + 3 + 4) + 1000);
	skep__jit_free(&prog);
}

/* The world of the tail call tests: program array slot i holds program i. */
static _Atomic(const struct prog *) progs_by_id[8];

static struct map *prog_array(const struct prog *const *progs, u32 n)
{
	const struct map_def def = { .type = BPF_MAP_TYPE_PROG_ARRAY,
				     .key_size = 4,
				     .value_size = 4,
				     .max_entries = n,
				     .nr_cpus = 1 };
	struct map *map;
	int err;

	map = skep__map_new(&def, NULL, 1, "tails", &skep__default_services, &err);
	assert_non_null(map);
	for (u32 i = 0; i < n; i++) {
		u32 id = i + 1;

		progs_by_id[id] = progs[i];
		assert_int_equal(map->ops->sys_update(map, &i, &id, 0), 0);
	}
	return map;
}

static u64 run_tails(const struct prog *prog, u64 *ctx)
{
	const struct services svc = { .progs = progs_by_id, .nr_progs = ARRAY_SIZE(progs_by_id) };
	struct run run = { .svc = &svc };

	return skep__exec(&run, prog, ctx, MODE_JIT, NULL);
}

/* Counts in the context and calls itself by tail until that is refused. */
static const struct insn counting[] = {
	LOAD64(6, 1, 0),
	ALU64_K(ADD, 6, 1),
	STORE64(1, 0, 6),
	STORE64(10, -8, 6),
	{ .op = OP_LDMAP, .dst = 2, .src = BPF_PSEUDO_MAP_FD, .imm = 0 },
	{ .op = OP_LDIMM_HI },
	{ .op = OP_MOV32_K, .dst = 3, .imm = 0 },
	HELPER_CALL(BPF_FUNC_tail_call),
	LOAD64(0, 10, -8),
	EXIT,
};

static void tail_calls_end_at_the_thirty_fourth(void **state)
{
	const struct subprog sub = { .start = 0, .end = ARRAY_SIZE(counting), .stack_depth = 8 };
	struct prog prog = {
		.insns = counting, .len = ARRAY_SIZE(counting), .subprogs = &sub, .nr_subprogs = 1
	};
	const struct prog *progs[] = { &prog };
	struct map *map = prog_array(progs, 1), *maps[] = { map };
	u64 ctx = 0;

	prog.maps = maps;
	prog.nr_maps = 1;
	assert_int_equal(skep__jit_compile(&prog), 0);
	assert_int_equal(run_tails(&prog, &ctx), 34);
	assert_int_equal(ctx, 34);
	skep__jit_free(&prog);
	skep__map_free(map);
}

/* A tail call in a subprogram replaces the subprogram: its caller gets the other program's result.
 */
static void a_tail_call_in_a_subprogram_returns_to_its_caller(void **state)
{
	const struct insn caller[] = {
		ALU64_K(MOV, 6, 1000), /* 0 */
		LOCAL_CALL(2),
		ALU64_X(ADD, 0, 6),
		EXIT,
		ALU64_K(MOV, 6, 3), /* 4: the subprogram */
		{ .op = OP_LDMAP, .dst = 2, .src = BPF_PSEUDO_MAP_FD, .imm = 0 },
		{ .op = OP_LDIMM_HI },
		ALU64_K(MOV, 3, 1),
		HELPER_CALL(BPF_FUNC_tail_call),
		ALU64_K(MOV, 0, 0),
		EXIT,
	};
	const struct insn target[] = {
		ALU64_K(MOV, 6, 0),
		LOAD64(0, 1, 0),
		EXIT,
	};
	const struct subprog caller_subs[] = { { .start = 0, .end = 4 },
					       { .start = 4, .end = 11 } };
	const struct subprog target_sub = { .start = 0, .end = 3 };
	struct prog a = { .insns = caller, .len = 11, .subprogs = caller_subs, .nr_subprogs = 2 };
	struct prog b = { .insns = target, .len = 3, .subprogs = &target_sub, .nr_subprogs = 1 };
	const struct prog *progs[] = { &a, &b };
	struct map *map = prog_array(progs, 2), *maps[] = { map };
	u64 ctx = 42;

	a.maps = maps;
	a.nr_maps = 1;
	assert_int_equal(skep__jit_compile(&a), 0);
	assert_int_equal(run_tails(&a, &ctx),
			 1000); /* the target has no machine code yet: an empty slot */
	assert_int_equal(skep__jit_compile(&b), 0);
	assert_int_equal(run_tails(&a, &ctx), 1042);
	skep__jit_free(&a);
	skep__jit_free(&b);
	skep__map_free(map);
}

/* The slot is the context's number: 2 is returned from there, 1 when there is no way there. */
static u64 tail_call_to(const struct prog *from, u64 index)
{
	return run_tails(from, &index);
}

/* Whether the compiler can tell which map it is (it is inlined then) or cannot. */
static void tail_calls_go_to_compiled_programs_of_their_kind_only(void **state)
{
	const struct insn jump[] = {
		LOAD64(3, 1, 0),
		{ .op = OP_LDMAP, .dst = 2, .src = BPF_PSEUDO_MAP_FD, .imm = 0 },
		{ .op = OP_LDIMM_HI },
		{ .op = OP_JEQ64_K,
		  .dst = 3,
		  .imm = 1000,
		  .off = 0 }, /* a way in: what R2 is, is forgotten */
		HELPER_CALL(BPF_FUNC_tail_call),
		ALU64_K(MOV, 0, 1),
		EXIT,
	};
	const struct insn known[] = { jump[0], jump[1], jump[2], jump[4], jump[5], jump[6] };
	const struct insn two[] = { ALU64_K(MOV, 0, 2), EXIT };
	struct small_prog from[2], good, other, frags, uncompiled;
	const struct prog *progs[] = { &good.prog,       &other.prog, &frags.prog,
				       &uncompiled.prog, NULL,        NULL };
	struct map *maps[] = { prog_array(progs, 6) };
	u32 old;

	small_prog(&from[0], jump, ARRAY_SIZE(jump));
	small_prog(&from[1], known, ARRAY_SIZE(known));
	small_prog(&good, two, ARRAY_SIZE(two));
	small_prog(&other, two, ARRAY_SIZE(two));
	small_prog(&frags, two, ARRAY_SIZE(two));
	small_prog(&uncompiled, two, ARRAY_SIZE(two));
	other.prog.type++;
	frags.prog.xdp_has_frags = true;
	assert_int_equal(skep__jit_compile(&good.prog), 0);
	assert_int_equal(skep__jit_compile(&other.prog), 0);
	assert_int_equal(skep__jit_compile(&frags.prog), 0);
	for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
		from[i].prog.maps = maps;
		from[i].prog.nr_maps = 1;
		assert_int_equal(skep__jit_compile(&from[i].prog), 0);
		assert_int_equal(tail_call_to(&from[i].prog, 0), 2);
		for (u64 slot = 1; slot < 7; slot++)
			assert_int_equal(tail_call_to(&from[i].prog, slot), 1);
		assert_int_equal(tail_call_to(&from[i].prog, UINT32_MAX), 1);
		assert_int_equal(tail_call_to(&from[i].prog, 1ull << 32),
				 2); /* an index has 32 bits */
		for (u32 id = ARRAY_SIZE(progs_by_id); id; id *= 2) { /* that nobody gave out */
			assert_int_equal(skep__fd_array_exchange(maps[0], &(u32){ 5 }, id, &old),
					 0);
			assert_int_equal(tail_call_to(&from[i].prog, 5), 1);
		}
	}
	skep__jit_free(&from[0].prog);
	skep__jit_free(&from[1].prog);
	skep__jit_free(&good.prog);
	skep__jit_free(&other.prog);
	skep__jit_free(&frags.prog);
	skep__map_free(maps[0]);
}

static void global_data_is_where_the_map_has_it(void **state)
{
	const struct map_def def = { .type = BPF_MAP_TYPE_ARRAY,
				     .key_size = 4,
				     .value_size = 64,
				     .max_entries = 1,
				     .nr_cpus = 1 };
	const struct insn insns[] = {
		{ .op = OP_LDMAPVAL, .dst = 1, .src = BPF_PSEUDO_MAP_VALUE, .imm = 0, .off = 24 },
		{ .op = OP_LDIMM_HI },
		LOAD64(0, 1, 0),
		EXIT,
	};
	int err;
	struct map *map = skep__map_new(&def, NULL, 1, "data", &skep__default_services, &err),
		   *maps[] = { map };
	const u32 first = 0;
	const u64 value[8] = { 0, 1, 2, 33, 4, 5, 6, 7 };
	struct small_prog p;

	assert_non_null(map);
	assert_int_equal(map->ops->sys_update(map, &first, value, 0), 0);
	small_prog(&p, insns, ARRAY_SIZE(insns));
	p.prog.maps = maps;
	p.prog.nr_maps = 1;
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	assert_int_equal(run_jit(&p.prog, NULL), 33);
	skep__jit_free(&p.prog);
	skep__map_free(map);
}

/* load; if that succeeds, 1,000,000 is added: a packet too short ends the program with 0 instead.
 */
static u64 packet_load(u8 op, u8 index_reg, u64 index, s32 imm, u8 *data, u32 len)
{
	const struct insn insns[] = {
		ALU64_X(MOV, 6, 1),
		{ .op = OP_LDIMM64, .dst = index_reg == 6 ? 0 : index_reg, .imm = (s64)index },
		{ .op = OP_LDIMM_HI },
		{ .op = op, .src = index_reg, .imm = imm },
		ALU64_K(ADD, 0, 1000000),
		EXIT,
	};
	struct skb_ctx skb = { .pkt = { .frame = data,
					.frame_end = data + len,
					.meta = data,
					.data = data,
					.data_end = data + len } };
	struct small_prog p;
	u64 ret;

	skb.mac_header = skb.network_header = data;
	skb.md.len = len;
	small_prog(&p, insns, ARRAY_SIZE(insns));
	assert_int_equal(skep__jit_compile(&p.prog), 0);
	ret = run_jit(&p.prog, &skb);
	skep__jit_free(&p.prog);
	return ret;
}

static void classic_packet_loads_read_or_end_the_program(void **state)
{
	u8 data[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

	assert_int_equal(packet_load(OP_LDABSB, 0, 0, 15, data, 16), 1000016);
	assert_int_equal(packet_load(OP_LDABSH, 0, 0, 0, data, 16), 1000000 + 0x102);
	assert_int_equal(packet_load(OP_LDABSW, 0, 0, 4, data, 16), 1000000 + 0x5060708);
	assert_int_equal(packet_load(OP_LDABSW, 0, 0, 13, data, 16), 0);
	for (u8 reg = 0; reg < 10; reg++) {
		if (reg == 6)
			continue;
		assert_int_equal(packet_load(OP_LDINDB, reg, 3, 2, data, 16), 1000006);
		assert_int_equal(packet_load(OP_LDINDH, reg, 20, -8, data, 16), 1000000 + 0xd0e);
		assert_int_equal(packet_load(OP_LDINDB, reg, 16, 0, data, 16), 0);
	}
}

static void refused(const struct insn *insns, u32 len, int err, const char *why)
{
	struct small_prog p;
	u32 at;

	small_prog(&p, insns, len);
	assert_int_equal(skep__jit_compile(&p.prog), err);
	assert_null(p.prog.jit);
	assert_string_equal(skep__jit_refusal(&p.prog, &at), why);
}

static void what_cannot_be_compiled_is_refused_with_a_reason(void **state)
{
	const struct insn no_end[] = { ALU64_K(MOV, 0, 0) };
	const struct insn far_jump[] = { GOTO(7), EXIT };
	const struct insn wrong_map[] = { { .op = OP_LDMAP, .imm = 0 },
					  { .op = OP_LDIMM_HI },
					  EXIT };
	const struct insn fp[] = { ALU64_K(ADD, 10, 8), EXIT };

	refused(no_end, 1, -EINVAL, "last instruction of a subprogram is not an exit or a jump");
	refused(far_jump, 2, -EINVAL, "jump out of the subprogram");
	refused(wrong_map, 3, -EINVAL, "no such map in the program's table");
	refused(fp, 2, -EINVAL, "frame pointer is read only");
}

/* An allocator that fails at the n-th request. */
static long failing_at;

static void *failing_resize(void *opaque, void *old, size_t size)
{
	if (size && --failing_at == 0)
		return NULL;
	if (!size) {
		free(old);
		return NULL;
	}
	return realloc(old, size);
}

static void running_out_of_memory_anywhere_is_an_error_and_no_leak(void **state)
{
	const struct allocator failing = { .resize = failing_resize };
	const struct prog *none[] = { NULL };
	struct map *maps[] = { prog_array(none, 1) };
	struct small_prog p;
	int err = -ENOMEM;

	skep__set_allocator(&failing);
	for (u32 n = 1; err == -ENOMEM && n < 1000; n++) {
		small_prog(&p, counting, ARRAY_SIZE(counting));
		p.prog.maps = maps;
		p.prog.nr_maps = 1;
		failing_at = n;
		err = skep__jit_compile(&p.prog);
		assert_true(err == 0 || err == -ENOMEM);
	}
	assert_int_equal(err, 0);
	skep__jit_free(&p.prog);
	skep__set_allocator(NULL);
	skep__map_free(maps[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loops_count_as_they_should),
		cmocka_unit_test(may_goto_leaves_a_loop_after_eight_million_rounds),
		cmocka_unit_test(subprograms_have_frames_of_their_own),
		cmocka_unit_test(a_helper_can_call_back),
		cmocka_unit_test(tail_calls_end_at_the_thirty_fourth),
		cmocka_unit_test(a_tail_call_in_a_subprogram_returns_to_its_caller),
		cmocka_unit_test(tail_calls_go_to_compiled_programs_of_their_kind_only),
		cmocka_unit_test(global_data_is_where_the_map_has_it),
		cmocka_unit_test(classic_packet_loads_read_or_end_the_program),
		cmocka_unit_test(what_cannot_be_compiled_is_refused_with_a_reason),
		cmocka_unit_test(running_out_of_memory_anywhere_is_an_error_and_no_leak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
