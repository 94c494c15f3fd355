/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The abstract machine at one instruction of one path: call frames with registers and stack,
 * references and locks held, and how it came here from the last stored state. States live in the
 * verification's pool.
 */
#ifndef SKEP_VERIFY_STATE_H
#define SKEP_VERIFY_STATE_H

#include "base/pool.h"
#include "exec/prog.h"
#include "verify/reg.h"

#define SLOT_SIZE 8
#define MAX_SLOTS (MAX_STACK / SLOT_SIZE)

/* What a byte of the stack holds. */
enum slot_kind {
	SLOT_INVALID, /* nothing was stored */
	SLOT_SPILL, /* a byte of the register in slot->reg */
	SLOT_MISC, /* something */
	SLOT_ZERO,
	SLOT_DYNPTR,
	SLOT_ITER,
	SLOT_IRQ_FLAG,
};

/* 8 bytes of stack; slot i is at fp-8*(i+1), and kind[0] is of its highest address. */
struct slot {
	struct reg reg;
	u8 kind[SLOT_SIZE]; /* enum slot_kind */
};

/*
 * Neighbouring slots. Copies of a state share them until one of them writes (own_slot): most of a
 * stack stays as it was from one stored state to the next.
 */
#define BLOCK_SLOTS 4
struct slot_block {
	u32 users;
	struct slot slots[BLOCK_SLOTS];
};
static_assert(MAX_SLOTS % BLOCK_SLOTS == 0, "blocks fill a frame");

struct ret_bounds {
	s32 min, max;
};

struct frame {
	struct reg regs[MAX_BPF_REG];
	u32 index; /* 0: entry */
	u32 subprog;
	u32 callsite; /* the call instruction in the frame before */
	u32 async_entries; /* tells entries into asynchronous callbacks apart */
	u32 callback_depth; /* how often this callback was entered on the path */
	struct ret_bounds ret; /* what a callback may return */
	bool in_callback, in_async_callback, in_exception_callback;
	u32 nr_slots; /* those touched: everything below is INVALID */
	struct slot_block *blocks[MAX_SLOTS / BLOCK_SLOTS]; /* of the slots touched; else NULL */
	struct pool *pool; /* that the blocks are in */
	u64 dead_slots; /* stored states: what is in them was forgotten */
};

enum ref_type { REF_PTR, REF_IRQ, REF_LOCK, REF_RES_LOCK, REF_RES_LOCK_IRQ };

struct ref {
	enum ref_type type;
	u32 id;
	u32 insn; /* that acquired it */
	const void *ptr; /* locks: the map or BTF they are in */
};

/* One instruction on the path since the last stored state that backtracking cannot tell from the
 * code. */
struct jump {
	u32 insn;
	u32 prev : 20;
	u32 flags : 12; /* enum jump_flag with frame and slot */
	u64 linked;
};
enum jump_flag {
	JUMP_FRAME = 0x7, /* the frame whose stack was touched, */
	JUMP_SLOT_SHIFT = 3, /* the slot, 6 bits, */
	JUMP_STACK = 1 << 9, /* and that it was */
	JUMP_DST_STACK = 1 << 10, /* comparisons: that operand is a stack pointer */
	JUMP_SRC_STACK = 1 << 11,
};
static_assert(BPF_COMPLEXITY_LIMIT_INSNS < 1 << 20,
	      "instruction indices fit, and one value is left for none");

struct state {
	/* Of stored states (prune.c); what a walk along a list looks at comes first. */
	struct state *next, *equal;
	u32 insn; /* stored: the instruction it is before; pushed: where to go on */
	u32 branches; /* stored: paths from here that are not finished */
	u32 hits, misses;
	u8 apart_frame, apart; /* what told it from another state lately (equal.c, prune.c) */
	bool in_free_list;
	bool cleaned; /* what is dead was forgotten */
	bool speculative, in_sleepable;

	u32 cur; /* index of the innermost frame */
	struct frame *frames[MAX_CALL_FRAMES];

	struct ref *refs;
	u32 nr_refs, cap_refs;
	u32 active_locks, active_lock_id;
	const void *active_lock_ptr;
	u32 active_preempt, active_rcu, active_irq_id;

	/* Where it stands among the others. */
	struct state *parent; /* the stored state before it on the path */
	u32 first_insn, last_insn;
	u32 dfs_depth, callback_unroll_depth, may_goto_depth;
	struct jump *jumps;
	u32 nr_jumps, cap_jumps;
};

static inline struct frame *state_frame(struct state *s)
{
	return s->frames[s->cur];
}

/* Objects that RCU protects stay while it does: sleepable programs have to ask for it. */
static inline bool state_in_rcu(const struct state *s)
{
	return s->active_rcu || s->active_locks || !s->in_sleepable;
}

/* The instruction that a frame stands at: its call, or for the innermost the state's own. */
static inline u32 frame_insn(const struct state *s, u32 i)
{
	return i == s->cur ? s->insn : s->frames[i + 1]->callsite;
}

struct state *skep__state_new(struct pool *pool); /* zeroed, no frames; NULL: no memory */
void skep__state_free(struct pool *pool, struct state *s);

/* Copies everything but the place among other states. dst is zeroed or was a copy before. 0 or
 * -ENOMEM. */
int skep__state_copy(struct pool *pool, struct state *dst, const struct state *src);

struct frame *skep__frame_new(struct pool *pool);
void skep__frame_free(struct pool *pool, struct frame *f);
int skep__frame_grow_stack(struct frame *f, u32 nr_slots); /* 0 or -ENOMEM */

static inline const struct slot *frame_slot(const struct frame *f, u32 i)
{
	return &f->blocks[i / BLOCK_SLOTS]->slots[i % BLOCK_SLOTS];
}

/*
 * To be written. Where there is no memory for a block of one's own, the pool is exhausted, and the
 * verification ends behind this instruction with -ENOMEM: that others see the write is harmless.
 */
void skep__own_block(struct pool *pool, struct slot_block **block);
static inline struct slot *own_slot(struct frame *f, u32 i)
{
	struct slot_block **block = &f->blocks[i / BLOCK_SLOTS];

	if ((*block)->users > 1)
		skep__own_block(f->pool, block);
	return &(*block)->slots[i % BLOCK_SLOTS];
}

static inline void slot_clear(struct slot *slot)
{
	skep__reg_not_init(&slot->reg);
	__builtin_memset(slot->kind, SLOT_INVALID, SLOT_SIZE);
}

/* References. */
int skep__state_add_ref(struct pool *pool, struct state *s, const struct ref *ref);
struct ref *skep__state_find_ref(struct state *s, u32 id);
void skep__state_drop_ref(struct state *s, u32 index);

/* Is the 8-byte slot a spilled register? */
static inline bool slot_is_spill(const struct slot *slot)
{
	return slot->kind[SLOT_SIZE - 1] == SLOT_SPILL;
}
static inline bool slot_is_scalar_spill(const struct slot *slot)
{
	return slot_is_spill(slot) && slot->reg.cls == REG_SCALAR;
}

/* Every register of a frame and every spilled one, to read; own_reg(f, i) is the one to write. */
#define for_each_frame_reg(f, r, i)                                                                \
	for (u32 i = 0; i < MAX_BPF_REG + (f)->nr_slots; i++)                                      \
		if ((r = frame_reg(f, i)))
static inline const struct reg *frame_reg(const struct frame *f, u32 i)
{
	const struct slot *slot;

	if (i < MAX_BPF_REG)
		return &f->regs[i];
	slot = frame_slot(f, i - MAX_BPF_REG);
	return slot_is_spill(slot) ? &slot->reg : NULL;
}
static inline struct reg *own_reg(struct frame *f, u32 i)
{
	return i < MAX_BPF_REG ? &f->regs[i] : &own_slot(f, i - MAX_BPF_REG)->reg;
}

#endif
