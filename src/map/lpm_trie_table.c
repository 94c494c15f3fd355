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
	struct lpm_base base;
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

/*
 * The slots [lo, lo + 2^(bits - len)) share `len` bits after the base; below them hangs a node. The
 * depth of the recursion is the number of bits at most.
 */
static void fill(const struct fill *f, u32 number, u32 lo, u32 len, u32 best)
{
	u32 hi = lo + (1u << (f->bits - len));
	struct lpm_node *node = lpm_node(f->map, number);

	if (hi <= f->from || lo >= f->to)
		return;
	u32 word = node ? lpm_load(&node->len) : 0;
	u32 node_len = (word & ~LPM_INNER) - f->base.len;

	put(f, lo, hi, best, 0);
	if (!node || (word & ~LPM_INNER) < f->base.len + len)
		return;
	u32 slot = lpm_top(node) << f->base.len >> (64 - f->bits);

	if (node_len >= f->bits) {
		if (slot >= lo && slot < hi)
			put(f, slot, slot + 1, best, number);
		return;
	}
	u32 half = 1u << (f->bits - node_len - 1), start = slot & ~(2 * half - 1);

	if (start < lo || start + 2 * half > hi)
		return;
	if (!(word & LPM_INNER))
		best = number;
	fill(f, lpm_load(&node->child[0]), start, node_len + 1, best);
	fill(f, lpm_load(&node->child[1]), start + half, node_len + 1, best);
}

/* From the root to the first node that is as long as the base; *best: what it passed. 0: none
 * there. */
static u32 descend(const struct map *map, struct lpm_base base, u32 *best)
{
	u32 number = lpm_load(&lpm_control(map)->root), at_least = 0;

	*best = 0;
	for (struct lpm_node *node; (node = lpm_node(map, number));) {
		u32 word = lpm_load(&node->len), len = word & ~LPM_INNER;

		if (len < at_least || !lpm_same(lpm_top(node), base.prefix, min(len, base.len)))
			return 0;
		if (len >= base.len)
			return number;
		if (!(word & LPM_INNER))
			*best = number;
		at_least = len + 1;
		number = lpm_load(&node->child[base.prefix << len >> 63]);
	}
	return 0;
}

void skep__lpm_table_update(const struct map *map, const u8 *bytes, u32 len)
{
	struct fill f = { .map = map, .base = lpm_base(map), .bits = map->geo.words[LPM_BITS] };
	u32 rest = min(max(len, f.base.len) - f.base.len, f.bits), best, number;
	u64 top = 0;

	memcpy(&top, bytes, min(lpm_data_size(map), 8u));
	top = be64toh(top);
	if (!lpm_same(top, f.base.prefix, min(len, f.base.len)))
		return; /* not the table's keys */
	if (rest)
		f.from = top << f.base.len >> (64 - rest) << (f.bits - rest);
	f.to = f.from + (1u << (f.bits - rest));
	number = descend(map, f.base, &best);
	fill(&f, number, 0, 0, best);
}

/* How many values a branch holds. Runs its stack through the links; a scribbled branch ends it
 * early. */
static u32 count(const struct map *map, u32 number)
{
	u32 left = lpm_control(map)->nr_fresh, entries = 0, top = 0;
	struct lpm_node *node = lpm_node(map, number);

	for (; node && left; left--) {
		entries += !(lpm_load(&node->len) & LPM_INNER);
		for (u32 i = 0; i < 2; i++) {
			u32 child = lpm_load(&node->child[i]);
			struct lpm_node *below = lpm_node(map, child);

			if (below) {
				below->link = top;
				top = child;
			}
		}
		number = top;
		node = lpm_node(map, number);
		if (node)
			top = node->link;
	}
	return entries;
}

/* The base goes down from the root as long as seven eighths of the entries are on one side. */
void skep__lpm_choose_base(const struct map *map)
{
	static const u8 all[LPM_DATA_MAX];
	struct lpm_control *control = lpm_control(map);
	u32 number = lpm_load(&control->root), at_least = 0, len = 0;
	u64 prefix = 0;

	if (control->nr_entries < 16 || control->nr_entries / 2 < control->nr_at_choice)
		return;
	for (struct lpm_node *node; (node = lpm_node(map, number));) {
		u32 here = lpm_load(&node->len) & ~LPM_INNER, child[2], entries[2];

		if (here < at_least)
			break;
		prefix = lpm_top(node);
		len = here;
		for (u32 i = 0; i < 2; i++) {
			child[i] = lpm_load(&node->child[i]);
			entries[i] = count(map, child[i]);
		}
		u32 more = entries[1] > entries[0];

		if (entries[more] / 7 < entries[!more] || entries[more] < control->nr_entries / 2)
			break;
		at_least = here + 1;
		number = child[more];
	}
	atomic_store_explicit(&control->base, prefix, memory_order_release);
	lpm_store(&control->base_len, len);
	control->nr_at_choice = control->nr_entries;
	skep__lpm_table_update(map, all, 0);
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
