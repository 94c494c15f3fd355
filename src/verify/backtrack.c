/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction, backwards: from what must be precise behind it to what must be before it.
 * Subprograms are entered at their exits and left at their calls. Where the code does something
 * that is not followed, -ENOTSUPP.
 */
#include "verify/linked.h"
#include "verify/precise.h"

#define ARGS 0x3e /* R1..R5 */

/* An instruction that is gone over. */
struct step {
	struct verify_env *env;
	u32 i;
	s64 after; /* the instruction behind it on the path */
	const struct insn *insn;
	const struct jump *rec; /* what was recorded of it, or NULL */
	struct backtrack *bt;
};

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

static int over_alu(const struct step *s)
{
	const struct insn *insn = s->insn;
	u8 form = insn_desc(insn)->form, op = BPF_OP(insn_desc(insn)->code);

	if (!reg_set(s->bt, insn->dst) || form == FORM_END || form == FORM_ALU_1)
		return 0;
	if (form == FORM_MOVSX || form == FORM_CASTAS || op == BPF_MOV)
		clear_reg(s->bt, insn->dst);
	if (form != FORM_ALU_K && insn->src != BPF_REG_10)
		set_reg(s->bt, insn->src);
	return 0;
}

static int over_ldimm(const struct step *s)
{
	clear_reg(s->bt, s->insn->dst);
	return 0;
}

/* The stack slot that the instruction is about, as *bit of the result; NULL: of other memory. */
static u64 *slot_of(const struct step *s, u64 *bit)
{
	if (!s->rec || !(s->rec->flags & JUMP_STACK))
		return NULL;
	*bit = 1ull << (s->rec->flags >> JUMP_SLOT_SHIFT & 0x3f);
	return &s->bt->slots[s->rec->flags & JUMP_FRAME];
}

/* Only the stack keeps a number's precision; other memory is not followed. */
static void load_into(const struct step *s, u32 reg)
{
	u64 bit, *slots = slot_of(s, &bit);

	if (!reg_set(s->bt, reg))
		return;
	clear_reg(s->bt, reg);
	if (slots)
		*slots |= bit;
}

static int over_load(const struct step *s)
{
	load_into(s, s->insn->dst);
	return 0;
}

/*
 * What was fetched came from memory. The kernel looks at what the register was before instead; so
 * do we, besides, since its states then cover fewer others.
 */
static int fetch_into(const struct step *s, u32 reg)
{
	bool wanted = reg_set(s->bt, reg);

	load_into(s, reg);
	if (wanted)
		set_reg(s->bt, reg);
	return 0;
}

static int over_fetch(const struct step *s)
{
	return fetch_into(s, s->insn->src);
}

static int over_cmpxchg(const struct step *s)
{
	return fetch_into(s, BPF_REG_0);
}

static int over_store(const struct step *s)
{
	u64 bit, *slots = slot_of(s, &bit);

	if (reg_set(s->bt, s->insn->dst))
		return -ENOTSUPP; /* a pointer that came from a subtraction of pointers */
	if (!slots || !(*slots & bit))
		return 0;
	*slots &= ~bit;
	if (insn_desc(s->insn)->form != FORM_ST)
		set_reg(s->bt, s->insn->src);
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

static int over_local_call(const struct step *s)
{
	struct backtrack *bt = s->bt;
	int sub = skep__sub_at(s->env, s->i + 1 + s->insn->off);
	u32 regs = bt->regs[bt->frame];

	if (sub < 0)
		return -EFAULT;
	if (s->env->subs[sub].linkage == LINK_GLOBAL && s->after == (s64)s->i + 1) {
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

static int over_call(const struct step *s)
{
	struct backtrack *bt = s->bt;
	const struct insn *insn = s->insn;
	bool is_next = s->after == (s64)s->i + 1;

	if (s->env->info[s->i].marks & MARK_CALLBACK && !is_next) {
		/* The start of a callback: its arguments are nobody's registers. */
		if (bt->regs[bt->frame] & ~ARGS)
			return -ENOTSUPP;
		bt->regs[bt->frame] = 0;
		return leave_frame(bt);
	}
	if (insn->op == OP_CALL_KFUNC && insn->imm == 0)
		return -ENOTSUPP;
	if (insn->op == OP_CALL_HELPER && insn->imm == BPF_FUNC_tail_call && !is_next)
		return enter_frame(bt); /* the subprogram was left there */
	clear_reg(bt, BPF_REG_0);
	return bt->regs[bt->frame] & ARGS ? -ENOTSUPP : 0;
}

/* R0 of a subprogram is the caller's; a callback's is not. */
static int over_exit(const struct step *s)
{
	struct backtrack *bt = s->bt;
	bool from_call = s->after >= 1 && env_insn(s->env, s->after - 1)->op == OP_CALL_LOCAL;
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

static int over_compare(const struct step *s)
{
	u32 flags = s->rec ? s->rec->flags : 0;

	if (!reg_set(s->bt, s->insn->dst) && !reg_set(s->bt, s->insn->src))
		return 0;
	if (!(flags & JUMP_SRC_STACK))
		set_reg(s->bt, s->insn->src);
	if (!(flags & JUMP_DST_STACK))
		set_reg(s->bt, s->insn->dst);
	return 0;
}

static int over_packet_load(const struct step *s)
{
	if (reg_set(s->bt, BPF_REG_0))
		return -ENOTSUPP;
	/* The other way is an exit of the subprogram. */
	return s->after != (s64)s->i + 1 ? enter_frame(s->bt) : 0;
}

enum { DST = 1, SRC = 2, R0 = 4, ALWAYS = 8 };

/* By form: unless one of these registers is looked for, it changes nothing; else, what goes over
 * it. */
static const struct {
	u8 regs;
	int (*over)(const struct step *s);
} forms[] = {
	[FORM_ALU_X] = { DST, over_alu },
	[FORM_ALU_K] = { DST, over_alu },
	[FORM_ALU_1] = { DST, over_alu },
	[FORM_MOVSX] = { DST, over_alu },
	[FORM_END] = { DST, over_alu },
	[FORM_JMP_X] = { DST | SRC, over_compare },
	[FORM_CALL_HELPER] = { ALWAYS, over_call },
	[FORM_CALL_LOCAL] = { ALWAYS, over_local_call },
	[FORM_CALL_KFUNC] = { ALWAYS, over_call },
	[FORM_EXIT] = { ALWAYS, over_exit },
	[FORM_LDX] = { DST, over_load },
	[FORM_STX] = { DST, over_store },
	[FORM_ST] = { DST, over_store },
	[FORM_LDPKT] = { ALWAYS, over_packet_load },
	[FORM_LDIMM] = { DST, over_ldimm },
	[FORM_ATOMIC] = { DST, over_store },
	[FORM_FETCH] = { SRC, over_fetch },
	[FORM_CMPXCHG] = { R0, over_cmpxchg },
	[FORM_LDACQ] = { DST, over_load },
	[FORM_STREL] = { DST, over_store },
	[FORM_CASTAS] = { DST, over_alu },
};
static_assert(ARRAY_SIZE(forms) == FORM_CASTAS + 1, "a row for every form");

u16 skep__backtrack_regs(const struct verify_env *env, u32 i)
{
	const struct insn *insn = env_insn(env, i);
	u8 regs = forms[insn_desc(insn)->form].regs;

	if (regs & ALWAYS)
		return BACK_ALWAYS;
	return (regs & DST ? 1u << insn->dst : 0) | (regs & SRC ? 1u << insn->src : 0) |
	       (regs & R0 ? 1u << BPF_REG_0 : 0);
}

int skep__backtrack_insn(struct verify_env *env, u32 insn, s64 after, const struct jump *rec,
			 struct backtrack *bt)
{
	struct step s = { env, insn, after, env_insn(env, insn), rec, bt };
	u8 form = insn_desc(s.insn)->form;
	int err;

	join_linked(bt, rec);
	err = forms[form].over ? forms[form].over(&s) : 0;
	if (!err)
		join_linked(bt, rec);
	return err;
}
