/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory of allocated objects, and the lists and trees of them. */
#include <pthread.h>
#include <string.h>

#include "cmocka_all.h"
#include "map/graph.h"

#define MANY 1000

static u64 next_random(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct cpu_slot slots[2];
static const struct cpus cpus = { slots, 2 };

static int setup(void **state)
{
	static struct objects objects;

	memset(slots, 0, sizeof(slots));
	*state = &objects;
	return skep__objects_init(&objects, &cpus);
}

static int teardown(void **state)
{
	skep__objects_fini(*state);
	return 0;
}

struct leaf {
	u64 key;
	struct tree_node node;
};

struct item {
	u64 number;
	struct list_node node;
};

/* An object that holds others. */
struct holder {
	_Atomic u64 kptr;
	struct list_head items;
	struct tree_root leaves;
};

static u32 holder_layout(struct objects *o)
{
	struct object_layout layout = {
		.nr = 3,
		.fields = { { offsetof(struct holder, kptr), SPECIAL_KPTR },
			    { offsetof(struct holder, items), SPECIAL_LIST },
			    { offsetof(struct holder, leaves), SPECIAL_TREE } },
	};

	return (u32)skep__objects_layout(o, &layout);
}

static struct leaf *leaf_of(struct tree_node *node)
{
	return node ? container_of(node, struct leaf, node) : NULL;
}

static int leaf_less(void *opaque, struct tree_node *node, struct tree_node *other)
{
	return leaf_of(node)->key < leaf_of(other)->key;
}

static struct leaf *add_leaf(struct objects *o, struct tree_root *root, u64 key)
{
	struct leaf *leaf = skep__object_new(o, sizeof(*leaf), 0);

	if (!leaf)
		return NULL; /* where lists of free ones are spoiled */
	leaf->key = key;
	assert_int_equal(skep__tree_add(o, root, &leaf->node, leaf_less, NULL), 0);
	return leaf;
}

static void add_item(struct objects *o, struct list_head *head, u64 number)
{
	struct item *item = skep__object_new(o, sizeof(*item), 0);

	if (!item)
		return;
	item->number = number;
	assert_int_equal(skep__list_push(o, head, &item->node, LIST_BACK), 0);
}

static bool is_free(struct objects *o, const void *object)
{
	return !atomic_load(&skep__object_head(o, object)->refs);
}

/* ---- memory ---------------------------------------------------------------------------------- */

static void objects_are_zeroes_and_do_not_overlap(void **state)
{
	struct objects *o = *state;
	u8 *all[MANY];

	for (u32 i = 0; i < MANY; i++) {
		u32 size = 1 + i * 4 % OBJECT_MAX;

		all[i] = skep__object_new(o, size, 0);
		assert_non_null(all[i]);
		for (u32 at = 0; at < size; at++)
			assert_int_equal(all[i][at], 0);
		memset(all[i], 0xff, size);
		assert_ptr_equal(skep__object_head(o, all[i] + size - 1),
				 skep__object_head(o, all[i]));
		assert_ptr_equal(object_at(o, object_handle(o, all[i])), all[i]);
	}
	assert_null(skep__object_new(o, OBJECT_MAX + 1, 0));
}

static void memory_of_an_object_that_nobody_else_saw_is_used_again_at_once(void **state)
{
	struct objects *o = *state;
	void *first = skep__object_new(o, 24, 0);

	skep__object_put(o, first);
	assert_true(is_free(o, first));
	assert_ptr_equal(skep__object_new(o, 24, 0), first);
}

/* Gives back an object that others may have seen, and tells whether the next MANY ones are
 * elsewhere. */
static bool is_kept_away(struct objects *o, void **freed)
{
	bool away = true;

	*freed = skep__object_new(o, 24, 0);
	object_share(skep__object_head(o, *freed));
	skep__object_put(o, *freed);
	for (u32 i = 0; i < MANY; i++)
		away &= skep__object_new(o, 24, 0) != *freed;
	return away;
}

static void memory_of_a_shared_object_waits_for_the_runs_that_may_have_seen_it(void **state)
{
	struct objects *o = *state;
	bool found = false;
	void *freed;
	int cpu = skep__cpu_enter(&cpus);

	assert_true(is_kept_away(o, &freed));
	skep__cpu_exit(&cpus, (u32)cpu);
	for (u32 i = 0; i < 2 && !found; i++)
		found = skep__object_new(o, 24, 0) == freed;
	assert_true(found);
}

static void a_per_cpu_object_has_a_copy_for_each_cpu(void **state)
{
	struct objects *o = *state;
	u8 *a = skep__percpu_object_new(o, 512), *b = skep__percpu_object_new(o, 512);

	memset(percpu_object(a, 0), 1, 512);
	memset(percpu_object(a, 1), 2, 512);
	memset(percpu_object(b, 1), 3, 512);
	assert_int_equal(((u8 *)percpu_object(a, 0))[511], 1);
	assert_int_equal(((u8 *)percpu_object(a, 1))[511], 2);
	skep__object_put(o, a);
	a = skep__percpu_object_new(o, 512);
	assert_int_equal(((u8 *)percpu_object(a, 1))[0], 0);
	assert_int_equal(((u8 *)percpu_object(b, 1))[0], 3);
}

static void memory_ends_and_comes_back(void **state)
{
	struct objects *o = *state;
	void *first = NULL, *object;
	u32 nr = 0;

	while ((object = skep__object_new(o, OBJECT_MAX, 0))) {
		*(void **)object = first;
		first = object;
		nr++;
	}
	assert_in_range(nr, OBJECTS_BYTES / 4500, OBJECTS_BYTES / 4096);
	for (void *next; first; first = next, nr--) {
		next = *(void **)first;
		skep__object_put(o, first);
	}
	assert_int_equal(nr, 0);
	assert_non_null(skep__object_new(o, OBJECT_MAX, 0));
}

static void the_last_owner_frees(void **state)
{
	struct objects *o = *state;
	void *object = skep__object_new(o, 64, 0);

	assert_true(skep__object_get(o, object));
	skep__object_put(o, object);
	assert_false(is_free(o, object));
	skep__object_put(o, object);
	assert_true(is_free(o, object));
	assert_false(skep__object_get(o, object));
	skep__object_put(o, object); /* nobody's: nothing happens */
}

static void layouts_are_numbered_by_what_they_say(void **state)
{
	struct objects *o = *state;
	struct object_layout none = { 0 }, one = { .nr = 1, .fields = { { 8, SPECIAL_KPTR } } };
	s64 number = skep__objects_layout(o, &one);

	assert_int_equal(skep__objects_layout(o, &none), 0);
	assert_true(number > 0);
	assert_int_equal(skep__objects_layout(o, &one), number);
	for (one.fields[0].offset = 16; number > 0; one.fields[0].offset += 8)
		number = skep__objects_layout(o, &one);
	assert_int_equal(number, -ENOSPC);
}

static void an_object_gives_back_what_it_holds(void **state)
{
	struct objects *o = *state;
	struct holder *outer = skep__object_new(o, sizeof(*outer), holder_layout(o));
	struct holder *inner = skep__object_new(o, sizeof(*inner), holder_layout(o));
	struct item *item = skep__object_new(o, sizeof(*item), 0);
	struct leaf *leaf = add_leaf(o, &inner->leaves, 1);
	void *kept = skep__object_new(o, 100, 0);

	skep__list_push(o, &inner->items, &item->node, LIST_FRONT);
	inner->kptr = object_handle(o, kept);
	outer->kptr = object_handle(o, inner);
	for (u64 key = 2; key < MANY; key++)
		add_leaf(o, &inner->leaves, key);
	skep__object_put(o, outer);
	assert_true(is_free(o, outer) && is_free(o, inner) && is_free(o, item));
	assert_true(is_free(o, leaf) && is_free(o, kept));
}

/* ---- lists and trees ------------------------------------------------------------------------- */

static void a_list_is_worked_on_from_both_ends(void **state)
{
	struct objects *o = *state;
	struct list_head head = { 0 };
	struct list_node *node;

	for (u64 i = 0; i < 5; i++)
		add_item(o, &head, i);
	assert_int_equal(
		container_of(skep__list_peek(o, &head, LIST_BACK), struct item, node)->number, 4);
	for (u64 i = 0; i < 5; i++) {
		enum list_end end = i % 2 ? LIST_BACK : LIST_FRONT;

		node = skep__list_pop(o, &head, end);
		assert_int_equal(container_of(node, struct item, node)->number,
				 end == LIST_FRONT ? i / 2 : 4 - i / 2);
	}
	assert_null(skep__list_pop(o, &head, LIST_BACK));
	assert_int_equal(skep__list_push(o, &head, node, LIST_FRONT), 0);
	assert_int_equal(skep__list_push(o, &head, node, LIST_FRONT), -EINVAL);
}

static void a_node_is_taken_out_of_its_own_tree_alone(void **state)
{
	struct objects *o = *state;
	struct tree_root root = { 0 }, other = { 0 };
	struct leaf *leaf = add_leaf(o, &root, 1);

	add_leaf(o, &other, 1);
	assert_null(skep__tree_remove(o, &other, &leaf->node));
	assert_null(skep__tree_child(o, &other, &leaf->node, TREE_LEFT));
	assert_ptr_equal(skep__tree_remove(o, &root, &leaf->node), &leaf->node);
	assert_null(skep__tree_remove(o, &root, &leaf->node));
}

/* Black nodes on the way down to every leaf; the keys in order. */
static u32 check_below(struct objects *o, u32 at, u32 parent, u64 from, u64 to)
{
	struct tree_node *node = object_at(o, at);
	u32 left, right;

	if (!at)
		return 1;
	assert_in_range(leaf_of(node)->key, from, to);
	assert_int_equal(node->parent, parent);
	if (parent && node->red)
		assert_false(((struct tree_node *)object_at(o, parent))->red);
	left = check_below(o, node->left, at, from, leaf_of(node)->key);
	right = check_below(o, node->right, at, leaf_of(node)->key, to);
	assert_int_equal(left, right);
	return left + !node->red;
}

static void a_tree_stays_in_order_and_in_balance(void **state)
{
	struct objects *o = *state;
	static struct leaf *in[MANY];
	struct tree_root root = { 0 };
	u64 seed = 1, least;

	for (u32 i = 0; i < 20 * MANY; i++) {
		u32 slot = (u32)(next_random(&seed) % MANY);

		if (in[slot]) {
			assert_ptr_equal(skep__tree_remove(o, &root, &in[slot]->node),
					 &in[slot]->node);
			skep__object_put(o, in[slot]);
			in[slot] = NULL;
		} else {
			in[slot] = add_leaf(o, &root, next_random(&seed) % MANY);
		}
		if (i % 16 == 0)
			check_below(o, root.top, 0, 0, MANY);
	}
	least = MANY;
	for (u32 i = 0; i < MANY; i++)
		least = in[i] ? min(least, in[i]->key) : least;
	assert_int_equal(leaf_of(skep__tree_first(o, &root))->key, least);
}

/* Whatever stands in links, heads and handles: nothing is touched outside of the memory, and
 * nothing hangs. */
static void spoiled_links_lead_nowhere_else(void **state)
{
	struct objects *o = *state;
	u32 layout = holder_layout(o);
	struct holder *holder = skep__object_new(o, sizeof(*holder), layout);
	u64 seed = 3;

	for (u32 round = 0; round < 200; round++) {
		struct doomed doomed = { 0 };
		u64 *words;

		for (u64 i = 0; i < 20; i++) {
			add_item(o, &holder->items, i);
			add_leaf(o, &holder->leaves, next_random(&seed));
		}
		/* Anywhere in the slabs that are in use, heads of objects included. */
		words = (u64 *)(o->mem + 65536);
		for (u32 i = 0; i < 2000; i++)
			words[next_random(&seed) % (4 * 65536 / 8)] =
				i % 2 ? next_random(&seed) : next_random(&seed) % (5 * 65536);
		for (u32 i = 0; i < 10; i++) {
			struct tree_node *node = skep__tree_first(o, &holder->leaves);

			if (node)
				skep__tree_remove(o, &holder->leaves, node);
			skep__list_pop(o, &holder->items, i % 2 ? LIST_FRONT : LIST_BACK);
			skep__object_put(
				o, object_at(o, words[next_random(&seed) % 1000] & OBJECTS_MASK));
		}
		skep__list_empty(o, &holder->items, &doomed);
		skep__tree_empty(o, &holder->leaves, &doomed);
		skep__doom_all(o, &doomed);
		holder = NULL;
		while (!holder)
			holder = skep__object_new(o, sizeof(*holder), layout);
	}
}

/* ---- many threads ---------------------------------------------------------------------------- */

static void *churn(void *opaque)
{
	struct objects *o = opaque;
	void *mine[64] = { 0 };
	u64 seed = skep__tid();

	for (u32 i = 0; i < 20000; i++) {
		u32 at = (u32)(next_random(&seed) % ARRAY_SIZE(mine));

		if (mine[at]) {
			assert_int_equal(*(u64 *)mine[at], (u64)(uintptr_t)&mine[at]);
			if (i % 3 == 0)
				object_share(skep__object_head(o, mine[at]));
			skep__object_put(o, mine[at]);
			mine[at] = NULL;
		} else {
			mine[at] = skep__object_new(o, 16 + next_random(&seed) % 100, 0);
			assert_non_null(mine[at]);
			*(u64 *)mine[at] = (u64)(uintptr_t)&mine[at];
		}
	}
	return NULL;
}

static void an_object_has_one_owner_whoever_allocates(void **state)
{
	pthread_t threads[4];

	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_create(&threads[i], NULL, churn, *state);
	for (u32 i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(objects_are_zeroes_and_do_not_overlap),
		TEST(memory_of_an_object_that_nobody_else_saw_is_used_again_at_once),
		TEST(memory_of_a_shared_object_waits_for_the_runs_that_may_have_seen_it),
		TEST(a_per_cpu_object_has_a_copy_for_each_cpu),
		TEST(memory_ends_and_comes_back),
		TEST(the_last_owner_frees),
		TEST(layouts_are_numbered_by_what_they_say),
		TEST(an_object_gives_back_what_it_holds),
		TEST(a_list_is_worked_on_from_both_ends),
		TEST(a_node_is_taken_out_of_its_own_tree_alone),
		TEST(a_tree_stays_in_order_and_in_balance),
		TEST(spoiled_links_lead_nowhere_else),
		TEST(an_object_has_one_owner_whoever_allocates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
