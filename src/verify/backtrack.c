/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction, backwards: from what must be precise behind it to what must be before it.
 * Subprograms are entered at their exits and left at their calls. Where the code does something
 * that is not followed, -ENOTSUPP.
 */
#include "verify/linked.h"
#include "verify/precise.h"

#define ARGS 0x3e /* R1..R5 */

static bool reg_set(const struct backtrack *bt, u32 reg)
{
	return bt->regs[bt->frame] & 1u << reg;
}
static void set_reg(struct backtrack *bt, u32 reg)
{
	bt->regs[bt->frame] |= 1u << reg;
}
static void clear_reg(struct backtrack *bt, u32 reg)
{
	bt->regs[bt->frame] &= ~(1u << reg);
}

/* When one of a linked set is looked for, all of it is. */
static void join_linked(struct backtrack *bt, const struct jump *rec)
{
	struct linked_set set;
	bool some = false;

	if (!rec || !rec->linked)
		return;
	skep__linked_unpack(rec->linked, &set);
	for (u32 i = 0; i < set.nr; i++) {
		const struct linked_reg *e = &set.regs[i];

		some |= e->is_reg ? bt->regs[e->frame] >> e->index & 1
				  : bt->slots[e->frame] >> e->index & 1;
	}
	for (u32 i = 0; i < set.nr && some; i++) {
		const struct linked_reg *e = &set.regs[i];

		if (e->is_reg)
			bt->regs[e->frame] |= 1u << e->index;
		else
			bt->slots[e->frame] |= 1ull << e->index;
	}
}

static int over_alu(const struct insn *insn, struct backtrack *bt)
{
	u8 form = insn_desc(insn)->form, op = BPF_OP(insn_desc(insn)->code);

	if (!reg_set(bt, insn->dst) || form == FORM_END || form == FORM_ALU_1)
		return 0;
	if (form == FORM_MOVSX || form == FORM_CASTAS || op == BPF_MOV)
		clear_reg(bt, insn->dst);
	if (form != FORM_ALU_K && insn->src != BPF_REG_10)
		set_reg(bt, insn->src);
	return 0;
}

/* Only the stack keeps a number's precision; other memory is not followed. */
static int over_load(u32 into, const struct jump *rec, struct backtrack *bt)
{
	if (!reg_set(bt, into))
		return 0;
	clear_reg(bt, into);
	if (rec && rec->flags & JUMP_STACK)
		bt->slots[rec->flags & JUMP_FRAME] |= 1ull
						      << (rec->flags >> JUMP_SLOT_SHIFT & 0x3f);
	return 0;
}

static int over_store(const struct insn *insn, const struct jump *rec, struct backtrack *bt,
		      bool has_src)
{
	u64 *slots, bit;

	if (reg_set(bt, insn->dst))
		return -ENOTSUPP; /* a pointer that came from a subtraction of pointers */
	if (!rec || !(rec->flags & JUMP_STACK))
		return 0;
	slots = &bt->slots[rec->flags & JUMP_FRAME];
	bit = 1ull << (rec->flags >> JUMP_SLOT_SHIFT & 0x3f);
	if (!(*slots & bit))
		return 0;
	*slots &= ~bit;
	if (has_src)
		set_reg(bt, insn->src);
	return 0;
}

static int leave_frame(struct backtrack *bt)
{
	if (!bt->frame || bt->slots[bt->frame])
		return -ENOTSUPP;
	bt->frame--;
	return 0;
}

static int enter_frame(struct backtrack *bt)
{
	if (bt->frame == MAX_CALL_FRAMES - 1)
		return -ENOTSUPP;
	bt->frame++;
	return 0;
}

static int over_local_call(struct verify_env *env, u32 i, const struct insn *insn, s64 after,
			   struct backtrack *bt)
{
	int sub = skep__sub_at(env, i + 1 + insn->off);
	u32 regs = bt->regs[bt->frame];

	if (sub < 0)
		return -EFAULT;
	if (env->subs[sub].linkage == LINK_GLOBAL && after == (s64)i + 1) {
		clear_reg(bt, BPF_REG_0);
		return regs & ARGS ? -ENOTSUPP : 0;
	}
	/* The start of a static subprogram: its arguments are the caller's registers. */
	if (regs & ~ARGS || bt->frame == 0)
		return -ENOTSUPP;
	bt->regs[bt->frame] = 0;
	bt->regs[bt->frame - 1] |= regs & ARGS;
	return leave_frame(bt);
}

static int over_call(struct verify_env *env, u32 i, const struct insn *insn, s64 after,
		     struct backtrack *bt)
{
	if (env->info[i].marks & MARK_CALLBACK && after != (s64)i + 1) {
		/* The start of a callback: its arguments are nobody's registers. */
		if (bt->regs[bt->frame] & ~ARGS)
			return -ENOTSUPP;
		bt->regs[bt->frame] = 0;
		return leave_frame(bt);
	}
	if (insn->op == OP_CALL_KFUNC && insn->imm == 0)
		return -ENOTSUPP;
	if (insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_tail_call && after != (s64)i + 1)
		return enter_frame(bt); /* the subprogram was left there */
	clear_reg(bt, BPF_REG_0);
	return bt->regs[bt->frame] & ARGS ? -ENOTSUPP : 0;
}

/* R0 of a subprogram is the caller's; a callback's is not. */
static int over_exit(struct verify_env *env, s64 after, struct backtrack *bt)
{
	bool from_call = after >= 1 && env_insn(env, after - 1)->op == OP_CALL_LOCAL;
	bool wants_r0 = from_call && reg_set(bt, BPF_REG_0);
	int err;

	if (from_call && bt->regs[bt->frame] & ARGS)
		return -ENOTSUPP;
	clear_reg(bt, BPF_REG_0);
	err = enter_frame(bt);
	if (!err && wants_r0)
		set_reg(bt, BPF_REG_0);
	return err;
}

static int over_compare(const struct insn *insn, const struct jump *rec, struct backtrack *bt)
{
	u32 flags = rec ? rec->flags : 0;

	if (insn_desc(insn)->form != FORM_JMP_X ||
	    (!reg_set(bt, insn->dst) && !reg_set(bt, insn->src)))
		return 0;
	if (!(flags & JUMP_SRC_STACK))
		set_reg(bt, insn->src);
	if (!(flags & JUMP_DST_STACK))
		set_reg(bt, insn->dst);
	return 0;
}

static int over_packet_load(u32 i, const struct insn *insn, s64 after, struct backtrack *bt)
{
	(void)insn;
	if (reg_set(bt, BPF_REG_0))
		return -ENOTSUPP;
	/* The other way is an exit of the subprogram. */
	return after != (s64)i + 1 ? enter_frame(bt) : 0;
}

/*
 * What was fetched came from memory. The kernel looks at what the register was before instead; so
 * do we, besides, since its states then cover fewer others.
 */
static int over_fetch(u32 reg, const struct jump *rec, struct backtrack *bt)
{
	bool wanted = reg_set(bt, reg);
	int err = over_load(reg, rec, bt);

	if (wanted)
		set_reg(bt, reg);
	return err;
}

static int go_over(struct verify_env *env, u32 i, s64 after, const struct jump *rec,
		   struct backtrack *bt)
{
	const struct insn *insn = env_insn(env, i);

	switch (insn_desc(insn)->form) {
	case FORM_ALU_X:
	case FORM_ALU_K:
	case FORM_ALU_1:
	case FORM_MOVSX:
	case FORM_END:
	case FORM_CASTAS:
		return over_alu(insn, bt);
	case FORM_LDX:
	case FORM_LDACQ:
		return over_load(insn->dst, rec, bt);
	case FORM_FETCH:
		return over_fetch(insn->src, rec, bt);
	case FORM_CMPXCHG:
		return over_fetch(BPF_REG_0, rec, bt);
	case FORM_STX:
	case FORM_STREL:
	case FORM_ATOMIC:
		return over_store(insn, rec, bt, true);
	case FORM_ST:
		return over_store(insn, rec, bt, false);
	case FORM_CALL_LOCAL:
		return over_local_call(env, i, insn, after, bt);
	case FORM_CALL_HELPER:
	case FORM_CALL_KFUNC:
		return over_call(env, i, insn, after, bt);
	case FORM_EXIT:
		return over_exit(env, after, bt);
	case FORM_JMP_X:
	case FORM_JMP_K:
		return over_compare(insn, rec, bt);
	case FORM_LDIMM:
		clear_reg(bt, insn->dst);
		return 0;
	case FORM_LDPKT:
		return over_packet_load(i, insn, after, bt);
	default:
		return 0;
	}
}

u16 skep__backtrack_regs(const struct verify_env *env, u32 i)
{
	const struct insn *insn = env_insn(env, i);

	if (insn->op == OP_LDIMM_HI)
		return 0;
	switch (insn_desc(insn)->form) {
	case FORM_ALU_X:
	case FORM_ALU_K:
	case FORM_ALU_1:
	case FORM_MOVSX:
	case FORM_END:
	case FORM_CASTAS:
	case FORM_LDX:
	case FORM_LDACQ:
	case FORM_LDIMM:
	case FORM_STX:
	case FORM_STREL:
	case FORM_ATOMIC:
	case FORM_ST:
		return 1u << insn->dst;
	case FORM_FETCH:
		return 1u << insn->src;
	case FORM_CMPXCHG:
		return 1u << BPF_REG_0;
	case FORM_JMP_X:
		return 1u << insn->dst | 1u << insn->src;
	case FORM_CALL_LOCAL:
	case FORM_CALL_HELPER:
	case FORM_CALL_KFUNC:
	case FORM_EXIT:
	case FORM_LDPKT:
		return BACK_ALWAYS;
	default:
		return 0;
	}
}

int skep__backtrack_insn(struct verify_env *env, u32 insn, s64 after, const struct jump *rec,
			 struct backtrack *bt)
{
	int err;

	if (env_insn(env, insn)->op == OP_LDIMM_HI)
		return 0;
	join_linked(bt, rec);
	err = go_over(env, insn, after, rec, bt);
	if (!err)
		join_linked(bt, rec);
	return err;
}
