/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the lpm_trie derives from its trie: the jump table, and after a writer's death the number of
 * entries and the free list. Runs under the lock with an odd gen, so no reader looks at the table
 * meanwhile. A trie that somebody scribbled over yields some table: node numbers are checked and
 * prefix lengths must grow on the way down, which bounds every walk.
 */
#include "map/lpm_trie.h"

struct fill {
	const struct map *map;
	u32 bits;
	u32 from, to; /* slots to recompute: [from, to) */
};

static void put(const struct fill *f, u32 from, u32 to, u32 best, u32 next)
{
	_Atomic u64 *table = lpm_table(f->map);
	u64 entry = (u64)next << 32 | best;

	from = max(from, f->from);
	to = min(to, f->to);
	for (u32 i = from; i < to; i++)
		atomic_store_explicit(&table[i], entry, memory_order_relaxed);
}

/* The slots [lo, lo + 2^(bits - len)) share `len` bits of prefix; below them hangs node `number`.
 */
static void fill(const struct fill *f, u32 number, u32 lo, u32 len, u32 best)
{
	u32 hi = lo + (1u << (f->bits - len));
	struct lpm_node *node = lpm_node(f->map, number);

	if (hi <= f->from || lo >= f->to)
		return;
	u32 word = node ? lpm_load(&node->len) : 0, node_len = word & ~LPM_INNER;

	if (!node || node_len < len) {
		put(f, lo, hi, best, 0);
		return;
	}
	u32 top = be64toh(atomic_load_explicit(&node->prefix[0], memory_order_relaxed)) >>
		  (64 - f->bits);

	if (node_len >= f->bits) {
		put(f, lo, hi, best, 0);
		if (top >= lo && top < hi)
			put(f, top, top + 1, best, number);
		return;
	}
	u32 half = 1u << (f->bits - node_len - 1), start = top & ~(2 * half - 1);

	put(f, lo, hi, best, 0);
	if (start < lo || start + 2 * half > hi)
		return;
	if (!(word & LPM_INNER))
		best = number;
	fill(f, lpm_load(&node->child[0]), start, node_len + 1, best);
	fill(f, lpm_load(&node->child[1]), start + half, node_len + 1, best);
}

void skep__lpm_table_update(const struct map *map, const u8 *bytes, u32 len)
{
	struct fill f = { .map = map, .bits = map->geo.words[LPM_BITS] };
	u64 top = 0;

	len = min(len, f.bits);
	memcpy(&top, bytes, min(lpm_data_size(map), 8u));
	f.from = len ? be64toh(top) >> (64 - len) << (f.bits - len) : 0;
	f.to = f.from + (1u << (f.bits - len));
	fill(&f, lpm_load(&lpm_control(map)->root), 0, 0, 0);
}

#define SEEN 0x80000000u /* in node->link while rebuilding */
static_assert(SEEN > LPM_MAX_NODES, "node numbers leave the bit free");

/* Pushes a node that was not yet seen on the stack that runs through the links. */
static void visit(const struct map *map, u32 number, u32 nr_fresh, u32 *top)
{
	struct lpm_node *node = number <= nr_fresh ? lpm_node(map, number) : NULL;

	if (!node || node->link & SEEN)
		return;
	node->link = SEEN | *top;
	*top = number;
}

/* Marks what the trie reaches with SEEN; returns how many of them hold a value. */
static u32 mark(const struct map *map, u32 nr_fresh)
{
	u32 top = 0, entries = 0;

	visit(map, lpm_load(&lpm_control(map)->root), nr_fresh, &top);
	for (struct lpm_node *node; (node = lpm_node(map, top));) {
		top = node->link & ~SEEN;
		entries += !(lpm_load(&node->len) & LPM_INNER);
		visit(map, lpm_load(&node->child[0]), nr_fresh, &top);
		visit(map, lpm_load(&node->child[1]), nr_fresh, &top);
	}
	return entries;
}

void skep__lpm_rebuild(const struct map *map)
{
	static const u8 all[LPM_DATA_MAX];
	struct lpm_control *control = lpm_control(map);
	u32 nr_fresh = min((u64)control->nr_fresh, map->geo.words[LPM_NR_NODES]);

	for (u32 i = 1; i <= nr_fresh; i++)
		lpm_node(map, i)->link = 0;
	control->nr_entries = mark(map, nr_fresh);
	control->nr_fresh = nr_fresh;
	control->nr_free = control->free_first = control->free_last = 0;
	for (u32 i = 1; i <= nr_fresh; i++) {
		struct lpm_node *node = lpm_node(map, i);

		if (!(node->link & SEEN))
			skep__lpm_free(map, i);
		else
			node->link = 0;
	}
	skep__lpm_table_update(map, all, 0);
}
