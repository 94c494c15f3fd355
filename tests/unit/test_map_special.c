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

/* A map with one value, whose timer and count are 7. */
struct stage {
	struct services svc;
	int drops; /* timers that were let go */
	struct map *map;
	struct locked_value *there;
};

static const u32 key = 1;

static void begin(struct stage *s, u32 type)
{
	const struct locked_value value = { .count = 7 };

	*s = (struct stage){ .map = new_map(type, 4, sizeof(value), 4, 0) };
	s->svc = (struct services){ .opaque = &s->drops, .async = &async };
	s->map->svc = &s->svc;
	s->map->special = (struct map_special){
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
	assert_int_equal(s->map->ops->update(s->map, &key, &value, BPF_ANY, 0), 0);
	s->there = s->map->ops->lookup(s->map, &key, 0);
	s->there->timer.number = 7;
	s->drops = 0;
}

/* An update of the value under its lock, which leaves it where it is. */
static int update_locked(struct stage *s)
{
	const struct locked_value value = { .count = 8 };
	int err = s->map->ops->update(s->map, &key, &value, BPF_F_LOCK, 0);

	assert_ptr_equal(s->map->ops->lookup(s->map, &key, 0), s->there);
	return err;
}

static const u32 types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH };

static void an_update_under_the_lock_lets_the_timer_go(void **state)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct stage s;

		begin(&s, types[t]);
		assert_int_equal(update_locked(&s), 0);
		assert_int_equal(s.there->count, 8);
		assert_int_equal(s.there->timer.number, 0);
		assert_int_equal(s.drops, 1);
		skep__map_free(s.map);
	}
}

static void an_update_that_does_not_get_the_lock_changes_nothing(void **state)
{
	for (u32 t = 0; t < ARRAY_SIZE(types); t++) {
		struct stage s;

		begin(&s, types[t]);
		assert_int_equal(skep__lock(&s.there->lock), 0);
		assert_int_equal(update_locked(&s), -EBUSY);
		skep__unlock(&s.there->lock);
		assert_int_equal(s.there->count, 7);
		assert_int_equal(s.there->timer.number, 7);
		assert_int_equal(s.drops, 0);
		assert_int_equal(update_locked(&s), 0);
		assert_int_equal(s.there->count, 8);
		skep__map_free(s.map);
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
