/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process that gives no services of its own gets. */
#include "cmocka_all.h"

#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/services.h"

static const struct services *svc = &skep__default_services;

static void clocks_are_the_machines(void **state)
{
	const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE,
				     CLOCK_TAI };

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		struct timespec before, after;

		clock_gettime(clocks[i], &before);
		u64 ns = svc->clock_ns(svc->opaque, clocks[i]);
		clock_gettime(clocks[i], &after);
		assert_true(ns >= before.tv_sec * 1000000000ull + before.tv_nsec);
		assert_true(ns <= after.tv_sec * 1000000000ull + after.tv_nsec);
	}
}

static void jiffies_grow_with_the_clock(void **state)
{
	const struct timespec nap = { .tv_nsec = 20 * 1000 * 1000 };
	u64 before = svc->jiffies(svc->opaque), after;

	nanosleep(&nap, NULL);
	after = svc->jiffies(svc->opaque);
	assert_in_range(after - before, 4, 4 * 250); /* of 4 ms; a busy machine sleeps long */
}

static void the_task_is_the_calling_thread(void **state)
{
	struct task task;

	prctl(PR_SET_NAME, "forager");
	svc->current_task(svc, &task);
	assert_int_equal(task.pid, syscall(SYS_gettid));
	assert_int_equal(task.tgid, getpid());
	assert_int_equal(task.uid, getuid());
	assert_int_equal(task.gid, getgid());
	assert_string_equal(task.comm, "forager");
}

#define DRAWS 64

static void *draw(void *to)
{
	for (int i = 0; i < DRAWS; i++)
		((u32 *)to)[i] = svc->random(svc->opaque);
	return NULL;
}

/* 64 numbers of 32 bits: the chance that two such rows agree anywhere is 2^-26. */
static void assert_unlike(const u32 *a, const u32 *b)
{
	for (int i = 0; i < DRAWS; i++)
		assert_int_not_equal(a[i], b[i]);
}

static void threads_and_children_draw_other_numbers(void **state)
{
	u32 mine[DRAWS], others[DRAWS], childs[DRAWS];
	pthread_t thread;
	int out[2];
	pid_t child;

	draw(mine);
	assert_int_equal(pthread_create(&thread, NULL, draw, others), 0);
	pthread_join(thread, NULL);
	assert_unlike(mine, others);
	assert_int_equal(pipe(out), 0);
	child = fork();
	if (!child) {
		draw(childs);
		_exit(write(out[1], childs, sizeof(childs)) != sizeof(childs));
	}
	draw(mine);
	assert_int_equal(read(out[0], childs, sizeof(childs)), sizeof(childs));
	waitpid(child, NULL, 0);
	assert_unlike(mine, childs);
}

static void every_bit_of_a_random_number_is_set_half_of_the_time(void **state)
{
	u32 ones[32] = { 0 };
	const u32 draws = 100000;

	for (u32 i = 0; i < draws; i++) {
		u32 x = svc->random(svc->opaque);

		for (int bit = 0; bit < 32; bit++)
			ones[bit] += x >> bit & 1;
	}
	/* Ten standard deviations of 158. */
	for (int bit = 0; bit < 32; bit++)
		assert_in_range(ones[bit], draws / 2 - 1580, draws / 2 + 1580);
}

static void there_are_no_objects(void **state)
{
	assert_int_equal(svc->nr_maps, 0);
	assert_int_equal(svc->nr_progs, 0);
	assert_null(svc->event_by_id(svc->opaque, 1));
	svc->wake(svc->opaque, NULL, 0);
	svc->trace(svc, "nobody hears this", 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_are_the_machines),
		cmocka_unit_test(jiffies_grow_with_the_clock),
		cmocka_unit_test(the_task_is_the_calling_thread),
		cmocka_unit_test(threads_and_children_draw_other_numbers),
		cmocka_unit_test(every_bit_of_a_random_number_is_set_half_of_the_time),
		cmocka_unit_test(there_are_no_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
