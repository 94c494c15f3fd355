/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads, stores and atomics that go through an arena's pointer. Its lower half counts; whether it
 * lies in the arena, is aligned and its page is there is asked before each access, so that no
 * signal has to be caught when it is not: a load then gives 0, and everything else does nothing.
 * What is not plain from the first look (pages that user space brought in, accesses that are not
 * aligned) is for skep__arena_reach, by way of one thunk a program that keeps all registers.
 */
#include "jit/runtime.h"
#include "jit/x86/lower.h"
#include "map/arena.h"

#define AT SCRATCH1 /* distance from the arena's start, then of the access from BASE */
#define BASE SCRATCH2 /* of the arena's memory; 0 when AT is an address */

static u32 arena_slot(struct lower *l, enum slot_kind kind)
{
	return skep__jit_slot(l->jit, (struct slot){ .kind = kind });
}

/* AT = (u32)ptr + off - where the arena starts in its 4 GiB. */
static void distance(struct lower *l, u8 ptr, s32 off)
{
	s64 add = (s64)off - (s64)(u32)arena_user_start(l->prog->arena);

	x86_mov_rr(l->c, 4, AT, reg_of(l, ptr));
	if (add == (s32)add) {
		x86_add_ri(l->c, 8, AT, (s32)add);
		return;
	}
	x86_mov_ri(l->c, BASE, (u64)add);
	x86_alu_rr(l->c, ALU_ADD, 8, AT, BASE);
}

/* The memory at ptr + off; the cold piece's label `done` is to be bound behind the access. */
static struct x86_mem reach(struct lower *l, u8 ptr, s32 off, u32 size, enum x86_reg loaded,
			    struct cold *cold)
{
	const struct map *arena = l->prog->arena;
	struct code *c = l->c;

	x86_settle_all(l);
	*cold = x86_cold(l, (struct cold){ .kind = COLD_ARENA, .size = size, .dst = loaded });
	distance(l, ptr, off);
	x86_mov_ri(c, BASE, arena_bytes(arena) - size);
	x86_alu_rr(c, ALU_CMP, 8, AT, BASE);
	x86_branch(c, CC_A, cold->label);
	if (size > 1) {
		x86_test_ri(c, 4, AT, size - 1);
		x86_branch(c, CC_NE, cold->label);
	}
	x86_mov_rr(c, 8, BASE, AT);
	x86_shift_ri(c, SHIFT_SHR, 8, BASE, ARENA_PAGE_SHIFT);
	x86_load_slot(c, SCRATCH3, arena_slot(l, SLOT_ARENA_PAGES));
	x86_alu_mi(c, ALU_CMP, 1, (struct x86_mem){ .base = SCRATCH3, .index = BASE, .scale = 1 },
		   ARENA_PRESENT);
	x86_branch(c, CC_NE, cold->label);
	x86_load_slot(c, BASE, arena_slot(l, SLOT_ARENA_MEMORY));
	skep__code_bind(c, cold->back);
	return (struct x86_mem){ .base = AT, .index = BASE, .scale = 1 };
}

/* AT and the size in BASE: flags tell whether it is there, and then AT is its address and BASE 0.
 */
void x86_arena_thunk(struct lower *l)
{
	static const u8 kept[] = { RAX, RCX, RDX, RSI, RDI, R8 };
	struct code *c = l->c;

	skep__code_bind(c, l->arena_thunk);
	x86_mov_rr(c, 8, SCRATCH3, RSP);
	x86_alu_ri(c, ALU_AND, 8, RSP, -16);
	x86_push(c, SCRATCH3);
	for (u32 i = 0; i < ARRAY_SIZE(kept); i++)
		x86_push(c, kept[i]);
	x86_push(c, SCRATCH3); /* to be aligned again */
	x86_load_slot(c, RDI, arena_slot(l, SLOT_ARENA));
	x86_mov_rr(c, 8, RSI, AT);
	x86_mov_rr(c, 4, RDX, BASE);
	x86_call_slot(c, skep__jit_slot(l->jit, (struct slot){ .kind = SLOT_RUNTIME,
							       .index = RUNTIME_ARENA_REACH }));
	x86_mov_rr(c, 8, AT, RAX);
	x86_mov_ri(c, BASE, 0);
	x86_pop(c, SCRATCH3);
	for (u32 i = ARRAY_SIZE(kept); i-- > 0;)
		x86_pop(c, kept[i]);
	x86_pop(c, SCRATCH3);
	x86_mov_rr(c, 8, RSP, SCRATCH3);
	x86_test_rr(c, 8, AT, AT);
	x86_ret(c);
}

void x86_arena_cold(struct lower *l, const struct cold *cold)
{
	struct code *c = l->c;

	x86_mov_ri(c, BASE, cold->size);
	x86_call(c, l->arena_thunk);
	x86_branch(c, CC_NE, cold->back);
	if (cold->dst != NO_REG)
		x86_mov_ri(c, cold->dst, 0);
	x86_jump(c, cold->done);
}

void x86_arena_load(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size;
	enum x86_reg dst = reg_of(l, insn->dst);
	struct cold cold;
	struct x86_mem from = reach(l, insn->src, insn->off, size, dst, &cold);

	if (insn_desc(insn)->is_signed)
		x86_load_signed(l->c, size, dst, from);
	else
		x86_load(l->c, size, dst, from);
	skep__code_bind(l->c, cold.done);
}

void x86_arena_store(struct lower *l, const struct insn *insn)
{
	u32 size = insn_desc(insn)->size;
	struct cold cold;
	struct x86_mem to = reach(l, insn->dst, insn->off, size, NO_REG, &cold);

	if (insn_desc(insn)->form == FORM_ST)
		x86_mov_mi(l->c, size, to, insn->imm);
	else
		x86_mov_mr(l->c, size, to, reg_of(l, insn->src));
	skep__code_bind(l->c, cold.done);
}

struct x86_mem x86_arena_atomic(struct lower *l, const struct insn *insn, u32 *done)
{
	struct cold cold;
	struct x86_mem at = reach(l, insn->dst, insn->off, insn_desc(insn)->size, NO_REG, &cold);

	/* One register, so that there are two to compute with. */
	x86_alu_rr(l->c, ALU_ADD, 8, AT, BASE);
	at.index = NO_REG;
	*done = cold.done;
	return at;
}

/* A pointer as user space has it, from its lower half: NULL stays NULL. */
void x86_arena_cast(struct lower *l, const struct insn *insn)
{
	const struct map *arena = l->prog->arena;
	u64 start = arena_user_start(arena), high = start >> 32 << 32;
	enum x86_reg dst = reg_of(l, insn->dst);
	u32 done = skep__code_labels(l->c, 2), plain = done + 1;
	struct code *c = l->c;

	x86_settle_all(l);
	x86_mov_rr(c, 4, dst, reg_of(l, insn->src));
	if (insn->imm == 1 || arena->def.flags & BPF_F_NO_USER_CONV)
		return;
	x86_test_rr(c, 4, dst, dst);
	x86_branch(c, CC_E, done);
	x86_mov_ri(c, AT, high);
	if ((u32)start + arena_bytes(arena) >
	    1ull << 32) { /* the arena goes on in the next 4 GiB */
		x86_alu_ri(c, ALU_CMP, 4, dst, (s32)(u32)start);
		x86_branch(c, CC_AE, plain);
		x86_mov_ri(c, AT, high + (1ull << 32));
		skep__code_bind(c, plain);
	}
	x86_alu_rr(c, ALU_OR, 8, dst, AT);
	skep__code_bind(c, done);
}
