/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking up: what a run in checked mode holds, beside the states that were written down. */
#include <string.h>

#include "ctx/packet.h"
#include "exec/checker.h"
#include "explored.h"
#include "explored_rows.h"

/* Who looks at what: frame 0 of the place is the run's frame `base`. */
struct look {
	const struct explored *x;
	const struct run *run;
	const struct value *regs;
	const struct place *place;
	u32 base;
};

/* ---- one value ------------------------------------------------------------------------------- */

/* Where a pointer of the class is counted from; false: from nowhere that is known here. */
static bool base_of(const struct look *l, const struct reg *r, const struct value *v, u64 *base)
{
	const struct packet *pkt = skep__packet_of(l->run);
	u8 kind = v->prov.kind;

	*base = v->prov.start;
	switch (r->cls) {
	case REG_CTX:
		*base = (u64)(uintptr_t)l->run->ctx;
		return true;
	case REG_STACK:
		*base = (u64)(uintptr_t)l->run->frames->stack[l->base + r->stack.frame] + MAX_STACK;
		return true;
	case REG_PACKET:
		*base = pkt ? (u64)(uintptr_t)pkt->data : 0;
		return pkt;
	case REG_PACKET_META:
		*base = pkt ? (u64)(uintptr_t)pkt->meta : 0;
		return pkt;
	case REG_PACKET_END:
		*base = pkt ? (u64)(uintptr_t)pkt->data_end : 0;
		return pkt;
	case REG_MAP_VALUE:
		return kind == PROV_MAP_VALUE;
	case REG_MAP_KEY:
		return kind == PROV_MAP_KEY;
	case REG_BTF:
		return kind == PROV_OBJECT;
	default:
		return false;
	}
}

/* Memory of which nothing but the size is known, as arguments of global functions are: it has to be
 * there. Where it begins is known when the distance is. */
static bool is_memory(const struct look *l, const struct reg *r, const struct value *v)
{
	struct extent at;
	u64 start;

	if (!prov_is_pointer(&v->prov))
		return false;
	if (!num_is_const(&r->n) || skep__region_extent(l->run, &v->prov, &at))
		return true;
	start = v->bits - (u64)(s64)r->off - r->n.bits.value;
	return start >= at.start && start - at.start <= at.size &&
	       r->mem.size <= at.size - (start - at.start);
}

/* Pointers to what is not here, the kernel's objects, are numbers like others; and those that
 * programs may follow without a reason to trust them lead anywhere. */
static bool may_be_bad(const struct reg *r)
{
	return r->cls == REG_ARENA || (r->cls == REG_BTF && !(r->flags & REG_ALLOC)) ||
	       (r->cls == REG_MEM && (r->flags & REG_UNTRUSTED || !r->mem.size));
}

static bool has_range(const struct look *l, const struct reg *r, const struct value *v)
{
	return r->cls != REG_PACKET || r->pkt.range <= 0 ||
	       v->bits - (u64)(s64)r->off + (u64)r->pkt.range <=
		       (u64)(uintptr_t)skep__packet_of(l->run)->data_end;
}

static bool reg_fits(const struct look *l, const struct reg *r, const struct value *v)
{
	u64 base;

	if (r->cls == REG_NOT_INIT) /* calls read fewer arguments than pass for live */
		return true;
	if (r->cls == REG_SCALAR)
		return skep__num_contains(&r->n, v->bits);
	if ((r->flags & REG_MAYBE_NULL && !v->bits) || may_be_bad(r))
		return true;
	if (r->cls == REG_MEM)
		return is_memory(l, r, v);
	if (!base_of(l, r, v, &base))
		return prov_is_pointer(&v->prov);
	return has_range(l, r, v) && skep__num_contains(&r->n, v->bits - base - (u64)(s64)r->off);
}

/* A spilled register of which the lowest bytes are left. */
static bool low_bytes_fit(const struct look *l, const struct reg *r, const struct value *v,
			  u32 size)
{
	struct num n = r->n;

	if (size == SLOT_SIZE)
		return reg_fits(l, r, v);
	if (r->cls != REG_SCALAR || (size != 1 && size != 2 && size != 4))
		return true;
	skep__num_truncate(&n, size);
	return skep__num_contains(&n, v->bits & ((1ull << size * 8) - 1));
}

static bool slot_fits(const struct look *l, const struct slot *slot, const struct value *v)
{
	u32 spilled = 0;

	for (u32 i = 0; i < SLOT_SIZE; i++) {
		u8 kind = slot->kind[SLOT_SIZE - 1 - i];

		if (kind == SLOT_ZERO && (u8)(v->bits >> i * 8))
			return false;
		spilled += kind == SLOT_SPILL;
	}
	return !spilled || low_bytes_fit(l, &slot->reg, v, spilled);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static bool is_callback(const struct look *l, u32 frame)
{
	return !l->run->frames->callers[l->base + frame].next;
}

/* What a register of a frame holds; false: nobody can say. */
static bool held_in_reg(const struct look *l, u32 frame, u32 i, struct value *v)
{
	u32 callee = frame + 1;

	if (frame == l->place->depth) {
		*v = l->regs[i];
		return true;
	}
	if (is_callback(l, callee))
		return false;
	v->bits = l->run->frames->callers[l->base + callee].saved[i - 6];
	v->prov = checked_frames(l->run)->saved[l->base + callee][i - 6];
	return true;
}

static struct value held_in_slot(const struct look *l, u32 frame, u32 i)
{
	u32 at = MAX_SLOTS - 1 - i;
	struct value v;

	memcpy(&v.bits, l->run->frames->stack[l->base + frame] + (size_t)at * SLOT_SIZE, SLOT_SIZE);
	v.prov = checked_frames(l->run)->slots[l->base + frame][at];
	return v;
}

/* A cell of a frame in a row. Slots come behind registers. */
static bool cell_fits(const struct look *l, u32 frame, u32 i, u32 number)
{
	const struct slot *slot;
	struct value v;

	if (number == NOTHING)
		return true;
	slot = &l->x->by_number[number]->slot;
	if (i < MAX_BPF_REG)
		return !held_in_reg(l, frame, i, &v) || reg_fits(l, &slot->reg, &v);
	v = held_in_slot(l, frame, i - MAX_BPF_REG);
	return slot_fits(l, slot, &v);
}

/* How many cells do not fit, counted up to `most`. */
static u32 count_misfits(const struct look *l, const struct row *row, u32 most)
{
	const u32 *cell = row->cells;
	u32 bad = 0;

	for (u32 f = 0; f <= l->place->depth; f++) {
		for (u32 i = 0; i < MAX_BPF_REG + row->nr_slots[f] && bad < most; i++)
			bad += !cell_fits(l, f, i, cell[i]);
		cell += MAX_BPF_REG + row->nr_slots[f];
	}
	return bad;
}

/* Do the run's calls lead to the place? */
static bool comes_to(const struct run *run, const struct place *p, u32 *base)
{
	const struct frames *frames = run->frames;

	if (frames->depth < p->depth || (frames->depth > p->depth && !p->begins_global))
		return false;
	*base = frames->depth - p->depth;
	for (u32 f = 1; f <= p->depth; f++) {
		const struct call_frame *caller = &frames->callers[*base + f];

		if (caller->next &&
		    caller->next - caller->prog->insns != (s64)p->frames[f].callsite + 1)
			return false;
	}
	return true;
}

/* The first row that fits, from the one that did last on. */
static struct row *find_fit(const struct look *l)
{
	const struct place *p = l->place;
	struct row *row = p->cursor;

	do {
		if (!count_misfits(l, row, 1))
			return row;
		row = row->next ? row->next : p->first;
	} while (row != p->cursor);
	return NULL;
}

bool explored_fits(struct explored *x, const struct run *run, u32 insn, const struct value *regs)
{
	struct look l = { .x = x, .run = run, .regs = regs };

	for (struct place *p = x->places[insn]; p; p = p->next) {
		struct row *fit;

		if (!comes_to(run, p, &l.base))
			continue;
		l.place = p;
		fit = find_fit(&l);
		if (fit) {
			p->cursor = fit;
			return true;
		}
	}
	return false;
}

/* ---- telling --------------------------------------------------------------------------------- */

static void print_slot(const struct slot *slot, FILE *out)
{
	static const char kinds[] = { '?', 'r', 'm', '0', 'd', 'i', 'f' };
	struct strbuf sb;

	for (u32 i = 0; i < SLOT_SIZE; i++)
		fputc(kinds[slot->kind[SLOT_SIZE - 1 - i]], out);
	if (!slot_is_spill(slot))
		return;
	skep__strbuf_init(&sb);
	skep__reg_print(&slot->reg, &sb);
	fprintf(out, " %s", sb.text);
	skep__strbuf_fini(&sb);
}

static void print_cell(const struct look *l, u32 frame, u32 i, u32 number, FILE *out)
{
	const struct slot *slot = &l->x->by_number[number]->slot;
	struct strbuf sb;
	struct value v;

	if (i >= MAX_BPF_REG) {
		v = held_in_slot(l, frame, i - MAX_BPF_REG);
		fprintf(out, "  frame %u, fp-%u holds %#llx (%s); explored: ", frame,
			(i - MAX_BPF_REG + 1) * SLOT_SIZE, (unsigned long long)v.bits,
			skep__prov_text(&v.prov));
		print_slot(slot, out);
		fputc('\n', out);
		return;
	}
	held_in_reg(l, frame, i, &v);
	skep__strbuf_init(&sb);
	skep__reg_print(&slot->reg, &sb);
	fprintf(out, "  frame %u, R%u holds %#llx (%s, %lld from its start); explored: %s\n", frame,
		i, (unsigned long long)v.bits, skep__prov_text(&v.prov),
		(long long)(v.bits - v.prov.start), sb.text);
	skep__strbuf_fini(&sb);
}

static void print_misfits(const struct look *l, const struct row *row, FILE *out)
{
	const u32 *cell = row->cells;

	for (u32 f = 0; f <= l->place->depth; f++) {
		for (u32 i = 0; i < MAX_BPF_REG + row->nr_slots[f]; i++) {
			if (!cell_fits(l, f, i, cell[i]))
				print_cell(l, f, i, cell[i], out);
		}
		cell += MAX_BPF_REG + row->nr_slots[f];
	}
}

void explored_print(struct explored *x, const struct run *run, u32 insn, const struct value *regs,
		    FILE *out)
{
	struct look l = { .x = x, .run = run, .regs = regs }, nearest = { 0 };
	const struct row *best = NULL;
	u32 least = UINT32_MAX, rows = 0;

	for (l.place = x->places[insn]; l.place; l.place = l.place->next) {
		if (!comes_to(run, l.place, &l.base))
			continue;
		for (const struct row *row = l.place->first; row; row = row->next, rows++) {
			u32 bad = count_misfits(&l, row, least);

			if (bad < least) {
				least = bad;
				best = row;
				nearest = l;
			}
		}
	}
	fprintf(out, "%s, instruction %u, %u calls deep: in none of %u states explored there\n",
		run->prog->name, insn, run->frames->depth, rows);
	if (best)
		print_misfits(&nearest, best, out);
}
