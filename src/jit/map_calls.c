/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls of map helpers whose map is known, because R1 was loaded with it a few instructions before:
 * they go to the map's own function, without the helper in between, and a lookup in an array is
 * inlined, as is a tail call, whose map is R2. Nothing but the call needs that register then, so
 * the load of it goes away as well.
 */
#include <string.h>

#include "jit/target.h"
#include "map/array.h"

#define UNKNOWN UINT16_MAX

static enum map_call lookup_in(const struct map *map)
{
	bool small = map->geo.words[ARRAY_ELEM] <= INT32_MAX;

	if (map->def.type == BPF_MAP_TYPE_ARRAY && small)
		return MAP_CALL_INDEX;
	if (map->def.type == BPF_MAP_TYPE_PERCPU_ARRAY && small &&
	    map->geo.words[ARRAY_STRIDE] <= INT32_MAX)
		return MAP_CALL_CPU_INDEX;
	return map->ops->lookup ? MAP_CALL_LOOKUP : MAP_CALL_NONE;
}

static enum map_call call_of(const struct map *map, s64 helper)
{
	switch (helper) {
	case BPF_FUNC_map_lookup_elem:
		return lookup_in(map);
	case BPF_FUNC_map_update_elem:
		return map->ops->update ? MAP_CALL_UPDATE : MAP_CALL_NONE;
	case BPF_FUNC_map_delete_elem:
		return map->ops->remove ? MAP_CALL_REMOVE : MAP_CALL_NONE;
	case BPF_FUNC_tail_call:
		return map->def.type == BPF_MAP_TYPE_PROG_ARRAY ? MAP_CALL_TAIL : MAP_CALL_NONE;
	default:
		return MAP_CALL_NONE;
	}
}

/* maps[r]: index of the map whose address register r has. */
static void follow(u16 maps[NR_JIT_REGS], const struct insn *insn)
{
	u16 written = skep__insn_writes(insn), map = UNKNOWN;

	if (insn->op == OP_LDMAP)
		map = insn->imm;
	else if (insn->op == OP_MOV64_X)
		map = maps[insn->src];
	for (; written; written &= written - 1)
		maps[__builtin_ctz(written)] = map;
}

static void mark(const struct compilation *jit, struct insn *insn, const u16 maps[NR_JIT_REGS])
{
	u16 map = maps[insn->imm == BPF_FUNC_tail_call ? BPF_REG_2 : BPF_REG_1];

	insn->src = MAP_CALL_NONE;
	insn->off = 0;
	if (map == UNKNOWN)
		return;
	insn->src = call_of(jit->prog->maps[map], insn->imm);
	insn->off = map;
}

void skep__know_maps(struct compilation *jit)
{
	u16 maps[NR_JIT_REGS];

	for (u32 s = 0; s < jit->prog->nr_subprogs; s++) {
		const struct subprog *sub = &jit->prog->subprogs[s];

		for (u32 i = sub->start; i < sub->end; i++) {
			if (i == sub->start || jit->flow.flags[i] & FLOW_TARGET)
				memset(maps, 0xff, sizeof(maps));
			if (insn_desc(&jit->insns[i])->form == FORM_CALL_HELPER)
				mark(jit, &jit->insns[i], maps);
			follow(maps, &jit->insns[i]);
		}
		skep__flow_note(&jit->flow.subs[s], jit->prog, sub);
	}
}
