/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing down: equal slots and registers are kept once, and equal rows of them. */
#include "explored.h"

#include <string.h>

#include "explored_rows.h"

void explored_fini(struct explored *x)
{
	if (x->prog)
		skep__pool_fini(&x->pool);
	*x = (struct explored){ 0 };
}

void explored_begin(struct explored *x, const struct prog *prog, bool whole_stack, size_t limit)
{
	explored_fini(x);
	skep__pool_init(&x->pool, limit);
	x->prog = prog;
	x->whole_stack = whole_stack;
	x->places = skep__pool_zalloc(&x->pool, prog->len, sizeof(struct place *));
	x->rows = skep__pool_zalloc(&x->pool, BUCKETS, sizeof(struct row *));
	x->known = skep__pool_zalloc(&x->pool, BUCKETS, sizeof(struct known *));
}

static u64 hash_of(const void *from, size_t size, u64 hash)
{
	u32 word;

	for (size_t at = 0; at < size; at += sizeof(word)) {
		memcpy(&word, (const u8 *)from + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

/* ---- registers and slots --------------------------------------------------------------------- */

/* The verifier's own ends with the verification. */
struct explored_map {
	struct explored_map *next;
	const struct verify_map *was;
	struct verify_map map;
};

static const struct verify_map *keep_map(struct explored *x, const struct verify_map *map)
{
	struct explored_map *kept;

	for (kept = x->maps; kept; kept = kept->next) {
		if (kept->was == map)
			return &kept->map;
	}
	kept = skep__pool_zalloc(&x->pool, 1, sizeof(*kept));
	if (!kept)
		return NULL;
	kept->was = map;
	kept->map = *map;
	kept->next = x->maps;
	x->maps = kept;
	return &kept->map;
}

static bool names_map(const struct reg *r)
{
	return r->cls == REG_MAP_PTR || r->cls == REG_MAP_VALUE || r->cls == REG_MAP_KEY;
}

static bool add_number(struct explored *x, struct known *k)
{
	if (x->nr_known == x->cap_known) {
		size_t size = x->cap_known * sizeof(k);
		struct known **more = skep__pool_grow(&x->pool, x->by_number, size, size,
						      max(2 * size, sizeof(k) * 1024));

		if (!more)
			return false;
		x->by_number = more;
		x->cap_known = max(2 * x->cap_known, 1024u);
	}
	k->number = x->nr_known++;
	x->by_number[k->number] = k;
	return true;
}

/* What does not say which values there may be is left out. */
static u32 number_of(struct explored *x, const struct slot *slot)
{
	struct slot key = *slot;
	struct known *k, **bucket;
	u64 hash;

	key.reg.precise = false;
	key.reg.id = key.reg.ref_id = 0;
	if (key.reg.cls == REG_SCALAR)
		key.reg.off = 0;
	if (names_map(&key.reg))
		key.reg.map.map = keep_map(x, key.reg.map.map);
	static_assert(!(sizeof(key) % sizeof(u32)), "words");
	hash = hash_of(&key, sizeof(key), 0);
	bucket = &x->known[hash % BUCKETS];
	for (k = *bucket; k; k = k->chain) {
		if (k->hash == hash && !memcmp(&k->slot, &key, sizeof(key)))
			return k->number;
	}
	k = skep__pool_zalloc(&x->pool, 1, sizeof(*k));
	if (!k || !add_number(x, k))
		return 0;
	k->hash = hash;
	memcpy(&k->slot, &key, sizeof(key));
	k->chain = *bucket;
	*bucket = k;
	return k->number;
}

/* ---- places ---------------------------------------------------------------------------------- */

static bool is_global(const struct verify_env *env, const struct frame *f)
{
	return f->subprog && !f->in_async_callback && !f->in_exception_callback;
}

static bool is_at(const struct place *p, const struct state *s)
{
	if (p->depth != s->cur || p->frames[0].sub != s->frames[0]->subprog)
		return false;
	for (u32 f = 1; f <= s->cur; f++) {
		if (p->frames[f].callsite != s->frames[f]->callsite)
			return false;
	}
	return true;
}

static u32 insn_of(const struct verify_env *env, u32 frame)
{
	return frame == env->cur->cur ? env->insn : env->cur->frames[frame + 1]->callsite;
}

static struct place *place_of(struct explored *x, const struct verify_env *env)
{
	const struct state *s = env->cur;
	struct place *p;

	for (p = x->places[env->insn]; p; p = p->next) {
		if (is_at(p, s))
			return p;
	}
	p = skep__pool_zalloc(&x->pool, 1, sizeof(*p));
	if (!p)
		return NULL;
	p->insn = env->insn;
	p->depth = s->cur;
	p->begins_global = is_global(env, s->frames[0]);
	for (u32 f = 0; f <= s->cur; f++) {
		p->frames[f].sub = s->frames[f]->subprog;
		p->frames[f].callsite = s->frames[f]->callsite;
		p->frames[f].live_regs = env->info[insn_of(env, f)].live_regs;
		if (f < s->cur)
			p->frames[f].live_regs &= SAVED_REGS;
	}
	p->next = x->places[env->insn];
	return x->places[env->insn] = p;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static u32 fill_frame(struct explored *x, const struct frame *f, u16 live, u32 nr_slots, u32 *cells)
{
	for (u32 i = 0; i < MAX_BPF_REG; i++) {
		struct slot reg = { .reg = f->regs[i] };

		cells[i] = live & 1u << i ? number_of(x, &reg) : NOTHING;
	}
	for (u32 i = 0; i < nr_slots; i++)
		cells[MAX_BPF_REG + i] = number_of(x, frame_slot(f, i));
	return MAX_BPF_REG + nr_slots;
}

static void add_row(struct explored *x, struct place *p, const struct row *row, u32 nr)
{
	size_t size = sizeof(*row) + nr * sizeof(row->cells[0]);
	struct row **bucket = &x->rows[row->hash % BUCKETS], *new;

	for (new = *bucket; new; new = new->chain) {
		if (new->hash == row->hash &&new->place == p &&
		    !memcmp(new->nr_slots, row->nr_slots, sizeof(row->nr_slots)) &&
		    !memcmp(new->cells, row->cells, nr * sizeof(row->cells[0])))
			return;
	}
	new = skep__pool_alloc(&x->pool, size);
	if (!new)
		return;
	memcpy(new, row, size);
	new->place = p;
	new->chain = *bucket;
	*bucket = new;
	new->next = NULL;
	if (p->last)
		p->last->next = new;
	else
		p->first = p->cursor = new;
	p->last = new;
}

void explored_note(struct explored *x, const struct verify_env *env)
{
	static _Thread_local struct {
		struct row row;
		u32 cells[MAX_CALL_FRAMES * (MAX_BPF_REG + MAX_SLOTS)];
	} r;
	const struct state *s = env->cur;
	struct place *p;
	u32 nr = 0;

	if (x->pool.exhausted || s->speculative)
		return;
	p = place_of(x, env);
	if (!p)
		return;
	memset(&r.row, 0, sizeof(r.row));
	for (u32 f = 0; f <= s->cur; f++) {
		r.row.nr_slots[f] = x->whole_stack ? s->frames[f]->nr_slots : 0;
		nr += fill_frame(x, s->frames[f], p->frames[f].live_regs, r.row.nr_slots[f],
				 r.row.cells + nr);
	}
	if (x->pool.exhausted)
		return;
	r.row.hash = hash_of(r.row.cells, nr * sizeof(u32), p->insn);
	add_row(x, p, &r.row, nr);
}

void explored_end(struct explored *x)
{
	x->complete = !x->pool.exhausted;
}
