/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Red-black trees of allocated objects: no red node has a red child, and from a node down to any
 * leaf below there are as many black ones. Walks are bounded, since a peer may have made circles of
 * links.
 */
#include "map/graph.h"

#define MAX_STEPS 128 /* twice the depth of the largest tree, and some */

struct tree {
	struct objects *o;
	struct tree_root *root;
	u32 steps; /* left */
};

/* Handle 0 is nobody's memory: what a spoiled tree has written there matters to no one. */
static struct tree_node *node_at(const struct tree *t, u32 at)
{
	return (struct tree_node *)(t->o->mem + (at & OBJECTS_MASK));
}

static u32 handle(const struct tree *t, const struct tree_node *node)
{
	return object_handle(t->o, node);
}

static _Atomic u32 *child(struct tree_node *node, enum tree_side side)
{
	return side == TREE_LEFT ? &node->left : &node->right;
}

static enum tree_side opposite(enum tree_side side)
{
	return side == TREE_LEFT ? TREE_RIGHT : TREE_LEFT;
}

static bool is_red(const struct tree *t, u32 at)
{
	return at && graph_link(&node_at(t, at)->red);
}

static void paint(const struct tree *t, u32 at, u32 red)
{
	if (at)
		graph_set(&node_at(t, at)->red, red);
}

static bool step(struct tree *t)
{
	return t->steps && t->steps--;
}

/* Where the link to a node stands. */
static _Atomic u32 *link_to(const struct tree *t, u32 at)
{
	u32 parent = graph_link(&node_at(t, at)->parent);

	if (!parent)
		return &t->root->top;
	return graph_link(&node_at(t, parent)->left) == at ? &node_at(t, parent)->left
							   : &node_at(t, parent)->right;
}

/* The node goes down to the side, and its child of the other side comes up. */
static void rotate(const struct tree *t, u32 at, enum tree_side side)
{
	struct tree_node *node = node_at(t, at), *up;
	u32 rises = graph_link(child(node, opposite(side))), moves;

	if (!rises)
		return;
	up = node_at(t, rises);
	moves = graph_link(child(up, side));
	graph_set(link_to(t, at), rises);
	graph_set(&up->parent, graph_link(&node->parent));
	graph_set(child(up, side), at);
	graph_set(&node->parent, rises);
	graph_set(child(node, opposite(side)), moves);
	if (moves)
		graph_set(&node_at(t, moves)->parent, at);
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void balance_added(struct tree *t, u32 at)
{
	u32 parent;

	while ((parent = graph_link(&node_at(t, at)->parent)) && is_red(t, parent) && step(t)) {
		u32 grand = graph_link(&node_at(t, parent)->parent), uncle;
		enum tree_side side;

		if (!grand)
			break;
		side = graph_link(&node_at(t, grand)->left) == parent ? TREE_LEFT : TREE_RIGHT;
		uncle = graph_link(child(node_at(t, grand), opposite(side)));
		if (is_red(t, uncle)) {
			paint(t, parent, false);
			paint(t, uncle, false);
			paint(t, grand, true);
			at = grand;
			continue;
		}
		if (graph_link(child(node_at(t, parent), side)) != at) {
			rotate(t, parent, side);
			parent = at;
		}
		paint(t, parent, false);
		paint(t, grand, true);
		rotate(t, grand, opposite(side));
		break;
	}
	paint(t, graph_link(&t->root->top), false);
}

int skep__tree_add(struct objects *o, struct tree_root *root, struct tree_node *node,
		   int (*less)(void *opaque, struct tree_node *node, struct tree_node *other),
		   void *opaque)
{
	struct tree t = { o, root, MAX_STEPS };
	u32 self = handle(&t, node), parent = 0, at;
	_Atomic u32 *link = &root->top;

	if (!graph_claim(&node->root, graph_root(o, &root->id)))
		return -EINVAL;
	while ((at = graph_link(link)) && step(&t)) {
		int before = less(opaque, node, node_at(&t, at));

		if (before < 0) {
			atomic_store(&node->root, 0);
			return before;
		}
		parent = at;
		link = child(node_at(&t, at), before ? TREE_LEFT : TREE_RIGHT);
	}
	graph_set(&node->left, 0);
	graph_set(&node->right, 0);
	graph_set(&node->parent, parent);
	graph_set(&node->red, true);
	graph_set(link, self);
	balance_added(&t, self);
	return 0;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* Below `parent`, on the side where `at` stands (0: nothing), one black is missing. */
static void balance_removed(struct tree *t, u32 at, u32 parent)
{
	while (parent && !is_red(t, at) && step(t)) {
		enum tree_side side =
			graph_link(&node_at(t, parent)->left) == at ? TREE_LEFT : TREE_RIGHT;
		enum tree_side far = opposite(side);
		u32 sibling = graph_link(child(node_at(t, parent), far));

		if (is_red(t, sibling)) {
			paint(t, sibling, false);
			paint(t, parent, true);
			rotate(t, parent, side);
			sibling = graph_link(child(node_at(t, parent), far));
		}
		if (!sibling)
			break;
		if (!is_red(t, graph_link(child(node_at(t, sibling), far)))) {
			u32 near = graph_link(child(node_at(t, sibling), side));

			if (!is_red(t, near)) {
				paint(t, sibling, true);
				at = parent;
				parent = graph_link(&node_at(t, at)->parent);
				continue;
			}
			paint(t, near, false);
			paint(t, sibling, true);
			rotate(t, sibling, far);
			sibling = graph_link(child(node_at(t, parent), far));
		}
		paint(t, sibling, graph_link(&node_at(t, parent)->red));
		paint(t, parent, false);
		paint(t, graph_link(child(node_at(t, sibling), far)), false);
		rotate(t, parent, side);
		at = graph_link(&t->root->top);
		break;
	}
	paint(t, at, false);
}

/* In the place of a node stands another one, or nothing. */
static void replace(const struct tree *t, u32 at, u32 by)
{
	graph_set(link_to(t, at), by);
	if (by)
		graph_set(&node_at(t, by)->parent, graph_link(&node_at(t, at)->parent));
}

static u32 leftmost(struct tree *t, u32 at)
{
	u32 left;

	while (at && (left = graph_link(&node_at(t, at)->left)) && step(t))
		at = left;
	return at;
}

/* The next in order takes the place and colour of a node with two children. */
static void unlink_inner(struct tree *t, struct tree_node *node, u32 self)
{
	u32 right = graph_link(&node->right), left = graph_link(&node->left);
	u32 next = leftmost(t, right), moves = graph_link(&node_at(t, next)->right);
	u32 parent = next == right ? next : graph_link(&node_at(t, next)->parent);
	bool was_red = is_red(t, next);

	if (next != right) {
		replace(t, next, moves);
		graph_set(&node_at(t, next)->right, right);
		graph_set(&node_at(t, right)->parent, next);
	}
	replace(t, self, next);
	graph_set(&node_at(t, next)->left, left);
	graph_set(&node_at(t, left)->parent, next);
	paint(t, next, graph_link(&node->red));
	if (!was_red)
		balance_removed(t, moves, parent);
}

static void unlink_node(struct tree *t, struct tree_node *node)
{
	u32 self = handle(t, node), left = graph_link(&node->left),
	    right = graph_link(&node->right);
	u32 moves = left ? left : right, parent = graph_link(&node->parent);

	if (left && right) {
		unlink_inner(t, node, self);
		return;
	}
	replace(t, self, moves);
	if (!graph_link(&node->red))
		balance_removed(t, moves, parent);
}

static bool is_in(struct tree_root *root, struct tree_node *node)
{
	u64 id = atomic_load(&root->id);

	return id && atomic_load(&node->root) == id;
}

static struct tree_node *release(struct tree_node *node)
{
	graph_set(&node->left, 0);
	graph_set(&node->right, 0);
	graph_set(&node->parent, 0);
	atomic_store_explicit(&node->root, 0, memory_order_release);
	return node;
}

struct tree_node *skep__tree_remove(struct objects *o, struct tree_root *root,
				    struct tree_node *node)
{
	struct tree t = { o, root, MAX_STEPS };

	if (!is_in(root, node))
		return NULL;
	unlink_node(&t, node);
	return release(node);
}

/* ---- looking, and emptying ------------------------------------------------------------------- */

static struct tree_node *own(struct tree *t, u32 at)
{
	struct tree_node *node = node_at(t, at);

	return at && is_in(t->root, node) ? node : NULL;
}

struct tree_node *skep__tree_first(struct objects *o, struct tree_root *root)
{
	struct tree t = { o, root, MAX_STEPS };

	return own(&t, leftmost(&t, graph_link(&root->top)));
}

struct tree_node *skep__tree_top(struct objects *o, struct tree_root *root)
{
	struct tree t = { o, root, MAX_STEPS };

	return own(&t, graph_link(&root->top));
}

struct tree_node *skep__tree_child(struct objects *o, struct tree_root *root,
				   struct tree_node *node, enum tree_side side)
{
	struct tree t = { o, root, MAX_STEPS };

	return is_in(root, node) ? own(&t, graph_link(child(node, side))) : NULL;
}

/* Leaf by leaf: nothing has to be kept in balance. */
void skep__tree_empty(struct objects *o, struct tree_root *root, struct doomed *doomed)
{
	struct tree t = { o, root, 0 };
	u32 at = graph_link(&root->top);

	for (u32 hops = 0; at && hops < GRAPH_MAX_WALK; hops++) {
		struct tree_node *node = node_at(&t, at);
		u32 left = graph_link(&node->left), right = graph_link(&node->right), parent;

		if (left || right) {
			at = left ? left : right;
			continue;
		}
		if (!is_in(root, node))
			break;
		parent = graph_link(&node->parent);
		if (parent)
			graph_set(link_to(&t, at), 0);
		skep__doom(o, doomed, release(node));
		at = parent;
	}
	graph_set(&root->top, 0);
	atomic_store(&root->id, 0);
}
