// SPDX-License-Identifier: BSD-2-Clause
/* Where objects that programs allocate may be: in fields of maps and of each other, on CPUs, in
 * trees that are walked. */

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
#define PERCPU_KPTR __attribute__((btf_type_tag("percpu_kptr")))
#define PRIVATE(name) SEC(".data." #name) __hidden __attribute__((aligned(8)))
#define OBJECT(node, type, member) ((type *)((void *)(node) - __builtin_offsetof(type, member)))
#define bpf_core_type_id_local(type) __builtin_btf_type_id(*(type *)0, 0)
#define NEW(type) ((type *)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define NEW_PERCPU(type)                                                                           \
	((type PERCPU_KPTR *)bpf_percpu_obj_new_impl(bpf_core_type_id_local(type), 0))
#define DROP(object) bpf_obj_drop_impl(object, 0)

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
extern void *bpf_percpu_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void *object, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *object, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				    void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node,
				   void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node, less_fn *less,
			       void *meta, __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root,
					     struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root,
					   struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root,
					    struct bpf_rb_node *node) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

struct plain {
	long a, b;
};

struct item {
	struct bpf_list_node node;
	long number;
};

/* Shared by a tree, a list, and a field of a map. */
struct entry {
	long key;
	struct bpf_rb_node in_tree;
	struct bpf_list_node in_list;
	struct bpf_refcount count;
};

/* An object that holds others. */
struct holder {
	struct plain KPTR *kept;
	long number;
	struct bpf_spin_lock lock;
	struct bpf_list_head items HOLDS(item, node);
};

struct copies {
	__u64 sum;
	__u32 cpu;
};

struct value {
	struct plain KPTR *kept;
	struct holder KPTR *holder;
	struct entry KPTR *entry;
	long number;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct value);
} values SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct value);
} hashed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} of_cpus SEC(".maps");

struct counters {
	struct copies PERCPU_KPTR *copies;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct counters);
} counters SEC(".maps");

struct queue {
	struct bpf_spin_lock lock;
	struct bpf_list_head items HOLDS(item, node);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct queue);
} queues SEC(".maps");

PRIVATE(A) struct bpf_spin_lock lock;
PRIVATE(A) struct bpf_rb_root tree HOLDS(entry, in_tree);
PRIVATE(A) struct bpf_list_head list HOLDS(entry, in_list);

static struct value *value_at(__u32 key)
{
	return bpf_map_lookup_elem(&values, &key);
}

/* Puts a new object into the field; what was there before is dropped. */
static long keep(struct value *v, long a)
{
	struct plain *p = NEW(struct plain);

	if (!p)
		return -1;
	p->a = a;
	p->b = -a;
	p = bpf_kptr_xchg(&v->kept, p);
	if (p)
		DROP(p);
	return 0;
}

/* ---- fields of maps ---- */

SEC("tc")
RETURNS(11)
int what_a_field_holds_is_read_in_place(void *ctx)
{
	struct value *v = value_at(0);
	struct plain *p;

	if (!v || keep(v, 11))
		return -1;
	p = v->kept;
	return p && p->a == -p->b ? p->a : -2;
}

SEC("tc")
RETURNS(0)
int an_empty_field_shows_nothing(void *ctx)
{
	struct value *v = value_at(1);

	return v ? v->kept != 0 : -1;
}

SEC("tc")
RETURNS(21)
int what_was_read_stays_when_it_is_dropped(void *ctx)
{
	struct value *v = value_at(0);
	struct plain *seen, *old;

	if (!v || keep(v, 21))
		return -1;
	seen = v->kept;
	old = bpf_kptr_xchg(&v->kept, 0);
	if (old)
		DROP(old);
	return seen ? seen->a : -2;
}

SEC("tc")
RETURNS(1)
int updating_an_element_drops_what_it_held(void *ctx)
{
	struct value *v = value_at(0), zero = { .number = 5 };
	__u32 key = 0;

	if (!v || keep(v, 31))
		return -1;
	bpf_map_update_elem(&values, &key, &zero, BPF_ANY);
	return v->number == 5 && !v->kept;
}

SEC("tc")
RETURNS(3)
int an_element_begins_empty_wherever_another_one_was(void *ctx)
{
	struct value zero = { 0 }, *v;
	int empty = 0;

	for (__u32 i = 0; i < 3; i++) {
		__u32 key = 7;

		if (bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY))
			return -1;
		v = bpf_map_lookup_elem(&hashed, &key);
		if (!v)
			return -2;
		empty += !v->kept;
		if (keep(v, i))
			return -3;
		if (i == 1)
			bpf_map_delete_elem(&hashed, &key);
	}
	return empty;
}

/* Returns 1 to go on no further. */
static int keep_in_recent(__u32 key, void *opaque)
{
	struct value zero = { 0 }, *v;

	bpf_map_update_elem(&recent, &key, &zero, BPF_ANY);
	v = bpf_map_lookup_elem(&recent, &key);
	if (!v)
		return 1;
	*(long *)opaque += !v->kept;
	return keep(v, key) != 0;
}

SEC("tc")
RETURNS(5)
int an_evicted_element_drops_what_it_held(void *ctx)
{
	long empty = 0;

	bpf_loop(5, keep_in_recent, &empty, 0);
	return empty;
}

SEC("tc")
RETURNS(41)
int each_cpu_has_a_field_of_its_own(void *ctx)
{
	__u32 key = 0;
	struct value *v = bpf_map_lookup_elem(&of_cpus, &key);
	struct plain *p;

	if (!v || keep(v, 41))
		return -1;
	p = v->kept;
	return p ? p->a : -2;
}

SEC("tc")
RETURNS(6)
int a_deleted_list_is_gone(void *ctx)
{
	struct queue zero = { 0 }, *q;
	struct bpf_list_node *node;
	__u32 key = 3;
	int left = 0;

	for (int round = 0; round < 2; round++) {
		bpf_map_update_elem(&queues, &key, &zero, BPF_ANY);
		q = bpf_map_lookup_elem(&queues, &key);
		if (!q)
			return -1;
		for (int i = 0; i < 3; i++) {
			struct item *item = NEW(struct item);

			if (!item)
				return -2;
			bpf_spin_lock(&q->lock);
			node = bpf_list_front(&q->items);
			left += i ? node != 0 : node == 0;
			bpf_list_push_back_impl(&q->items, &item->node, 0, 0);
			bpf_spin_unlock(&q->lock);
		}
		bpf_map_delete_elem(&queues, &key);
	}
	return left;
}

/* ---- objects in objects ---- */

SEC("tc")
RETURNS(72)
int an_object_holds_another_one(void *ctx)
{
	struct holder *h = NEW(struct holder);
	struct plain *p = NEW(struct plain), *old;
	long a = 0;

	if (!h || !p) {
		if (h)
			DROP(h);
		if (p)
			DROP(p);
		return -1;
	}
	p->a = 71;
	h->number = 1;
	old = bpf_kptr_xchg(&h->kept, p);
	if (old)
		DROP(old);
	p = bpf_kptr_xchg(&h->kept, 0);
	if (p) {
		a = p->a + h->number;
		p = bpf_kptr_xchg(&h->kept, p);
		if (p)
			DROP(p);
	}
	DROP(h);
	return a;
}

static int put_item(struct holder *h, long number)
{
	struct item *item = NEW(struct item);

	if (!item)
		return -1;
	item->number = number;
	bpf_spin_lock(&h->lock);
	bpf_list_push_back_impl(&h->items, &item->node, 0, 0);
	bpf_spin_unlock(&h->lock);
	return 0;
}

SEC("tc")
RETURNS(81)
int a_list_is_part_of_an_object_in_a_map(void *ctx)
{
	struct value *v = value_at(0);
	struct holder *h = NEW(struct holder);
	struct bpf_list_node *node = 0;
	long number;

	if (!h)
		return -1;
	if (!v || put_item(h, 81) || put_item(h, 82)) {
		DROP(h);
		return -2;
	}
	h = bpf_kptr_xchg(&v->holder, h);
	if (h)
		DROP(h);
	h = bpf_kptr_xchg(&v->holder, 0);
	if (!h)
		return -3;
	bpf_spin_lock(&h->lock);
	node = bpf_list_pop_front(&h->items);
	bpf_spin_unlock(&h->lock);
	DROP(h); /* with the second item in it */
	if (!node)
		return -4;
	number = OBJECT(node, struct item, node)->number;
	DROP(OBJECT(node, struct item, node));
	return number;
}

/* Far more than there is memory for, if it were not given back. */
static int fill_and_drop(__u32 i, void *opaque)
{
	struct holder *h = NEW(struct holder);

	if (!h)
		return 1;
	if (put_item(h, i)) {
		DROP(h);
		return 1;
	}
	++*(long *)opaque;
	DROP(h);
	return 0;
}

SEC("tc")
RETURNS(20000)
int memory_comes_back(void *ctx)
{
	long dropped = 0;

	bpf_loop(20000, fill_and_drop, &dropped, 0);
	return dropped;
}

/* ---- several owners ---- */

SEC("tc")
RETURNS(91)
int an_object_is_in_a_map_a_list_and_a_tree(void *ctx)
{
	struct value *v = value_at(0);
	struct entry *e = NEW(struct entry), *old;
	struct bpf_list_node *node;
	long key;

	if (!e)
		return -1;
	e->key = 91;
	if (!v) {
		DROP(e);
		return -2;
	}
	old = bpf_refcount_acquire_impl(e, 0);
	old = bpf_kptr_xchg(&v->entry, old);
	if (old)
		DROP(old);
	bpf_spin_lock(&lock);
	bpf_list_push_front_impl(&list, &e->in_list, 0, __builtin_offsetof(struct entry, in_list));
	bpf_spin_unlock(&lock);
	old = bpf_kptr_xchg(&v->entry, 0);
	if (!old)
		return -3;
	DROP(old);
	bpf_spin_lock(&lock);
	node = bpf_list_pop_front(&list);
	bpf_spin_unlock(&lock);
	if (!node)
		return -4;
	e = OBJECT(node, struct entry, in_list);
	key = e->key;
	DROP(e);
	return key;
}

SEC("tc")
RETURNS(101)
int who_sees_an_object_may_become_an_owner(void *ctx)
{
	struct value *v = value_at(0);
	struct entry *e = NEW(struct entry), *seen;
	long key = -2;

	if (!e)
		return -1;
	e->key = 101;
	if (!v) {
		DROP(e);
		return -1;
	}
	e = bpf_kptr_xchg(&v->entry, e);
	if (e)
		DROP(e);
	seen = v->entry;
	if (!seen)
		return -3;
	e = bpf_refcount_acquire_impl(seen, 0);
	if (!e)
		return -4;
	key = e->key;
	DROP(e);
	return key;
}

/* ---- trees ---- */

static bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return OBJECT(a, struct entry, in_tree)->key < OBJECT(b, struct entry, in_tree)->key;
}

static int add(long key)
{
	struct entry *e = NEW(struct entry);

	if (!e)
		return -1;
	e->key = key;
	bpf_spin_lock(&lock);
	bpf_rbtree_add_impl(&tree, &e->in_tree, less, 0, __builtin_offsetof(struct entry, in_tree));
	bpf_spin_unlock(&lock);
	return 0;
}

/* The first one's key, which is taken out; -1: there is none. */
static long take_first(void)
{
	struct bpf_rb_node *node;
	long key;

	bpf_spin_lock(&lock);
	node = bpf_rbtree_first(&tree);
	if (!node) {
		bpf_spin_unlock(&lock);
		return -1;
	}
	node = bpf_rbtree_remove(&tree, node);
	bpf_spin_unlock(&lock);
	if (!node)
		return -1;
	key = OBJECT(node, struct entry, in_tree)->key;
	DROP(OBJECT(node, struct entry, in_tree));
	return key;
}

/* Numbers that the verifier does not follow. */
static __u32 seed = 1;
static long last, taken, disorder;

static int add_one(__u32 i, void *opaque)
{
	seed = seed * 1103515245 + 12345;
	return add(seed >> 16 & 0xfff) != 0;
}

static int take_one(__u32 i, void *opaque)
{
	long key = take_first();

	if (key < 0)
		return 1;
	disorder += key < last;
	last = key;
	taken++;
	return 0;
}

SEC("tc")
RETURNS(500)
int a_large_tree_is_in_order(void *ctx)
{
	bpf_loop(500, add_one, 0, 0);
	bpf_loop(1000, take_one, 0, 0);
	return disorder ? -disorder : taken;
}

/* Down from the top: the keys met on the way to `wanted`, as decimal digits. Trees have one shape
 * only. */
static long way_to(long wanted)
{
	struct bpf_rb_node *node;
	long way = 0;

	bpf_spin_lock(&lock);
	node = bpf_rbtree_root(&tree);
	for (int i = 0; i < 5 && node; i++) {
		long key = OBJECT(node, struct entry, in_tree)->key;

		way = way * 10 + key;
		if (key == wanted)
			break;
		node = key > wanted ? bpf_rbtree_left(&tree, node) : bpf_rbtree_right(&tree, node);
	}
	bpf_spin_unlock(&lock);
	return way;
}

SEC("tc")
RETURNS(46897)
int a_tree_is_walked_from_its_top(void *ctx)
{
	long way;

	for (long key = 1; key <= 9; key++) {
		if (add(key))
			return -1;
	}
	way = way_to(9) * 10 + 7;
	bpf_loop(100, take_one, 0, 0);
	return taken == 9 ? way : -2;
}

SEC("tc")
RETURNS(3)
int the_ends_of_a_list_are_seen(void *ctx)
{
	struct bpf_list_node *front, *back;
	int seen = 0;

	for (long i = 0; i < 2; i++) {
		struct entry *e = NEW(struct entry);

		if (!e)
			return -1;
		e->key = i + 1;
		bpf_spin_lock(&lock);
		bpf_list_push_back_impl(&list, &e->in_list, 0,
					__builtin_offsetof(struct entry, in_list));
		front = bpf_list_front(&list);
		back = bpf_list_back(&list);
		seen = front && back ? OBJECT(front, struct entry, in_list)->key +
					       OBJECT(back, struct entry, in_list)->key
				     : -2;
		bpf_spin_unlock(&lock);
	}
	return seen;
}

/* ---- copies for CPUs ---- */

SEC("tc")
RETURNS(1)
int a_per_cpu_object_is_counted_on_this_cpu(void *ctx)
{
	__u32 key = 0;
	struct counters *v = bpf_map_lookup_elem(&counters, &key);
	struct copies PERCPU_KPTR *all = NEW_PERCPU(struct copies);
	struct copies *mine, *first;
	long sum = -3;

	if (!all)
		return -1;
	if (!v) {
		bpf_percpu_obj_drop_impl(all, 0);
		return -1;
	}
	all = bpf_kptr_xchg(&v->copies, all);
	if (all)
		bpf_percpu_obj_drop_impl(all, 0);
	all = v->copies;
	if (!all)
		return -2;
	mine = bpf_this_cpu_ptr(all);
	mine->sum = 5;
	mine->cpu = bpf_get_smp_processor_id();
	first = bpf_per_cpu_ptr(all, mine->cpu);
	if (first)
		sum = first->sum;
	return sum == 5 && !bpf_per_cpu_ptr(all, 100000);
}

/* In a field, so that it is of all CPUs. */
static struct copies PERCPU_KPTR *some_copies(void)
{
	__u32 key = 0;
	struct counters *v = bpf_map_lookup_elem(&counters, &key);
	struct copies PERCPU_KPTR *all = NEW_PERCPU(struct copies);

	if (!all)
		return 0;
	if (!v) {
		bpf_percpu_obj_drop_impl(all, 0);
		return 0;
	}
	all = bpf_kptr_xchg(&v->copies, all);
	if (all)
		bpf_percpu_obj_drop_impl(all, 0);
	return v->copies;
}

SEC("tc")
RETURNS(7)
int the_copy_of_a_cpu_that_is_there_is_not_null(void *ctx)
{
	struct copies PERCPU_KPTR *all = some_copies();
	struct copies *first;

	if (!all)
		return -1;
	first = bpf_per_cpu_ptr(all, 0);
	first->sum = 7;
	return first->sum;
}

SEC("tc")
KERNEL_ERRS
REFUSED("R@ invalid mem access 'rcu_ptr_or_null_'")
int the_copy_of_a_cpu_that_is_not_there_is_null(void *ctx)
{
	struct copies PERCPU_KPTR *all = some_copies();
	struct copies *none;

	if (!all)
		return -1;
	none = bpf_per_cpu_ptr(all, 100000);
	return none->sum;
}

char _license[] SEC("license") = "GPL";
