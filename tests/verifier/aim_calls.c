/* SPDX-License-Identifier: BSD-2-Clause */
/* Subprograms, callbacks of bpf_loop and bpf_for_each_map_elem, and helpers that are handed memory
 * with its size. */
#include "aim_parts.h"

/* Where R2 is to point to, or what is to be called: the function comes later. */
static void refer(struct aim *a, enum aim_function what)
{
	a->calls[a->nr_calls].insn = a->g->len;
	a->calls[a->nr_calls++].what = what;
	if (what == AIM_SUBPROGRAM) {
		aim_emit(a, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
		return;
	}
	aim_emit(a, BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 0);
	aim_emit(a, 0, 0, 0, 0, 0);
}

static void call_subprogram(struct aim *a)
{
	aim_stack_at(a, 1, BUFFER);
	aim_copy(a, 2, aim_number(a));
	refer(a, AIM_SUBPROGRAM);
	aim_copy(a, aim_number(a), 0);
}

static void call_in_loop(struct aim *a)
{
	if (aim_below(a, 2)) {
		aim_set(a, 1, (s32)aim_below(a, 12));
	} else {
		aim_copy(a, 1, aim_number(a));
		aim_emit(a, BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, 15);
	}
	refer(a, AIM_LOOPED);
	aim_stack_at(a, 3, BUFFER);
	aim_set(a, 4, aim_below(a, 16) ? 0 : aim_small(a));
	aim_call(a, BPF_FUNC_loop);
}

static void call_for_each(struct aim *a)
{
	aim_map_at(a, 1, aim_below(a, GEN_NR_MAPS));
	refer(a, AIM_EACH);
	aim_stack_at(a, 3, BUFFER);
	aim_set(a, 4, 0);
	aim_call(a, BPF_FUNC_for_each_map_elem);
}

void aim_use_function(struct aim *a)
{
	if (!a->is_main || a->nr_calls == MAX_CALLS)
		return;
	switch (aim_below(a, 4)) {
	case 0:
		call_for_each(a);
		break;
	case 1:
		call_subprogram(a);
		break;
	default:
		call_in_loop(a);
	}
	if (!aim_below(a, 3))
		aim_copy(a, aim_number(a), 0);
}

void aim_use_bytes(struct aim *a)
{
	if (a->is_main && aim_below(a, 2)) {
		aim_copy(a, 1, 6);
		aim_argument(a, 2, 32);
		aim_stack_at(a, 3, BUFFER);
		aim_argument(a, 4, 64);
		aim_call(a, aim_below(a, 2) ? BPF_FUNC_xdp_load_bytes : BPF_FUNC_xdp_store_bytes);
	} else {
		aim_stack_at(a, 1, BUFFER);
		aim_argument(a, 2, 64);
		aim_stack_at(a, 3, BUFFER);
		aim_argument(a, 4, 64);
		aim_copy(a, 5, aim_number(a));
		aim_call(a, BPF_FUNC_csum_diff);
	}
	if (!aim_below(a, 3))
		aim_copy(a, aim_number(a), 0);
}

/* R6 to R9, and the value that bpf_for_each_map_elem shows. */
static void take_arguments(struct aim *a, enum aim_function what)
{
	u8 memory = what == AIM_SUBPROGRAM ? 1 : what == AIM_LOOPED ? 2 : 4;
	u32 log;

	aim_copy(a, 6, memory);
	if (what == AIM_EACH) {
		aim_emit(a, BPF_LDX | BPF_MEM | BPF_W, 7, 2, 0, 0);
		aim_emit(a, BPF_LDX | BPF_MEM | BPF_DW, 8, 3, 0, 0);
	} else {
		aim_copy(a, 7, what == AIM_SUBPROGRAM ? 2 : 1);
		aim_emit(a, BPF_LDX | BPF_MEM | aim_size(a, &log), 8, 6, 0, 0);
	}
	aim_set(a, 9, aim_any(a));
	if (what == AIM_EACH) {
		aim_copy(a, 1, 3);
		aim_move_and_touch(a, GEN_VALUE_SIZE);
	}
}

static void function(struct aim *a, enum aim_function what)
{
	take_arguments(a, what);
	for (s16 off = -8; off >= KEY_AT; off -= 8)
		aim_emit(a, BPF_STX | BPF_MEM | BPF_DW, 10, 7, off, 0);
	for (u32 i = 1 + aim_below(a, 4); i > 0; i--)
		aim_step(a);
	aim_copy(a, 0, aim_number(a));
	if (what != AIM_SUBPROGRAM && aim_below(a, 12))
		aim_emit(a, BPF_ALU64 | BPF_AND | BPF_K, 0, 0, 0, (s32)aim_below(a, 2));
	aim_emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (!a->nr_outs)
		return;
	aim_close_scope(a, 0);
	aim_set(a, 0, (s32)aim_below(a, 2));
	aim_emit(a, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void aim_functions(struct aim *a)
{
	a->is_main = false;
	for (u32 i = 0; i < a->nr_calls; i++) {
		u32 from = a->calls[i].insn;

		if (from < GEN_MAX_INSNS)
			a->g->insns[from].imm = (s32)(a->g->len - from - 1);
		function(a, a->calls[i].what);
	}
}
