/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of map helpers whose map is known (jit/map_calls.c). */
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
	}
}
