/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lists and trees of allocated objects, as struct bpf_list_head, bpf_rb_root and their nodes are
 * laid out here. Links are handles of nodes. A root has a number while something is or was in it,
 * and a node that of the root that it is in, so that no node is in two, and what a root is asked
 * for is its own. The program holds the lock beside the root; a peer that writes links makes walks
 * go astray among objects, and every walk has a bound.
 */
#ifndef SKEP_MAP_GRAPH_H
#define SKEP_MAP_GRAPH_H

#include "map/objects.h"

struct list_head {
	_Atomic u32 first, last;
	_Atomic u64 id;
};
static_assert(sizeof(struct list_head) == 16, "as struct bpf_list_head");

struct list_node {
	_Atomic u32 next, prev;
	_Atomic u64 root;
	u64 spare;
};
static_assert(sizeof(struct list_node) == 24, "as struct bpf_list_node");

struct tree_root {
	_Atomic u32 top;
	u32 spare;
	_Atomic u64 id;
};
static_assert(sizeof(struct tree_root) == 16, "as struct bpf_rb_root");

struct tree_node {
	_Atomic u32 left, right, parent, red;
	_Atomic u64 root;
	u64 spare;
};
static_assert(sizeof(struct tree_node) == 32, "as struct bpf_rb_node");

enum list_end { LIST_FRONT, LIST_BACK };

/* -EINVAL: the node is in a list or tree already. What is put in has its owner there. */
int skep__list_push(struct objects *o, struct list_head *head, struct list_node *node,
		    enum list_end end);
struct list_node *skep__list_pop(struct objects *o, struct list_head *head,
				 enum list_end end); /* or NULL */
struct list_node *skep__list_peek(struct objects *o, struct list_head *head, enum list_end end);

/* less(node, other): does the new node go before that one? 0, -EINVAL, or what less returned below
 * 0. */
int skep__tree_add(struct objects *o, struct tree_root *root, struct tree_node *node,
		   int (*less)(void *opaque, struct tree_node *node, struct tree_node *other),
		   void *opaque);
/* The node, or NULL: it is not in this tree. */
struct tree_node *skep__tree_remove(struct objects *o, struct tree_root *root,
				    struct tree_node *node);
struct tree_node *skep__tree_first(struct objects *o, struct tree_root *root);
struct tree_node *skep__tree_top(struct objects *o, struct tree_root *root);
enum tree_side { TREE_LEFT, TREE_RIGHT };
struct tree_node *skep__tree_child(struct objects *o, struct tree_root *root,
				   struct tree_node *node, enum tree_side side);

/* Takes everything out; each object has one owner less. */
void skep__list_empty(struct objects *o, struct list_head *head, struct doomed *doomed);
void skep__tree_empty(struct objects *o, struct tree_root *root, struct doomed *doomed);

/* The number of a root, which it gets when something is put in. */
static inline u64 graph_root(struct objects *o, _Atomic u64 *id)
{
	u64 none = 0, fresh;

	if (!atomic_load_explicit(id, memory_order_relaxed)) {
		fresh = skep__objects_new_root(o);
		atomic_compare_exchange_strong(id, &none, fresh);
	}
	return atomic_load_explicit(id, memory_order_relaxed);
}

static inline bool graph_claim(_Atomic u64 *root, u64 id)
{
	u64 none = 0;

	return atomic_compare_exchange_strong(root, &none, id);
}

static inline u32 graph_link(const _Atomic u32 *link)
{
	return atomic_load_explicit(link, memory_order_relaxed);
}

static inline void graph_set(_Atomic u32 *link, u32 to)
{
	atomic_store_explicit(link, to, memory_order_relaxed);
}

#define GRAPH_MAX_WALK (1u << 24) /* more than there are objects */

#endif
