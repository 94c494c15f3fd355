// SPDX-License-Identifier: BSD-2-Clause
/* Objects that programs allocate, and the lists and trees that own them. */

/* Older headers lack these structs, and newer ones have them: they are made here for all. */
#define bpf_list_head headers_list_head
#define bpf_list_node headers_list_node
#define bpf_rb_root headers_rb_root
#define bpf_rb_node headers_rb_node
#define bpf_refcount headers_refcount
#include <linux/bpf.h>
#undef bpf_list_head
#undef bpf_list_node
#undef bpf_rb_root
#undef bpf_rb_node
#undef bpf_refcount
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "told.h"

#define HOLDS(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))
#define KPTR __attribute__((btf_type_tag("kptr")))
#define PRIVATE(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define OBJECT(node, type, member) ((type *)((void *)(node) - __builtin_offsetof(type, member)))
#define NEW(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(type *)0, 0)
#define PUSH_FRONT(head, node) bpf_list_push_front_impl(head, node, 0, 0)
#define PUSH_BACK(head, node) bpf_list_push_back_impl(head, node, 0, 0)
#define ADD(root, node, less) bpf_rbtree_add_impl(root, node, less, 0, 0)
#define SHARE(object) bpf_refcount_acquire_impl(object, 0)

struct bpf_list_head {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_list_node {
	__u64 opaque[3];
} __attribute__((aligned(8)));

struct bpf_rb_root {
	__u64 opaque[2];
} __attribute__((aligned(8)));

struct bpf_rb_node {
	__u64 opaque[4];
} __attribute__((aligned(8)));

struct bpf_refcount {
	__u32 opaque[1];
} __attribute__((aligned(4)));

typedef bool(less_fn)(struct bpf_rb_node *a, const struct bpf_rb_node *b);

extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				    void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				   void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, less_fn *less,
			       void *meta, __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root,
					     struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;

struct plain {
	long a, b;
};

struct item {
	long number;
	struct bpf_list_node node;
};

struct leaf {
	long key;
	struct bpf_rb_node node;
};

/* In a list and in a tree at once, and owned by both. */
struct shared {
	long key;
	struct bpf_refcount count;
	struct bpf_list_node in_list;
	struct bpf_rb_node in_tree;
};

PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_list_head items HOLDS(item, node);
PRIVATE(A) struct bpf_list_head shared_items HOLDS(shared, in_list);
PRIVATE(A) struct bpf_rb_root leaves HOLDS(leaf, node);
PRIVATE(A) struct bpf_rb_root shared_leaves HOLDS(shared, in_tree);
PRIVATE(B) struct bpf_spin_lock other_lock;
PRIVATE(B) struct bpf_list_head other_items HOLDS(item, node);

struct stash {
	struct plain KPTR *kept;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct stash);
} stashes SEC(".maps");

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return OBJECT(a, struct leaf, node)->key < OBJECT(b, struct leaf, node)->key;
}

static bool shared_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return OBJECT(a, struct shared, in_tree)->key < OBJECT(b, struct shared, in_tree)->key;
}

/* ---- objects ---- */

SEC("tc")
RETURNS(7)
int an_object_is_memory_of_the_program(void *ctx)
{
	struct plain *p = NEW(struct plain);
	long sum;

	if (!p)
		return -1;
	p->a = 3;
	p->b = p->a + 1;
	sum = p->a + p->b;
	bpf_obj_drop_impl(p, 0);
	return sum;
}

SEC("tc")
ACCEPTED
int an_object_begins_as_zeroes(void *ctx)
{
	struct item *item = NEW(struct item);
	long number;

	if (!item)
		return -1;
	number = item->number;
	bpf_obj_drop_impl(item, 0);
	return number;
}

SEC("tc")
RETURNS(5)
int an_object_is_kept_in_a_map(void *ctx)
{
	__u32 key = 0;
	struct stash *s = bpf_map_lookup_elem(&stashes, &key);
	struct plain *p = NEW(struct plain);
	long a;

	if (!p)
		return -1;
	if (!s) {
		bpf_obj_drop_impl(p, 0);
		return -2;
	}
	p->a = 5;
	p = bpf_kptr_xchg(&s->kept, p);
	if (p)
		bpf_obj_drop_impl(p, 0);
	p = bpf_kptr_xchg(&s->kept, 0);
	if (!p)
		return -3;
	a = p->a;
	bpf_obj_drop_impl(p, 0);
	return a;
}

SEC("tc")
REFUSED("BPF_EXIT instruction in main prog would lead to reference leak")
int an_object_is_given_back(void *ctx)
{
	return NEW(struct plain) != 0;
}

SEC("tc")
REFUSED("R@ invalid mem access 'scalar'")
int an_object_is_not_used_after_it_was_given_back(void *ctx)
{
	struct plain *p = NEW(struct plain);

	if (!p)
		return -1;
	bpf_obj_drop_impl(p, 0);
	return p->a;
}

SEC("tc")
REFUSED("direct access to bpf_list_node is disallowed")
int nodes_are_not_for_programs(void *ctx)
{
	struct item *item = NEW(struct item);
	long word;

	if (!item)
		return -1;
	word = *(volatile long *)&item->node;
	bpf_obj_drop_impl(item, 0);
	return word;
}

/* ---- lists ---- */

SEC("tc")
RETURNS(231)
int a_list_has_two_ends(void *ctx)
{
	struct bpf_list_node *node;
	long order = 0;

	for (int i = 1; i <= 3; i++) {
		struct item *item = NEW(struct item);

		if (!item)
			return -1;
		item->number = i;
		bpf_spin_lock(&lock);
		if (i == 2)
			PUSH_FRONT(&items, &item->node);
		else
			PUSH_BACK(&items, &item->node);
		bpf_spin_unlock(&lock);
	}
	for (int i = 0; i < 3; i++) {
		bpf_spin_lock(&lock);
		node = i == 1 ? bpf_list_pop_back(&items) : bpf_list_pop_front(&items);
		bpf_spin_unlock(&lock);
		if (!node)
			return -2;
		order = order * 10 + OBJECT(node, struct item, node)->number;
		bpf_obj_drop_impl(OBJECT(node, struct item, node), 0);
	}
	bpf_spin_lock(&lock);
	node = bpf_list_pop_front(&items);
	bpf_spin_unlock(&lock);
	if (node) {
		bpf_obj_drop_impl(OBJECT(node, struct item, node), 0);
		return -3;
	}
	return order;
}

SEC("tc")
REFUSED("bpf_spin_lock at off=0 must be held for bpf_list_head")
int a_list_is_used_under_its_lock(void *ctx)
{
	struct bpf_list_node *node = bpf_list_pop_front(&items);

	if (node)
		bpf_obj_drop_impl(OBJECT(node, struct item, node), 0);
	return 0;
}

SEC("tc")
REFUSED("bpf_spin_lock at off=0 must be held for bpf_list_head")
int the_lock_of_another_list_does_not_do(void *ctx)
{
	struct bpf_list_node *node;

	bpf_spin_lock(&other_lock);
	node = bpf_list_pop_front(&items);
	bpf_spin_unlock(&other_lock);
	if (node)
		bpf_obj_drop_impl(OBJECT(node, struct item, node), 0);
	return 0;
}

SEC("tc")
REFUSED("R@ invalid mem access 'scalar'")
int what_was_put_in_is_gone_with_the_lock(void *ctx)
{
	struct item *item = NEW(struct item);

	if (!item)
		return -1;
	bpf_spin_lock(&lock);
	PUSH_BACK(&items, &item->node);
	bpf_spin_unlock(&lock);
	return item->number;
}

SEC("tc")
REFUSED("operation on bpf_list_head expects arg#1 bpf_list_node at offset=8 in struct item, but "
	"arg is at offset=16 in struct shared")
int a_list_holds_one_kind_of_object(void *ctx)
{
	struct shared *s = NEW(struct shared);

	if (!s)
		return -1;
	bpf_spin_lock(&lock);
	PUSH_BACK(&items, &s->in_list);
	bpf_spin_unlock(&lock);
	return 0;
}

/* ---- trees ---- */

static long take_first(void)
{
	struct bpf_rb_node *node;
	long key;

	bpf_spin_lock(&lock);
	node = bpf_rbtree_first(&leaves);
	if (!node) {
		bpf_spin_unlock(&lock);
		return 0;
	}
	node = bpf_rbtree_remove(&leaves, node);
	bpf_spin_unlock(&lock);
	if (!node)
		return 0;
	key = OBJECT(node, struct leaf, node)->key;
	bpf_obj_drop_impl(OBJECT(node, struct leaf, node), 0);
	return key;
}

SEC("tc")
RETURNS(12345)
int a_tree_is_in_order(void *ctx)
{
	static const int keys[] = { 4, 1, 5, 3, 2 };
	long order = 0;

	for (int i = 0; i < 5; i++) {
		struct leaf *leaf = NEW(struct leaf);

		if (!leaf)
			return -1;
		leaf->key = keys[i];
		bpf_spin_lock(&lock);
		ADD(&leaves, &leaf->node, less);
		bpf_spin_unlock(&lock);
	}
	for (int i = 0; i < 5; i++)
		order = order * 10 + take_first();
	return take_first() ? -2 : order;
}

SEC("tc")
RETURNS(9)
int an_object_has_several_owners(void *ctx)
{
	struct shared *s = NEW(struct shared), *second;
	struct bpf_list_node *node;
	struct bpf_rb_node *leaf;
	long key;

	if (!s)
		return -1;
	s->key = 9;
	second = SHARE(s);
	bpf_spin_lock(&lock);
	PUSH_FRONT(&shared_items, &s->in_list);
	ADD(&shared_leaves, &second->in_tree, shared_less);
	node = bpf_list_pop_front(&shared_items);
	bpf_spin_unlock(&lock);
	if (!node)
		return -2;
	bpf_obj_drop_impl(OBJECT(node, struct shared, in_list), 0);
	bpf_spin_lock(&lock);
	leaf = bpf_rbtree_first(&shared_leaves);
	if (!leaf) {
		bpf_spin_unlock(&lock);
		return -3;
	}
	leaf = bpf_rbtree_remove(&shared_leaves, leaf);
	bpf_spin_unlock(&lock);
	if (!leaf)
		return -4;
	key = OBJECT(leaf, struct shared, in_tree)->key;
	bpf_obj_drop_impl(OBJECT(leaf, struct shared, in_tree), 0);
	return key;
}

SEC("tc")
RETURNS(22)
int what_is_in_a_list_already_is_not_put_into_it_again(void *ctx)
{
	struct shared *s = NEW(struct shared), *second;
	struct bpf_list_node *node;
	int first, again;

	if (!s)
		return -1;
	second = SHARE(s);
	bpf_spin_lock(&lock);
	first = PUSH_FRONT(&shared_items, &s->in_list);
	again = PUSH_FRONT(&shared_items, &second->in_list);
	node = bpf_list_pop_front(&shared_items);
	bpf_spin_unlock(&lock);
	if (!node)
		return -2;
	bpf_obj_drop_impl(OBJECT(node, struct shared, in_list), 0);
	return first ? -3 : again == -22 ? 22 : again;
}

SEC("tc")
REFUSED("R@ invalid mem access 'scalar'")
int what_was_seen_in_a_tree_is_gone_with_the_lock(void *ctx)
{
	struct bpf_rb_node *node;

	bpf_spin_lock(&lock);
	node = bpf_rbtree_first(&leaves);
	bpf_spin_unlock(&lock);
	return node ? OBJECT(node, struct leaf, node)->key : 0;
}

static bool locking_less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	bpf_spin_unlock(&lock);
	bpf_spin_lock(&lock);
	return a < b;
}

SEC("tc")
REFUSED("can't spin_{lock,unlock} in rbtree cb")
int a_tree_stays_locked_while_it_compares(void *ctx)
{
	struct leaf *leaf = NEW(struct leaf);

	if (!leaf)
		return -1;
	bpf_spin_lock(&lock);
	ADD(&leaves, &leaf->node, locking_less);
	bpf_spin_unlock(&lock);
	return 0;
}

char _license[] SEC("license") = "GPL";
