/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of map helpers whose map is known (jit/map_calls.c). */
#include "base/services.h"
#include "exec/tail_call.h"
#include "helper/run.h"
#include "jit/x86/lower.h"
#include "map/array.h"

/* The jump behind a lookup that asks whether there was a value; NULL when it is none, or not only
 * that. */
static const struct insn *null_test(const struct lower *l, const struct insn *call)
{
	const struct insn *next = call + 1;

	if (l->at + 1 == l->sub->end || l->jit->flow.flags[l->at + 1] & FLOW_TARGET)
		return NULL;
	if ((next->op != OP_JEQ64_K && next->op != OP_JNE64_K) || next->dst != BPF_REG_0)
		return NULL;
	return next->imm || !next->off ? NULL : next;
}

/* rax = values + index * size, the index in SCRATCH1. */
static void element(struct lower *l, const struct insn *insn, u64 size)
{
	u32 values =
		skep__jit_slot(l->jit, (struct slot){ .kind = SLOT_VALUE, .index = insn->off });
	struct code *c = l->c;

	if (size == 8) {
		x86_load_slot(c, RAX, values);
		x86_lea(c, 8, RAX, (struct x86_mem){ .base = RAX, .index = SCRATCH1, .scale = 8 });
		return;
	}
	if (size & (size - 1))
		x86_imul_rri(c, 8, SCRATCH1, SCRATCH1, size);
	else
		x86_shift_ri(c, SHIFT_SHL, 8, SCRATCH1, __builtin_ctzll(size));
	x86_load_slot(c, RAX, values);
	x86_alu_rr(c, ALU_ADD, 8, RAX, SCRATCH1);
}

/* rax += run->cpu * stride. */
static void cpus_part(struct lower *l, const struct map *map)
{
	x86_load(l->c, 4, SCRATCH1, mem_at(REG_RUN, offsetof(struct run, cpu)));
	x86_imul_rri(l->c, 8, SCRATCH1, SCRATCH1, map->geo.words[ARRAY_STRIDE]);
	x86_alu_rr(l->c, ALU_ADD, 8, RAX, SCRATCH1);
}

/*
 * A lookup in an array. What it is tested for afterwards, whether there is a value, is known at its
 * only branch, so the test becomes part of it.
 */
static void lower_index(struct lower *l, const struct insn *insn)
{
	const struct map *map = l->prog->maps[insn->off];
	const struct insn *test = null_test(l, insn);
	u32 missing = skep__code_labels(l->c, 1), target = missing, elsewhere;
	struct x86_mem key;

	if (test) {
		target = jump_target(l->at + 1, test);
		x86_settle(l, skep__live_before(&l->jit->flow, &l->prog->insns[target], target) &
				      ~REG_BIT(BPF_REG_0));
		l->skip = l->at + 1;
	}
	x86_before_define(l, BPF_REG_0);
	key = x86_use_mem(l, BPF_REG_2, 0);
	x86_define_now(l, BPF_REG_0);
	x86_load(l->c, 4, SCRATCH1, key);
	x86_mov_ri(l->c, RAX, 0);
	x86_alu_ri(l->c, ALU_CMP, 4, SCRATCH1, map->def.max_entries);
	elsewhere = test && test->op == OP_JEQ64_K ? target : missing;
	x86_branch(l->c, CC_AE, elsewhere);
	if (insn->src == MAP_CALL_CPU_INDEX) {
		x86_alu_mi(l->c, ALU_CMP, 4, mem_at(REG_RUN, offsetof(struct run, cpu)),
			   map->def.nr_cpus);
		x86_branch(l->c, CC_AE, elsewhere);
	}
	element(l, insn, map->geo.words[ARRAY_ELEM]);
	if (insn->src == MAP_CALL_CPU_INDEX)
		cpus_part(l, map);
	if (test && test->op == OP_JNE64_K)
		x86_jump(l->c, target);
	skep__code_bind(l->c, missing);
}

/* The functions of struct map_ops: the key is in place, and so are value and flags. */
static void call_map(struct lower *l, const struct insn *insn, enum slot_kind fn, enum x86_reg cpu)
{
	struct slot map = { .kind = SLOT_MAP, .index = insn->off };

	x86_settle_all(l);
	x86_load_slot(l->c, RDI, skep__jit_slot(l->jit, map));
	x86_load(l->c, 4, cpu, mem_at(REG_RUN, offsetof(struct run, cpu)));
	map.kind = fn;
	x86_call_slot(l->c, skep__jit_slot(l->jit, map));
}

/* rax = the program in slot edx, of any kind. */
static void program_in_slot(struct lower *l, const struct insn *insn, u32 none)
{
	u32 ids = skep__jit_slot(l->jit, (struct slot){ .kind = SLOT_MAP_IDS, .index = insn->off });
	struct code *c = l->c;

	x86_alu_ri(c, ALU_CMP, 4, RDX, (s32)l->prog->maps[insn->off]->def.max_entries);
	x86_branch(c, CC_AE, none);
	x86_load_slot(c, SCRATCH1, ids);
	x86_mov_rr(c, 4, RAX, RDX);
	x86_load(c, 4, RAX, (struct x86_mem){ .base = SCRATCH1, .index = RAX, .scale = 4 });
	x86_load(c, 8, SCRATCH1, mem_at(REG_RUN, offsetof(struct run, svc)));
	x86_alu_rm(c, ALU_CMP, 4, RAX, mem_at(SCRATCH1, offsetof(struct services, nr_progs)));
	x86_branch(c, CC_AE, none);
	x86_load(c, 8, SCRATCH1, mem_at(SCRATCH1, offsetof(struct services, progs)));
	x86_load(c, 8, RAX, (struct x86_mem){ .base = SCRATCH1, .index = RAX, .scale = 8 });
	x86_test_rr(c, 8, RAX, RAX);
	x86_branch(c, CC_E, none);
}

/* skep__tail_call_target(), where the program was compiled. */
static void tail_call(struct lower *l, const struct insn *insn)
{
	struct x86_mem tail_calls = mem_at(REG_RUN, offsetof(struct run, tail_calls));
	u32 none = skep__code_labels(l->c, 1);
	struct code *c = l->c;

	x86_settle_all(l);
	x86_alu_mi(c, ALU_CMP, 4, tail_calls, MAX_TAIL_CALLS);
	x86_branch(c, CC_AE, none);
	program_in_slot(l, insn, none);
	x86_alu_mi(c, ALU_CMP, 4, mem_at(RAX, offsetof(struct prog, jit_class)),
		   (s32)skep__tail_call_class(l->prog));
	x86_branch(c, CC_NE, none);
	x86_alu_mi(c, ALU_ADD, 4, tail_calls, 1);
	x86_mov_mr(c, 8, mem_at(REG_RUN, offsetof(struct run, prog)), RAX);
	x86_load(c, 8, RAX, mem_at(RAX, offsetof(struct prog, jit_body)));
	x86_frame_leave(l);
	x86_jump_r(c, RAX);
	skep__code_bind(c, none);
}

void x86_lower_map_call(struct lower *l, const struct insn *insn)
{
	switch ((enum map_call)insn->src) {
	case MAP_CALL_NONE:
		break;
	case MAP_CALL_INDEX:
	case MAP_CALL_CPU_INDEX:
		lower_index(l, insn);
		break;
	case MAP_CALL_LOOKUP:
		call_map(l, insn, SLOT_MAP_LOOKUP, RDX);
		break;
	case MAP_CALL_UPDATE:
		call_map(l, insn, SLOT_MAP_UPDATE, R8);
		x86_sign_extend(l->c, 4, 8, RAX, RAX);
		break;
	case MAP_CALL_REMOVE:
		call_map(l, insn, SLOT_MAP_REMOVE, RDX);
		x86_sign_extend(l->c, 4, 8, RAX, RAX);
		break;
	case MAP_CALL_TAIL:
		tail_call(l, insn);
		break;
	}
}
