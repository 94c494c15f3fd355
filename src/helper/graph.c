/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists and trees of allocated objects, whose lock the program holds. */
#include "helper/arg.h"
#include "map/graph.h"

/* What is put in has its owner there; a node that is in a list or tree already keeps that one, and
 * the program's own goes. */
static u64 put_in(struct run *run, void *node, int err)
{
	if (err)
		skep__object_put(run_objects(run), node);
	return result_int(err);
}

static void share(struct run *run, void *node)
{
	struct object_head *head = skep__object_head(run_objects(run), node);

	if (head)
		object_share(head);
}

static u64 push(struct run *run, u64 head, u64 node, enum list_end end)
{
	share(run, arg_ptr(node));
	return put_in(run, arg_ptr(node),
		      skep__list_push(run_objects(run), arg_ptr(head), arg_ptr(node), end));
}

DEFINE_KFUNC(list_push_front)
{
	return push(run, r1, r2, LIST_FRONT);
}

DEFINE_KFUNC(list_push_back)
{
	return push(run, r1, r2, LIST_BACK);
}

DEFINE_KFUNC(list_pop_front)
{
	return result_ptr(skep__list_pop(run_objects(run), arg_ptr(r1), LIST_FRONT));
}

DEFINE_KFUNC(list_pop_back)
{
	return result_ptr(skep__list_pop(run_objects(run), arg_ptr(r1), LIST_BACK));
}

DEFINE_KFUNC(list_front)
{
	return result_ptr(skep__list_peek(run_objects(run), arg_ptr(r1), LIST_FRONT));
}

DEFINE_KFUNC(list_back)
{
	return result_ptr(skep__list_peek(run_objects(run), arg_ptr(r1), LIST_BACK));
}

/* The program's function that compares nodes. */
struct comparison {
	struct run *run;
	u64 fn;
};

static int is_less(void *opaque, struct tree_node *node, struct tree_node *other)
{
	const struct comparison *c = opaque;
	u64 less = c->run->callback(c->run, c->fn, result_ptr(node), result_ptr(other), 0, 0, 0);

	return c->run->aborted || c->run->thrown ? -EINVAL : (u32)less != 0;
}

DEFINE_KFUNC(rbtree_add)
{
	struct comparison c = { run, r3 };

	share(run, arg_ptr(r2));
	return put_in(run, arg_ptr(r2),
		      skep__tree_add(run_objects(run), arg_ptr(r1), arg_ptr(r2), is_less, &c));
}

DEFINE_KFUNC(rbtree_remove)
{
	return result_ptr(skep__tree_remove(run_objects(run), arg_ptr(r1), arg_ptr(r2)));
}

DEFINE_KFUNC(rbtree_first)
{
	return result_ptr(skep__tree_first(run_objects(run), arg_ptr(r1)));
}

DEFINE_KFUNC(rbtree_root)
{
	return result_ptr(skep__tree_top(run_objects(run), arg_ptr(r1)));
}

DEFINE_KFUNC(rbtree_left)
{
	return result_ptr(skep__tree_child(run_objects(run), arg_ptr(r1), arg_ptr(r2), TREE_LEFT));
}

DEFINE_KFUNC(rbtree_right)
{
	return result_ptr(skep__tree_child(run_objects(run), arg_ptr(r1), arg_ptr(r2), TREE_RIGHT));
}
