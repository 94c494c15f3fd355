/* SPDX-License-Identifier: BSD-2-Clause */
#include "cmocka_all.h"

#include "base/alloc.h"
#include "world/idtable.h"

static void ids_start_at_one_and_are_not_reused_at_once(void **state)
{
	struct idtable *t = skep__zalloc(sizeof(*t));
	int a, b;

	assert_int_equal(skep__idtable_add(t, &a), 1);
	assert_int_equal(skep__idtable_add(t, &b), 2);
	skep__idtable_remove(t, 1);
	assert_null(skep__idtable_find(t, 1));
	assert_int_equal(skep__idtable_add(t, &a), 3);
	assert_ptr_equal(skep__idtable_find(t, 2), &b);
	assert_ptr_equal(skep__idtable_find(t, 3), &a);
	skep__idtable_fini(t);
	skep__free(t);
}

static void next_walks_every_id_in_order(void **state)
{
	struct idtable *t = skep__zalloc(sizeof(*t));
	int thing;
	u32 seen = 0;

	for (int i = 0; i < 3000; i++)
		skep__idtable_add(t, &thing);
	for (u32 id = 1; id <= 3000; id += 2)
		skep__idtable_remove(t, id);
	for (u32 id = 0; (id = skep__idtable_next(t, id)) != 0; seen++)
		assert_int_equal(id, 2 * (seen + 1));
	assert_int_equal(seen, 1500);
	assert_int_equal(skep__idtable_next(t, UINT32_MAX), 0);
	assert_null(skep__idtable_find(t, UINT32_MAX));
	skep__idtable_fini(t);
	skep__free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_start_at_one_and_are_not_reused_at_once),
		cmocka_unit_test(next_walks_every_id_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
