/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing to an lpm_trie: update and delete, under the map's lock. The trie changes by single
 * stores of a node number (or of a node's length word), which is when a change takes effect; the
 * jump table follows before gen gets even again. Verdicts and their order are the kernel's (ENOSPC
 * when full).
 */
#include "map/bytes.h"
#include "map/lpm_trie.h"

static int begin(const struct map *map)
{
	struct lpm_control *control = lpm_control(map);
	int err = skep__lock(&control->lock);

	if (err)
		return err;
	if (atomic_load_explicit(&control->gen, memory_order_relaxed) & 1)
		skep__lpm_rebuild(map); /* the last writer died */
	else
		atomic_fetch_add_explicit(&control->gen, 1, memory_order_acq_rel);
	return 0;
}

static void end(const struct map *map)
{
	struct lpm_control *control = lpm_control(map);

	atomic_fetch_add_explicit(&control->gen, 1, memory_order_acq_rel);
	skep__unlock(&control->lock);
}

void skep__lpm_free(const struct map *map, u32 number)
{
	struct lpm_control *control = lpm_control(map);
	struct lpm_node *last = lpm_node(map, control->free_last);

	lpm_node(map, number)->link = 0;
	if (last)
		last->link = number;
	else
		control->free_first = number;
	control->free_last = number;
	control->nr_free++;
}

static u32 alloc(const struct map *map)
{
	struct lpm_control *control = lpm_control(map);
	bool fresh_left = control->nr_fresh < map->geo.words[LPM_NR_NODES];

	if (fresh_left && control->nr_free < LPM_MIN_REUSE)
		return ++control->nr_fresh;
	u32 number = control->free_first;
	struct lpm_node *node = lpm_node(map, number);

	if (!node) /* none free, or a scribbled list */
		return fresh_left ? ++control->nr_fresh : 0;
	control->free_first = node->link;
	if (!node->link)
		control->free_last = 0;
	control->nr_free--;
	return number;
}

/* A node that nothing points to yet, with prefix and, unless NULL, value. 0: out of nodes. */
static u32 make(const struct map *map, const u8 *bytes, u32 len, const void *value)
{
	u32 number = alloc(map), data_size = lpm_data_size(map);
	struct lpm_node *node = lpm_node(map, number);

	if (!node)
		return 0;
	lpm_store(&node->child[0], 0);
	lpm_store(&node->child[1], 0);
	lpm_store(&node->len, len | (value ? 0 : LPM_INNER));
	for (u32 at = 0; at < data_size; at += 8) {
		u64 word = 0;

		memcpy(&word, bytes + at, min(data_size - at, 8u));
		atomic_store_explicit(&node->prefix[at / 8], word, memory_order_release);
	}
	if (value)
		bytes_store(lpm_value(map, node), value, map->def.value_size);
	return number;
}

/* Where a walk for a key ended: the slot, the node in it (NULL: empty), the bits it shares with the
 * key. */
struct place {
	_Atomic u32 *slot, *parent_slot;
	struct lpm_node *node, *parent;
	u32 number, node_len, common;
	bool inner;
};

static struct place find(const struct map *map, const u8 *bytes, u32 len)
{
	u32 data_size = lpm_data_size(map), at_least = 0;
	struct place p = { .slot = &lpm_control(map)->root };

	for (;;) {
		p.number = lpm_load(p.slot);
		p.node = lpm_node(map, p.number);
		if (!p.node)
			return p;
		u32 word = lpm_load(&p.node->len);

		p.node_len = word & ~LPM_INNER;
		p.inner = word & LPM_INNER;
		if (p.node_len < at_least || p.node_len > data_size * 8) {
			p.node = NULL; /* scribbled over: cut it off */
			return p;
		}
		p.common = lpm_common(p.node, bytes, data_size, min(p.node_len, len));
		if (p.common != p.node_len || p.node_len == len)
			return p;
		at_least = p.node_len + 1;
		p.parent = p.node;
		p.parent_slot = p.slot;
		p.slot = &p.node->child[lpm_bit(bytes, p.node_len)];
	}
}

/* Puts a copy of a node, with another value, in its place. */
static int supplant(struct map *map, const struct place *p, const u8 *bytes, const void *value)
{
	u32 number = make(map, bytes, p->node_len, value);
	struct lpm_node *node = lpm_node(map, number);

	if (!node)
		return -ENOMEM;
	lpm_store(&node->child[0], lpm_load(&p->node->child[0]));
	lpm_store(&node->child[1], lpm_load(&p->node->child[1]));
	lpm_store(p->slot, number);
	skep__lpm_table_update(map, bytes, p->node_len);
	skep__lpm_free(map, p->number);
	return 0;
}

/*
 * The prefix has a node already: its value changes as a whole or not at all. get_next_key shows the
 * bits beyond the prefix too, as they were given last, so only equal ones allow to keep the node.
 */
static int replace(struct map *map, const struct place *p, const u8 *bytes, const void *value)
{
	u32 size = map->def.value_size, all = lpm_data_size(map) * 8;
	bool at_once = p->inner || size <= 8; /* nobody reads it, or one store does it */

	if (!at_once || lpm_common(p->node, bytes, all / 8, all) != all)
		return supplant(map, p, bytes, value);
	bytes_store(lpm_value(map, p->node), value, size);
	if (p->inner) {
		lpm_store(&p->node->len, p->node_len);
		skep__lpm_table_update(map, bytes, p->node_len);
	}
	return 0;
}

/* A prefix that is not there: a node of its own, and one more where it parts from another branch.
 */
static int insert(struct map *map, const struct place *p, const u8 *bytes, u32 len,
		  const void *value)
{
	u32 number = make(map, bytes, len, value), top = number;
	struct lpm_node *node = lpm_node(map, number);

	if (!node)
		return -ENOMEM;
	if (p->node && p->common == len) {
		u8 *other = (u8 *)p->node->prefix;

		lpm_store(&node->child[lpm_bit(other, len)], p->number);
	} else if (p->node) {
		u32 bit = lpm_bit(bytes, p->common);

		top = make(map, bytes, p->common, NULL);
		if (!top) {
			skep__lpm_free(map, number);
			return -ENOMEM;
		}
		lpm_store(&lpm_node(map, top)->child[bit], number);
		lpm_store(&lpm_node(map, top)->child[!bit], p->number);
	}
	lpm_store(p->slot, top);
	skep__lpm_table_update(map, bytes, len);
	return 0;
}

static int update_locked(struct map *map, const u8 *bytes, u32 len, const void *value, u64 flags)
{
	struct lpm_control *control = lpm_control(map);
	struct place p = find(map, bytes, len);
	bool there = p.node && p.common == p.node_len, added = !there || p.inner;
	int err;

	if (!added && flags == BPF_NOEXIST)
		return -EEXIST;
	if (added && flags == BPF_EXIST)
		return -ENOENT;
	if (added && control->nr_entries >= map->def.max_entries)
		return -ENOSPC;
	err = there ? replace(map, &p, bytes, value) : insert(map, &p, bytes, len, value);
	if (err || !added)
		return err;
	control->nr_entries++;
	skep__lpm_choose_base(map);
	return 0;
}

int skep__lpm_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu)
{
	u32 len;
	int err;

	memcpy(&len, key, sizeof(len));
	if (flags > BPF_EXIST || len > lpm_data_size(map) * 8)
		return -EINVAL;
	err = begin(map);
	if (err)
		return err;
	err = update_locked(map, lpm_key_bytes(key), len, value, flags);
	end(map);
	return err;
}

static int remove_locked(struct map *map, const u8 *bytes, u32 len)
{
	struct lpm_control *control = lpm_control(map);
	struct place p = find(map, bytes, len);

	if (!p.node || p.node_len != len || p.common != len || p.inner)
		return -ENOENT;
	u32 child[2] = { lpm_load(&p.node->child[0]), lpm_load(&p.node->child[1]) };
	bool stays = child[0] && child[1];

	control->nr_entries -= control->nr_entries > 0;
	if (control->nr_entries < control->nr_at_choice / 4)
		control->nr_at_choice = control->nr_entries; /* what comes now may be elsewhere */
	if (stays) {
		lpm_store(&p.node->len, len | LPM_INNER);
	} else if (!child[0] && !child[1] && p.parent && lpm_load(&p.parent->len) & LPM_INNER) {
		/* The parent only parted two branches: the other one takes its place. */
		u32 parent = lpm_load(p.parent_slot);

		lpm_store(p.parent_slot, lpm_load(&p.parent->child[p.slot == p.parent->child]));
		skep__lpm_free(map, parent);
	} else {
		lpm_store(p.slot, child[0] ? child[0] : child[1]);
	}
	skep__lpm_table_update(map, bytes, len);
	if (!stays)
		skep__lpm_free(map, p.number);
	return 0;
}

int skep__lpm_remove(struct map *map, const void *key, u32 cpu)
{
	u32 len;
	int err;

	memcpy(&len, key, sizeof(len));
	if (len > lpm_data_size(map) * 8)
		return -EINVAL;
	err = begin(map);
	if (err)
		return err;
	err = remove_locked(map, lpm_key_bytes(key), len);
	end(map);
	return err;
}
