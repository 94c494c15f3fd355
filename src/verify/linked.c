/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/linked.h"

static struct reg *reg_at(struct state *s, const struct linked_reg *at)
{
	struct frame *f = s->frames[at->frame];

	return at->is_reg ? &f->regs[at->index] : &own_slot(f, at->index)->reg;
}

static bool is_of_set(const struct reg *r, u32 id)
{
	return r->cls == REG_SCALAR && (r->id & ~ID_ADD_CONST) == id;
}

static void collect_one(struct linked_set *set, struct state *s, struct linked_reg at)
{
	if (set->nr < MAX_LINKED) {
		set->regs[set->nr++] = at;
	} else {
		struct reg *r = reg_at(s, &at);

		r->id = r->off = 0;
	}
}

/* Registers that nothing reads any more are not told, and take no place from others. */
void skep__linked_collect(const struct verify_env *env, struct state *s, u32 id,
			  struct linked_set *set)
{
	id &= ~ID_ADD_CONST;
	for (u32 f = s->cur + 1; f-- > 0;) {
		struct frame *frame = s->frames[f];
		u16 live = env->info[f == s->cur ? env->insn : frame_insn(s, f)].live_regs;

		for (u32 i = 0; i < BPF_REG_10; i++) {
			if (live & 1u << i && is_of_set(&frame->regs[i], id))
				collect_one(set, s, (struct linked_reg){ f, true, i });
		}
		for (u32 i = 0; i < frame->nr_slots; i++) {
			const struct slot *slot = frame_slot(frame, i);

			if (slot_is_spill(slot) && is_of_set(&slot->reg, id))
				collect_one(set, s, (struct linked_reg){ f, false, i });
		}
	}
}

static void spread_one(struct reg *r, const struct reg *known)
{
	struct num distance;
	s32 off = r->off;
	u32 id = r->id;

	/* Sums of different widths say nothing about each other. */
	if (((r->id ^ known->id) & ID_ADD_CONST) == ID_ADD_CONST)
		return;
	if ((!(r->id & ID_ADD_CONST) && !(known->id & ID_ADD_CONST)) || r->off == known->off) {
		*r = *known;
		return;
	}
	skep__num_const(&distance, (u64)((s64)r->off - (s64)known->off));
	*r = *known;
	/* The id stays what it was: with its width, and the distance. */
	r->off = off;
	r->id = id;
	skep__num_add_offset(&r->n, &distance);
	if ((id | known->id) & ID_ADD_CONST32)
		skep__num_zero_extend(&r->n);
	skep__num_sync(&r->n);
}

void skep__linked_spread(struct state *s, const struct reg *known, const struct linked_set *set)
{
	for (u32 i = 0; i < set->nr; i++) {
		struct reg *r = reg_at(s, &set->regs[i]);

		if (r->cls != REG_SCALAR || r == known)
			continue;
		if ((r->id & ~ID_ADD_CONST) == (known->id & ~ID_ADD_CONST))
			spread_one(r, known);
	}
}

/* 10 bits an entry (frame 3, is_reg 1, index 6), the count in the lowest four. */
u64 skep__linked_pack(const struct linked_set *set)
{
	u64 word = 0;

	for (u32 i = 0; i < set->nr; i++) {
		const struct linked_reg *e = &set->regs[i];

		word = word << 10 | (u64)(e->frame | e->index << 3 | e->is_reg << 9);
	}
	return word << 4 | set->nr;
}

void skep__linked_unpack(u64 word, struct linked_set *set)
{
	set->nr = word & 0xf;
	word >>= 4;
	for (u32 i = 0; i < set->nr; i++) {
		set->regs[i] = (struct linked_reg){ word & 7, word >> 9 & 1, word >> 3 & 0x3f };
		word >>= 10;
	}
}

void skep__linked_before_copy(struct verify_env *env, struct reg *r)
{
	if (r->cls != REG_SCALAR)
		return;
	/* The sum of a linked register and a constant is one itself, but its copies are not
	 * followed. */
	if (r->id & ID_ADD_CONST) {
		r->id = 0;
		r->off = 0;
	}
	if (!r->id && !num_is_const(&r->n))
		r->id = new_id(env);
}
