/* SPDX-License-Identifier: BSD-2-Clause */
/* Values that hold something, and updates of them under their own lock (BPF_F_LOCK). */
#include "map_help.h"

#include "base/async.h"
#include "map/lock.h"

struct locked_value {
	struct map_lock lock;
	u32 count;
	struct async_field timer;
};

static void drop(void *opaque, struct async_field *field)
{
	field->number = 0;
	++*(int *)opaque;
}

static const struct async_ops async = { .drop = drop };

static struct map *new_map_with_timers(u32 type, struct services *svc, int *drops)
{
	struct map *map = new_map(type, 4, sizeof(struct locked_value), 4, 0);

	*svc = (struct services){ .opaque = drops, .async = &async };
	map->svc = svc;
	map->special = (struct map_special){
		.nr = 2,
		.has_lock = true,
		.lock = offsetof(struct locked_value, lock),
		.has_timers = true,
		.owns = true,
		.fields = { { offsetof(struct locked_value, lock), sizeof(struct map_lock),
			      SPECIAL_LOCK },
			    { offsetof(struct locked_value, timer), sizeof(struct async_field),
			      SPECIAL_TIMER } },
	};
	return map;
}

static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };

/* A map with one value, whose timer and count are 7. */
static struct locked_value *put_one(struct map *map, u32 key)
{
	struct locked_value value = { .count = 7 }, *there;

	assert_int_equal(map->ops->update(map, &key, &value, BPF_ANY, 0), 0);
	there = map->ops->lookup(map, &key, 0);
	there->timer.number = 7;
	return there;
}

static void an_update_under_the_lock_lets_the_timer_go(void **state)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct services svc;
		int drops = 0;
		struct map *map = new_map_with_timers(types[t], &svc, &drops);
		struct locked_value value = { .count = 8 }, *there;
		u32 key = 1;

		there = put_one(map, key);
		drops = 0;
		assert_int_equal(map->ops->update(map, &key, &value, BPF_F_LOCK, 0), 0);
		assert_ptr_equal(map->ops->lookup(map, &key, 0), there);
		assert_int_equal(there->count, 8);
		assert_int_equal(there->timer.number, 0);
		assert_int_equal(drops, 1);
		skep__map_free(map);
	}
}

static void an_update_that_does_not_get_the_lock_changes_nothing(void **state)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct services svc;
		int drops = 0;
		struct map *map = new_map_with_timers(types[t], &svc, &drops);
		struct locked_value value = { .count = 8 }, *there;
		u32 key = 1;

		there = put_one(map, key);
		drops = 0;
		assert_int_equal(skep__lock(&there->lock), 0);
		assert_int_equal(map->ops->update(map, &key, &value, BPF_F_LOCK, 0), -EBUSY);
		skep__unlock(&there->lock);
		assert_ptr_equal(map->ops->lookup(map, &key, 0), there);
		assert_int_equal(there->count, 7);
		assert_int_equal(there->timer.number, 7);
		assert_int_equal(drops, 0);
		assert_int_equal(map->ops->update(map, &key, &value, BPF_F_LOCK, 0), 0);
		assert_int_equal(there->count, 8);
		skep__map_free(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_update_under_the_lock_lets_the_timer_go),
		cmocka_unit_test(an_update_that_does_not_get_the_lock_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
