/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BPF_MAP_TYPE_LPM_TRIE: longest prefix match. Lookup takes no lock: it starts where the jump table
 * says and walks down, and begins again when a writer was at work meanwhile (then what it walked
 * over may have been reused); what it returns after the last try did match the key at some moment
 * of the call. get_next_key gives longer prefixes before the shorter ones that contain them, as the
 * kernel does.
 */
#include <unistd.h>

#include "map/bytes.h"
#include "map/lpm_trie.h"

#define LOOKUP_TRIES 4
#define VALUE_MAX                                                                                  \
	(4u * 1024 * 1024 - LPM_DATA_MAX - 24) /* what the kernel can allocate in one piece */
#define CREATE_FLAGS                                                                               \
	(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |   \
	 BPF_F_WRONLY_PROG)

static int check(struct map_def *def)
{
	u32 header = offsetof(struct bpf_lpm_trie_key_u8, data);
	if (!def->max_entries || !(def->flags & BPF_F_NO_PREALLOC) || def->flags & ~CREATE_FLAGS ||
	    !map_access_flags_ok(def->flags) || def->key_size <= header ||
	    def->key_size > header + LPM_DATA_MAX || !def->value_size ||
	    def->value_size > VALUE_MAX)
		return -EINVAL;
	return 0;
}

/* max_entries may be more than there will ever be memory for: nodes enough to fill a quarter of it.
 */
static u64 max_nodes(u64 node_size)
{
	u64 room = (u64)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) / 4;

	return min(room / node_size, (u64)LPM_MAX_NODES);
}

static u64 layout(const struct map_def *def, struct map *map)
{
	u32 data_size = def->key_size - offsetof(struct bpf_lpm_trie_key_u8, data);
	u64 value = sizeof(struct lpm_node) + round_up(data_size, 8);
	u64 node_size = value + round_up(def->value_size, 8);
	u32 bits = 3, max_bits = min(data_size * 8, (u32)LPM_MAX_BITS);
	u64 table = round_up(sizeof(struct lpm_control), 64), nodes, nr_nodes;

	while (bits < max_bits && 1ull << bits < 8ull * def->max_entries)
		bits++;
	if (node_size == 40) /* IPv6 to 8 bytes: whole cache lines beat dense ones */
		node_size = 64;
	nodes = table + (8ull << bits);
	/* One for each entry, one where it parts from another, two on their way in. */
	nr_nodes = min(2ull * def->max_entries + 2, max_nodes(node_size));
	if (map) {
		map->geo.control = 0;
		map->geo.words[LPM_BITS] = bits;
		map->geo.words[LPM_TABLE] = table;
		map->geo.words[LPM_NODES] = nodes;
		map->geo.words[LPM_NODE_SIZE] = node_size;
		map->geo.words[LPM_NR_NODES] = nr_nodes;
		map->geo.words[LPM_VALUE] = value;
		map->geo.words[LPM_DATA_SIZE] = data_size;
	}
	return nodes + (nr_nodes + 1) * node_size; /* number 0 is never used */
}

static int init(struct map *map)
{
	return 0; /* zeroes are an empty trie */
}

/* Where the walk begins: a node and the best match so far. */
struct start {
	u32 number;
	struct lpm_node *best;
};

static inline struct start start(const struct map *map, u64 top, u32 len, u32 gen)
{
	u32 bits = map->geo.words[LPM_BITS];
	struct lpm_base base = lpm_base(map);
	u64 slot = top << base.len >> (64 - bits);

	if (gen & 1 || len < base.len + bits || !lpm_same(top, base.prefix, base.len))
		return (struct start){ lpm_load(&lpm_control(map)->root), NULL };
	u64 entry = atomic_load_explicit(&lpm_table(map)[slot], memory_order_acquire);

	return (struct start){ entry >> 32, lpm_node(map, (u32)entry) };
}

/* The deepest node with a value on the key's path. Keys of at most 8 bytes travel in a register. */
static inline struct lpm_node *walk_short(const struct map *map, struct start s, u64 key, u32 len)
{
	u32 at_least = 0;

	for (struct lpm_node *node; (node = lpm_node(map, s.number));) {
		u32 word = lpm_load(&node->len), node_len = word & ~LPM_INNER;
		u64 diff = key ^ lpm_top(node);

		if (node_len > len || node_len < at_least || (node_len && diff >> (64 - node_len)))
			break;
		if (!(word & LPM_INNER))
			s.best = node;
		if (node_len == len)
			break;
		at_least = node_len + 1;
		s.number = lpm_load(&node->child[key << node_len >> 63]);
	}
	return s.best;
}

static struct lpm_node *walk_long(const struct map *map, struct start s, const u8 *bytes, u32 len)
{
	u32 at_least = 0, data_size = lpm_data_size(map);

	for (struct lpm_node *node; (node = lpm_node(map, s.number));) {
		u32 word = lpm_load(&node->len), node_len = word & ~LPM_INNER;

		if (node_len > len || node_len < at_least ||
		    lpm_common(node, bytes, data_size, node_len) != node_len)
			break;
		if (!(word & LPM_INNER))
			s.best = node;
		if (node_len == len)
			break;
		at_least = node_len + 1;
		s.number = lpm_load(&node->child[lpm_bit(bytes, node_len)]);
	}
	return s.best;
}

/* The first bytes of a key as a number, left-aligned. */
static inline u64 key_top(const u8 *bytes, u32 data_size)
{
	u64 top = 0;
	u32 half;

	switch (data_size) {
	case 4:
		memcpy(&half, bytes, 4);
		return (u64)be32toh(half) << 32;
	case 1 ... 3:
	case 5 ... 7:
		memcpy(&top, bytes, data_size);
		return be64toh(top);
	default:
		memcpy(&top, bytes, 8);
		return be64toh(top);
	}
}

static void *lookup(struct map *map, const void *key, u32 cpu)
{
	struct lpm_control *control = lpm_control(map);
	u32 data_size = lpm_data_size(map), len;
	struct lpm_node *best = NULL;
	u64 top = key_top(lpm_key_bytes(key), data_size);

	memcpy(&len, key, sizeof(len));
	if (unlikely(len > data_size * 8))
		return NULL;
	for (int try = 0; try < LOOKUP_TRIES; try++) {
		u32 gen = lpm_load(&control->gen);
		struct start s = start(map, top, len, gen);

		best = data_size <= 8 ? walk_short(map, s, top, len)
				      : walk_long(map, s, lpm_key_bytes(key), len);
		if (likely(atomic_load_explicit(&control->gen, memory_order_relaxed) == gen))
			break;
	}
	return best ? lpm_value(map, best) : NULL;
}

static int sys_lookup(struct map *map, const void *key, void *value, u64 flags)
{
	const void *found = lookup(map, key, 0);

	if (!found)
		return -ENOENT;
	bytes_load(value, found, map->def.value_size);
	return 0;
}

static int sys_update(struct map *map, const void *key, const void *value, u64 flags)
{
	return skep__lpm_update(map, key, value, flags, 0);
}

static int sys_remove(struct map *map, const void *key)
{
	return skep__lpm_remove(map, key, 0);
}

/* Down to the first node in the order: the left branch before the right, children before their
 * parent. */
static struct lpm_node *leftmost(const struct map *map, u32 number)
{
	u32 at_least = 0;
	struct lpm_node *found = NULL;

	for (struct lpm_node *node; (node = lpm_node(map, number));) {
		u32 word = lpm_load(&node->len), node_len = word & ~LPM_INNER;

		if (node_len < at_least)
			break;
		at_least = node_len + 1;
		if (!(word & LPM_INNER))
			found = node;
		number = lpm_load(&node->child[0]);
		if (!number)
			number = lpm_load(&node->child[1]);
	}
	return found;
}

/* The node after the key's own in the order; *exact tells whether the key is there at all. */
static struct lpm_node *successor(const struct map *map, const u8 *bytes, u32 len, bool *exact)
{
	u32 number = lpm_load(&lpm_control(map)->root), data_size = lpm_data_size(map),
	    at_least = 0;
	struct lpm_node *next = NULL; /* an ancestor with a value, unless */
	u32 branch = 0; /* there is a right branch below it */

	*exact = false;
	for (struct lpm_node *node; (node = lpm_node(map, number));) {
		u32 word = lpm_load(&node->len), node_len = word & ~LPM_INNER;

		if (node_len > len || node_len < at_least ||
		    lpm_common(node, bytes, data_size, node_len) != node_len)
			return NULL;
		if (node_len == len) {
			*exact = !(word & LPM_INNER);
			return branch ? leftmost(map, branch) : next;
		}
		u32 right = lpm_load(&node->child[1]);

		if (!lpm_bit(bytes, node_len) && right) {
			branch = right;
		} else if (!(word & LPM_INNER)) {
			branch = 0;
			next = node;
		}
		at_least = node_len + 1;
		number = lpm_load(&node->child[lpm_bit(bytes, node_len)]);
	}
	return NULL;
}

static int sys_next_key(struct map *map, const void *key, void *next)
{
	struct lpm_node *node = NULL;
	u32 data_size = lpm_data_size(map), len = UINT32_MAX;
	bool exact = false;

	if (key)
		memcpy(&len, key, sizeof(len));
	if (len <= data_size * 8)
		node = successor(map, lpm_key_bytes(key), len, &exact);
	if (!exact)
		node = leftmost(map, lpm_load(&lpm_control(map)->root));
	if (!node)
		return -ENOENT;
	len = lpm_load(&node->len) & ~LPM_INNER;
	memcpy(next, &len, sizeof(len));
	bytes_load((u8 *)next + sizeof(len), node->prefix, data_size);
	return 0;
}

const struct map_ops skep__lpm_trie_map_ops = {
	.check = check,
	.layout = layout,
	.init = init,
	.lookup = lookup,
	.update = skep__lpm_update,
	.remove = skep__lpm_remove,
	.sys_lookup = sys_lookup,
	.sys_update = sys_update,
	.sys_remove = sys_remove,
	.sys_next_key = sys_next_key,
};
