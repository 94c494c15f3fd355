/* SPDX-License-Identifier: BSD-2-Clause */
/* What threads use while others take it away: it is whole while it is used, and freed soon after. */
#include "cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "door/preload_guard.h"

#define WHOLE 0x77686f6c65ull

struct thing {
	struct guarded guarded;
	_Atomic u64 state;
};

static guarded_place place;
static _Atomic int made, freed;
static _Atomic bool is_over;

static void free_thing(struct guarded *g)
{
	struct thing *t = container_of(g, struct thing, guarded);

	atomic_store(&t->state, 0);
	atomic_fetch_add(&freed, 1);
	free(t);
}

static void put_new(void)
{
	struct thing *t = calloc(1, sizeof(*t));

	t->guarded.free = free_thing;
	t->state = WHOLE;
	atomic_fetch_add(&made, 1);
	struct guarded *old = atomic_exchange(&place, &t->guarded);
	if (old)
		preload_guard_retire(old);
}

static void take_away(void)
{
	struct guarded *old = atomic_exchange(&place, NULL);

	if (old)
		preload_guard_retire(old);
}

/* Was there something, and was it whole? */
static bool use_once(void)
{
	struct guarded *g = guard_enter(&place);

	if (!g)
		return false;
	if (atomic_load(&container_of(g, struct thing, guarded)->state) != WHOLE)
		abort();
	guard_leave(&place, g);
	return true;
}

static void *use_always(void *arg)
{
	while (!atomic_load(&is_over))
		use_once();
	return NULL;
}

static void *use_some(void *arg)
{
	*(int *)arg = use_once();
	return NULL;
}

static void *use_and_stay(void *arg)
{
	*(int *)arg = use_once();
	while (!atomic_load(&is_over))
		usleep(10000);
	return NULL;
}

static void begin(void)
{
	take_away();
	assert_int_equal(freed, made); /* the case before left nothing to be freed later */
	made = freed = 0;
	is_over = false;
}

static void what_nobody_uses_is_freed_at_once(void **state)
{
	begin();
	put_new();
	assert_true(use_once());
	put_new();
	assert_int_equal(freed, 1);
	take_away();
	assert_int_equal(freed, 2);
	assert_false(use_once());
}

static void what_is_used_is_freed_by_its_user(void **state)
{
	begin();
	put_new();
	struct guarded *g = guard_enter(&place);
	assert_non_null(g);
	take_away();
	assert_int_equal(freed, 0);
	assert_int_equal(container_of(g, struct thing, guarded)->state, WHOLE);
	guard_leave(&place, g);
	assert_int_equal(freed, 1);
}

/* As a signal handler does it, in the middle of its thread's own use. */
static void a_use_inside_a_use_is_refused(void **state)
{
	begin();
	put_new();
	struct guarded *g = guard_enter(&place);
	assert_non_null(g);
	assert_false(use_once());
	guard_leave(&place, g);
	assert_true(use_once());
	take_away();
	assert_int_equal(freed, 1);
}

static void threads_use_what_others_replace(void **state)
{
	pthread_t users[3];

	begin();
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&users[i], NULL, use_always, NULL), 0);
	for (int i = 0; i < 20000; i++)
		i % 3 ? put_new() : take_away();
	is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(users[i], NULL);
	take_away();
	assert_int_equal(freed, made);
}

static void *replace_often(void *arg)
{
	for (int i = 0; i < 10000; i++)
		i % 3 ? put_new() : take_away();
	return NULL;
}

static void two_replace_at_the_same_time(void **state)
{
	pthread_t t[4];

	begin();
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&t[i], NULL, i < 2 ? replace_often : use_always, NULL), 0);
	pthread_join(t[0], NULL);
	pthread_join(t[1], NULL);
	is_over = true;
	pthread_join(t[2], NULL);
	pthread_join(t[3], NULL);
	take_away();
	assert_int_equal(freed, made);
}

/* More than a page of records has, at once and one after another. */
static void there_is_a_record_for_every_thread(void **state)
{
	pthread_t users[150];
	int used[150] = { 0 }, later;

	begin();
	put_new();
	for (int i = 0; i < 150; i++)
		assert_int_equal(pthread_create(&users[i], NULL, use_and_stay, &used[i]), 0);
	for (int i = 0; i < 150; i++) {
		pthread_t t;

		assert_int_equal(pthread_create(&t, NULL, use_some, &later), 0);
		pthread_join(t, NULL);
		assert_true(later);
	}
	is_over = true;
	for (int i = 0; i < 150; i++) {
		pthread_join(users[i], NULL);
		assert_true(used[i]);
	}
	take_away();
	assert_int_equal(freed, made);
}

struct seen {
	_Atomic u32 tid;
	bool was_there;
};

static void *end_in_the_middle(void *arg)
{
	struct seen *me = arg;

	me->was_there = guard_enter(&place);
	me->tid = gettid();
	return NULL;
}

static void *use_until_over(void *arg)
{
	struct seen *me = arg;

	me->was_there = use_once();
	me->tid = gettid();
	while (!atomic_load(&is_over))
		usleep(1000);
	return NULL;
}

/* The kernel may know the number of a thread for a moment after it was joined. */
static void wait_for_the_end_of(const struct seen *thread)
{
	for (int i = 0; i < 60000; i++) {
		if (syscall(SYS_tgkill, getpid(), thread->tid, 0) != 0)
			return;
		usleep(1000);
	}
	fail_msg("thread %u is there a minute after it was joined", thread->tid);
}

/*
 * What a thread used when it was cancelled goes when the next thread takes a record, also when that
 * thread comes to records of other dead ones first.
 */
static void a_record_of_the_dead_is_used_again(void **state)
{
	enum { NR_BEFORE = 8 };
	pthread_t t[NR_BEFORE], middle;
	struct seen before[NR_BEFORE] = { 0 }, ended = { 0 };
	int used;

	begin();
	put_new();
	for (int i = 0; i < NR_BEFORE; i++) {
		assert_int_equal(pthread_create(&t[i], NULL, use_until_over, &before[i]), 0);
		while (!before[i].tid)
			usleep(100);
	}
	assert_int_equal(pthread_create(&middle, NULL, end_in_the_middle, &ended), 0);
	pthread_join(middle, NULL);
	assert_true(ended.was_there);
	is_over = true;
	for (int i = 0; i < NR_BEFORE; i++) {
		pthread_join(t[i], NULL);
		assert_true(before[i].was_there);
		wait_for_the_end_of(&before[i]);
	}
	wait_for_the_end_of(&ended);
	take_away();
	assert_int_equal(freed, 0);
	assert_int_equal(pthread_create(&middle, NULL, use_some, &used), 0);
	pthread_join(middle, NULL);
	assert_int_equal(freed, 1);
}

/* The parent's other threads use nothing there, whatever they were doing. */
static void a_child_has_the_forking_thread_alone(void **state)
{
	pthread_t users[3];

	begin();
	put_new();
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&users[i], NULL, use_always, NULL), 0);
	for (int i = 0; i < 50; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			int before = freed;

			take_away();
			_exit(freed - before != 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
	is_over = true;
	for (int i = 0; i < 3; i++)
		pthread_join(users[i], NULL);
	take_away();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_uses_is_freed_at_once),
		cmocka_unit_test(what_is_used_is_freed_by_its_user),
		cmocka_unit_test(a_use_inside_a_use_is_refused),
		cmocka_unit_test(threads_use_what_others_replace),
		cmocka_unit_test(two_replace_at_the_same_time),
		cmocka_unit_test(there_is_a_record_for_every_thread),
		cmocka_unit_test(a_record_of_the_dead_is_used_again),
		cmocka_unit_test(a_child_has_the_forking_thread_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
