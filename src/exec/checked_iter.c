/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Iterators of checked mode: stack slots that a function began to use as one are marked until it is
 * destroyed, and whatever else is stored there takes the mark away.
 */
#include "exec/checker.h"

static u32 nr_slots(u32 type)
{
	return (type >> 16) / SLOT_SIZE;
}

/* The slots that an iterator of the type would fill at a stack pointer; NULL: none can stand there.
 */
static struct prov *slots_at(const struct run *run, const struct value *value, u32 type)
{
	struct extent frame;
	u64 off;

	if (value->prov.kind != PROV_STACK || skep__region_extent(run, &value->prov, &frame))
		return NULL;
	off = value->bits - frame.start;
	if (off % SLOT_SIZE || off > MAX_STACK - nr_slots(type) * SLOT_SIZE)
		return NULL;
	return &checked_frames(run)->slots[value->prov.depth][off / SLOT_SIZE];
}

static bool is_iter(const struct prov *slots, u32 nr)
{
	for (u32 i = 0; i < nr; i++) {
		if (slots[i].kind != PROV_ITER || slots[i].was != i || slots[i].size != nr ||
		    slots[i].gen != slots[0].gen)
			return false;
	}
	return true;
}

const char *skep__iter_problem(const struct run *run, const struct value *value, u32 type)
{
	const struct prov *slots = slots_at(run, value, type);

	if (!slots)
		return "a pointer to aligned room on the stack, for an iterator";
	return type & ARG_UNINIT || is_iter(slots, nr_slots(type)) ? NULL : "an iterator";
}

void skep__note_iters(struct run *run, const struct helper_call *call)
{
	for (u32 nr = 1; nr <= 5; nr++) {
		u32 type = call->helper->args[nr - 1], gen;
		struct prov *slots;

		if (ARG_CLASS(type) != ARG_ITER || !(type & (ARG_UNINIT | ARG_RELEASE)))
			continue;
		slots = slots_at(run, &call->reg[nr], type);
		gen = run->checker->next_gen++;
		for (u32 i = 0; i < nr_slots(type); i++)
			slots[i] =
				(struct prov){ .kind = type & ARG_UNINIT ? PROV_ITER : PROV_NUMBER,
					       .was = i,
					       .size = nr_slots(type),
					       .gen = gen,
					       .insn = call->insn };
	}
}
