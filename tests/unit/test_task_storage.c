/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of tasks: each task has its own, and those of the ended make room. */
#include "helper_run.h"
#include "map_help.h"

#include <pthread.h>

#include "base/services.h"
#include "map/task_storage.h"

#define VALUE_SIZE 16384 /* takes a while to be zeroed */
#define ROUNDS 3000

static struct map *new_storage(u32 value_size)
{
	return new_map(BPF_MAP_TYPE_TASK_STORAGE, 4, value_size, 0, BPF_F_NO_PREALLOC);
}

struct maker {
	struct map *map;
	pthread_barrier_t *barrier;
	u32 task;
	void *values[ROUNDS];
};

static void *make_and_remove(void *arg)
{
	struct maker *m = arg;

	for (u32 i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(m->barrier);
		m->values[i] = skep__task_storage_get(m->map, m->task, NULL);
		pthread_barrier_wait(m->barrier);
		skep__task_storage_remove(m->map, m->task);
	}
	return NULL;
}

/* Numbers that far apart begin their search at the same place. */
static void tasks_that_begin_together_have_values_of_their_own(void **state)
{
	struct map *map = new_storage(VALUE_SIZE);
	pthread_barrier_t barrier;
	static struct maker makers[2];
	pthread_t threads[2];

	pthread_barrier_init(&barrier, NULL, 2);
	for (u32 i = 0; i < 2; i++) {
		makers[i] = (struct maker){ map, &barrier, 1 + i * 987 };
		assert_int_equal(pthread_create(&threads[i], NULL, make_and_remove, &makers[i]), 0);
	}
	for (u32 i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	for (u32 i = 0; i < ROUNDS; i++) {
		assert_non_null(makers[0].values[i]);
		assert_non_null(makers[1].values[i]);
		assert_ptr_not_equal(makers[0].values[i], makers[1].values[i]);
	}
	pthread_barrier_destroy(&barrier);
	skep__map_free(map);
}

/* As a program does it. */
static u64 *own_value(struct map *map, u64 flags)
{
	struct run run = { .svc = &skep__default_services };
	s64 task =
		call_as(&run, BPF_PROG_TYPE_TRACING, BPF_FUNC_get_current_task_btf, 0, 0, 0, 0, 0);

	return (u64 *)call_as(&run, BPF_PROG_TYPE_TRACING, BPF_FUNC_task_storage_get,
			      (u64)(uintptr_t)map, (u64)task, 0, flags, 0);
}

static void *count_once(void *arg)
{
	u64 *value = own_value(arg, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return value && !(*value)++ && own_value(arg, 0) == value ? value : NULL;
}

static void values_of_the_ended_make_room(void **state)
{
	struct map *map = new_storage(8);

	for (u32 i = 0; i < TASK_STORAGE_TASKS + 100; i++) {
		pthread_t thread;
		void *value;

		assert_int_equal(pthread_create(&thread, NULL, count_once, map), 0);
		pthread_join(thread, &value);
		assert_non_null(value);
	}
	skep__map_free(map);
}

static void a_task_that_is_gone_has_no_value(void **state)
{
	struct map *map = new_storage(8);
	struct run run = { .svc = &skep__default_services, .have_task = true };

	assert_int_equal(call_as(&run, BPF_PROG_TYPE_TRACING, BPF_FUNC_task_storage_get,
				 (u64)(uintptr_t)map, (u64)(uintptr_t)&run.task, 0, 0, 0),
			 0);
	skep__map_free(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_that_begin_together_have_values_of_their_own),
		cmocka_unit_test(values_of_the_ended_make_room),
		cmocka_unit_test(a_task_that_is_gone_has_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
