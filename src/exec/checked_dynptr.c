/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynptrs of checked mode. A program's own is two stack slots that a helper filled in; both are
 * marked with the same number, and a store into either, by whomever,
 * takes the mark away. The dynptr of a callback stands outside the stack and ends with its frame.
 */
#include "exec/checker.h"
#include "helper/dynptr.h"

#define DYNPTR_SLOTS (sizeof(struct dynptr) / SLOT_SIZE)

/* The slots that the dynptr at a stack pointer fills, or NULL when it cannot stand there. */
static struct prov *slots_at(const struct run *run, const struct value *value)
{
	struct extent frame;
	u64 off;

	if (value->prov.kind != PROV_STACK || skep__region_extent(run, &value->prov, &frame))
		return NULL;
	off = value->bits - frame.start;
	if (off % SLOT_SIZE || off > MAX_STACK - sizeof(struct dynptr))
		return NULL;
	return &checked_frames(run)->slots[value->prov.depth][off / SLOT_SIZE];
}

static bool is_dynptr(const struct prov *slots)
{
	return slots[0].kind == PROV_DYNPTR && slots[0].was == 0 && slots[1].kind == PROV_DYNPTR &&
	       slots[1].was == 1 && slots[0].gen == slots[1].gen;
}

static const struct dynptr *dynptr_behind(const struct value *value)
{
	return (const struct dynptr *)(uintptr_t)value->bits;
}

const char *skep__dynptr_problem(const struct run *run, const struct value *value, u32 type)
{
	const struct prov *slots = slots_at(run, value);

	if (type & ARG_UNINIT)
		return slots ? NULL : "a pointer to 16 aligned bytes of the stack, for a dynptr";
	if (slots && is_dynptr(slots)) {
		/* One whose making failed has no kind, and may be given up like the others. */
		if (type & ARG_RELEASE && dynptr_kind(dynptr_behind(value)) == DYNPTR_LOCAL)
			return "a dynptr of a ring buffer record";
		return NULL;
	}
	if (value->prov.kind == PROV_DYNPTR && value->bits == value->prov.start &&
	    !(type & ARG_RELEASE))
		return skep__region_frame(run, &value->prov) ? NULL
							     : "a dynptr that is still there";
	return "a dynptr";
}

static void mark(struct run *run, struct prov *slots, enum prov_kind kind)
{
	u32 gen = run->checker->next_gen++;

	for (u32 half = 0; half < DYNPTR_SLOTS; half++)
		slots[half] = (struct prov){
			.kind = kind, .was = half, .gen = gen, .insn = run->checker->insn
		};
}

/* Clones of a record's dynptr end with it. */
static void unmark_clones(struct run *run)
{
	for (u32 depth = 0; depth <= run->frames->depth; depth++) {
		struct prov *slots = checked_frames(run)->slots[depth];
		const u8 *stack = (const u8 *)(uintptr_t)frame_extent(run, depth).start;

		for (u32 i = 0; i + 1 < SLOTS; i++) {
			const struct dynptr *ptr = (const void *)(stack + i * SLOT_SIZE);

			if (is_dynptr(&slots[i]) && dynptr_kind(ptr) == DYNPTR_RINGBUF &&
			    !skep__ringbuf_find(&run->records, ptr->data))
				mark(run, &slots[i], PROV_NUMBER);
		}
	}
}

void skep__note_dynptrs(struct run *run, const struct helper_call *call)
{
	for (u32 nr = 1; nr <= 5; nr++) {
		u32 type = call->helper->args[nr - 1];
		struct prov *slots;

		if (ARG_CLASS(type) != ARG_DYNPTR || !(type & (ARG_UNINIT | ARG_RELEASE)))
			continue;
		slots = slots_at(run, &call->reg[nr]);
		if (slots)
			mark(run, slots, type & ARG_UNINIT ? PROV_DYNPTR : PROV_NUMBER);
		if (type & ARG_RELEASE)
			unmark_clones(run);
	}
}

struct prov skep__dynptr_data_prov(const struct run *run, const struct helper_call *call, u64 bits)
{
	const struct dynptr *ptr = dynptr_behind(&call->reg[1]);
	const struct ringbuf_rec *rec = skep__ringbuf_find(&run->records, ptr->data);
	u8 access = call->helper->ret & RET_RDONLY ? PROV_READ : PROV_READ | PROV_WRITE;
	struct prov prov = { .kind = PROV_MEM,
			     .access = access,
			     .insn = call->insn,
			     .size = (u32)call->mem_size,
			     .start = bits,
			     .obj = "dynptr data" };

	/* A copy of what is not in one piece. */
	if (ARG_CLASS(call->helper->args[2]) == ARG_MEM && bits == call->reg[3].bits) {
		prov = call->reg[3].prov;
		prov.access &= access;
		return prov;
	}
	if (dynptr_kind(ptr) > DYNPTR_RINGBUF) {
		prov.kind = PROV_PACKET_SLICE;
		prov.gen = run->packet_gen;
	} else if (dynptr_kind(ptr) == DYNPTR_RINGBUF && rec) {
		prov.kind = PROV_SLICE;
		prov.gen = (u32)rec->pos;
		prov.obj = rec->map;
	}
	return prov;
}
