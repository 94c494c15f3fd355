/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside of the lpm_trie map, shared by its files only. The truth is a path-compressed binary trie:
 * a node carries a whole prefix, children extend it, and nodes without a value (LPM_INNER) exist
 * only where two branches part. Every change becomes visible by one store, so a writer may die
 * anywhere.
 *
 * Beside it stands a jump table, derived from the trie. It is for keys that begin with `base`,
 * which most prefixes do: for each value of the `bits` bits after the base it has the best match
 * among the prefixes shorter than that, and the first node that is not shorter, where the walk goes
 * on. Other keys walk from the root. So do all while `gen` is odd, that is, while a writer is at
 * work or has died at it; the next writer then rebuilds everything that is derived.
 *
 *	control | jump table: u64[1 << bits] | nodes 1 .. nr_nodes
 */
#ifndef SKEP_MAP_LPM_TRIE_H
#define SKEP_MAP_LPM_TRIE_H

#include <endian.h>
#include <string.h>

#include "map/lock.h"
#include "map/map.h"

#define LPM_INNER 0x80000000u /* in node->len: no value here */
#define LPM_DATA_MAX 256
#define LPM_MAX_BITS 16 /* of the jump table: a /0 rewrites it all */
#define LPM_MAX_NODES 0x7ffffffeu
#define LPM_MIN_REUSE 64 /* freed nodes rest until there are that many, while fresh ones last */

struct lpm_control {
	struct map_lock lock;
	_Atomic u32 gen;
	_Atomic u32 root; /* node number, 0 none */
	_Atomic u32 base_len; /* see lpm_base() */
	_Atomic u64 base; /* left-aligned */
	u32 nr_entries; /* the rest is for the lock's owner */
	u32 nr_fresh; /* nodes 1 .. nr_fresh have been used at some time */
	u32 free_first, free_last, nr_free; /* first in, first out, linked by node->link */
	u32 nr_at_choice; /* entries when the base was chosen */
};
static_assert(sizeof(struct lpm_control) <= 64, "a reader touches one cache line of it");

struct lpm_node {
	_Atomic u32 child[2];
	_Atomic u32 len; /* bits of the prefix, and LPM_INNER */
	u32 link; /* free list, rebuilding */
	_Atomic u64 prefix[]; /* padded to 8 bytes; then the value */
};
static_assert(sizeof(struct lpm_node) == 16, "prefix and value are 8-byte aligned");

/* This map's words of struct map_geo, computed from the definition alone. */
enum { LPM_BITS, LPM_TABLE, LPM_NODES, LPM_NODE_SIZE, LPM_NR_NODES, LPM_VALUE, LPM_DATA_SIZE };

static inline struct lpm_control *lpm_control(const struct map *map)
{
	return (struct lpm_control *)(map->mem + map->geo.control);
}

static inline _Atomic u64 *lpm_table(const struct map *map)
{
	return (_Atomic u64 *)(map->mem + map->geo.words[LPM_TABLE]);
}

/* The node of a number from shared memory; NULL for 0 and for anything that is no node. */
static inline struct lpm_node *lpm_node(const struct map *map, u32 number)
{
	if (unlikely(number - 1 >= map->geo.words[LPM_NR_NODES]))
		return NULL;
	return (struct lpm_node *)(map->mem + map->geo.words[LPM_NODES] +
				   number * map->geo.words[LPM_NODE_SIZE]);
}

static inline u8 *lpm_value(const struct map *map, const struct lpm_node *node)
{
	return (u8 *)node + map->geo.words[LPM_VALUE];
}

/* The prefix itself; in front of it stands its length. Keys need not be aligned. */
static inline const u8 *lpm_key_bytes(const void *key)
{
	return (const u8 *)key + offsetof(struct bpf_lpm_trie_key_u8, data);
}

static inline u32 lpm_data_size(const struct map *map)
{
	return map->geo.words[LPM_DATA_SIZE];
}

static inline u32 lpm_bit(const u8 *bytes, u32 index)
{
	return bytes[index / 8] >> (7 - index % 8) & 1;
}

/* Bits that the node's prefix and the key have in common, at most `limit`. */
static inline u32 lpm_common(const struct lpm_node *node, const u8 *bytes, u32 data_size, u32 limit)
{
	u32 at = 0;

	for (; at + 8 <= data_size; at += 8) {
		u64 word;

		memcpy(&word, bytes + at, 8);
		word = be64toh(word ^
			       atomic_load_explicit(&node->prefix[at / 8], memory_order_acquire));
		if (word)
			return min(limit, at * 8 + __builtin_clzll(word));
		if ((at + 8) * 8 >= limit)
			return limit;
	}
	u64 tail = 0, mask;

	if (at == data_size)
		return limit;
	memcpy(&tail, bytes + at, data_size - at);
	mask = ~0ull << (64 - (data_size - at) * 8);
	tail ^= atomic_load_explicit(&node->prefix[at / 8], memory_order_acquire);
	tail = be64toh(tail) & mask;
	return tail ? min(limit, at * 8 + __builtin_clzll(tail)) : limit;
}

/*
 * The base in force. Any one will do for finding what is there; a good one makes it fast. Its bits
 * and the table's lie within the first 8 bytes of a key.
 */
struct lpm_base {
	u64 prefix;
	u32 len;
};

static inline struct lpm_base lpm_base(const struct map *map)
{
	struct lpm_control *control = lpm_control(map);
	u32 longest = min(lpm_data_size(map) * 8, 64u) - map->geo.words[LPM_BITS];
	u32 len = atomic_load_explicit(&control->base_len, memory_order_acquire);

	return (struct lpm_base){ atomic_load_explicit(&control->base, memory_order_acquire),
				  min(len, longest) };
}

/* Do two left-aligned numbers begin with the same `len` bits (below 64)? */
static inline bool lpm_same(u64 a, u64 b, u32 len)
{
	return !((a ^ b) & ~(~0ull >> len));
}

static inline u64 lpm_top(const struct lpm_node *node)
{
	return be64toh(atomic_load_explicit(&node->prefix[0], memory_order_acquire));
}

static inline u32 lpm_load(_Atomic u32 *word)
{
	return atomic_load_explicit(word, memory_order_acquire);
}

static inline void lpm_store(_Atomic u32 *word, u32 value)
{
	atomic_store_explicit(word, value, memory_order_release);
}

/* lpm_trie_table.c: for the lock's owner. */

/* Recomputes the jump table for all keys that begin with the first `len` bits of `bytes`. */
void skep__lpm_table_update(const struct map *map, const u8 *bytes, u32 len);

/* After an entry was added: chooses another base when there are twice as many as at the last
 * choice. */
void skep__lpm_choose_base(const struct map *map);

/* Recomputes all that is derived from the trie: jump table, number of entries, free list. */
void skep__lpm_rebuild(const struct map *map);

/* lpm_trie_update.c */
void skep__lpm_free(const struct map *map, u32 number); /* puts a node on the free list */
int skep__lpm_update(struct map *map, const void *key, const void *value, u64 flags, u32 cpu);
int skep__lpm_remove(struct map *map, const void *key, u32 cpu);

#endif
