/* SPDX-License-Identifier: BSD-2-Clause */
/* Doubly linked lists of allocated objects. */
#include "map/graph.h"

static struct list_node *node_at(struct objects *o, u32 at)
{
	return object_at(o, at);
}

static _Atomic u32 *end_of(struct list_head *head, enum list_end end)
{
	return end == LIST_FRONT ? &head->first : &head->last;
}

/* Away from that end, and towards it. */
static _Atomic u32 *inward(struct list_node *node, enum list_end end)
{
	return end == LIST_FRONT ? &node->next : &node->prev;
}

static _Atomic u32 *outward(struct list_node *node, enum list_end end)
{
	return end == LIST_FRONT ? &node->prev : &node->next;
}

static enum list_end other(enum list_end end)
{
	return end == LIST_FRONT ? LIST_BACK : LIST_FRONT;
}

int skep__list_push(struct objects *o, struct list_head *head, struct list_node *node,
		    enum list_end end)
{
	u32 self = object_handle(o, node), before;

	if (!graph_claim(&node->root, graph_root(o, &head->id)))
		return -EINVAL;
	before = graph_link(end_of(head, end));
	graph_set(inward(node, end), before);
	graph_set(outward(node, end), 0);
	if (before)
		graph_set(outward(node_at(o, before), end), self);
	else
		graph_set(end_of(head, other(end)), self);
	graph_set(end_of(head, end), self);
	return 0;
}

struct list_node *skep__list_peek(struct objects *o, struct list_head *head, enum list_end end)
{
	struct list_node *node = node_at(o, graph_link(end_of(head, end)));

	return node && atomic_load(&node->root) == atomic_load(&head->id) ? node : NULL;
}

struct list_node *skep__list_pop(struct objects *o, struct list_head *head, enum list_end end)
{
	struct list_node *node = skep__list_peek(o, head, end);
	u32 next;

	if (!node)
		return NULL;
	next = graph_link(inward(node, end));
	graph_set(end_of(head, end), next);
	if (next)
		graph_set(outward(node_at(o, next), end), 0);
	else
		graph_set(end_of(head, other(end)), 0);
	graph_set(&node->next, 0);
	graph_set(&node->prev, 0);
	atomic_store_explicit(&node->root, 0, memory_order_release);
	return node;
}

void skep__list_empty(struct objects *o, struct list_head *head, struct doomed *doomed)
{
	for (u32 hops = 0; hops < GRAPH_MAX_WALK; hops++) {
		struct list_node *node = skep__list_pop(o, head, LIST_FRONT);

		if (!node)
			break;
		skep__doom(o, doomed, node);
	}
	graph_set(&head->first, 0);
	graph_set(&head->last, 0);
	atomic_store(&head->id, 0);
}
