/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU slots between processes: exclusive while a run is on, and nobody's when its owner is killed.
 */
#include "cmocka_all.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "map/cpu.h"

#define NR 2

struct shared {
	struct cpu_slot slots[NR];
	_Atomic u32 inside[NR]; /* runs in the slot right now */
	_Atomic u32 clashes, runs, stop;
	u64 counter[NR]; /* a per-CPU value: exclusive, so not atomic */
};

static struct shared *shared;
static struct cpus cpus;

static int set_up(void **state)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	cpus = (struct cpus){ shared->slots, NR };
	return 0;
}

static int tear_down(void **state)
{
	munmap(shared, sizeof(*shared));
	return 0;
}

static void run_once(void)
{
	int cpu = skep__cpu_enter(&cpus);

	if (cpu < 0)
		return;
	if (atomic_fetch_add(&shared->inside[cpu], 1))
		atomic_fetch_add(&shared->clashes, 1);
	shared->counter[cpu]++;
	atomic_fetch_add(&shared->runs, 1);
	atomic_fetch_sub(&shared->inside[cpu], 1);
	skep__cpu_exit(&cpus, cpu);
}

static pid_t fork_runner(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	while (!shared->stop)
		run_once();
	_exit(0);
}

static void a_slot_has_one_run_at_a_time(void **state)
{
	pid_t runners[4];
	u64 sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(runners); i++)
		runners[i] = fork_runner();
	usleep(200 * 1000);
	shared->stop = 1;
	for (size_t i = 0; i < ARRAY_SIZE(runners); i++)
		waitpid(runners[i], NULL, 0);
	for (int i = 0; i < NR; i++)
		sum += shared->counter[i];
	assert_int_equal(shared->clashes, 0);
	assert_true(shared->runs > 100);
	assert_int_equal(sum, shared->runs);
}

/* A child that owns every slot, and is killed there. */
static void kill_the_owner_of_all_slots(void)
{
	int ready[2], status;
	char byte = 1;
	pid_t owner;

	assert_int_equal(pipe(ready), 0);
	owner = fork();
	if (!owner) {
		for (int i = 0; i < NR; i++) {
			if (skep__cpu_enter_on(&cpus, i) != i)
				_exit(1);
		}
		if (write(ready[1], &byte, 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(owner, SIGKILL);
	waitpid(owner, &status, 0);
	assert_true(WIFSIGNALED(status));
	close(ready[0]);
	close(ready[1]);
}

static void a_killed_owners_slots_are_taken_over(void **state)
{
	for (int i = 0; i < 20; i++) {
		kill_the_owner_of_all_slots();
		int cpu = skep__cpu_enter(&cpus);

		assert_in_range(cpu, 0, NR - 1);
		assert_int_equal(skep__cpu_enter_on(&cpus, !cpu), !cpu);
		skep__cpu_exit(&cpus, cpu);
		skep__cpu_exit(&cpus, !cpu);
		assert_int_equal(shared->slots[0].owner, 0);
		assert_int_equal(shared->slots[1].owner, 0);
	}
}

static void waiting_for_runs_to_end_does_not_wait_for_the_dead(void **state)
{
	kill_the_owner_of_all_slots();
	alarm(10); /* kills the test when it does */
	skep__cpu_synchronize(&cpus);
	alarm(0);
}

static void runners_killed_at_any_moment_leave_the_slots_usable(void **state)
{
	pid_t steady = fork_runner();

	for (int i = 0; i < 100; i++) {
		pid_t victim = fork_runner();

		usleep(500 + i * 37 % 1500);
		kill(victim, SIGKILL);
		waitpid(victim, NULL, 0);
		/* What the victim did not undo. */
		for (int cpu = 0; cpu < NR; cpu++) {
			if (skep__cpu_enter_on(&cpus, cpu) == cpu) {
				atomic_store(&shared->inside[cpu], 0);
				skep__cpu_exit(&cpus, cpu);
			}
		}
	}
	u32 runs = shared->runs;

	usleep(50 * 1000);
	assert_true(shared->runs > runs);
	shared->stop = 1;
	waitpid(steady, NULL, 0);
	for (int cpu = 0; cpu < NR; cpu++) {
		assert_int_equal(skep__cpu_enter_on(&cpus, cpu), cpu);
		skep__cpu_exit(&cpus, cpu);
	}
}

static void a_stopped_owner_makes_others_give_up_in_bounded_time(void **state)
{
	struct timespec before, after;
	pid_t owner;

	owner = fork();
	if (!owner) {
		for (int i = 0; i < NR; i++)
			skep__cpu_enter_on(&cpus, i);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(owner, NULL, WUNTRACED);
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(skep__cpu_enter(&cpus), -EBUSY);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec <= 2);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_slot_has_one_run_at_a_time),
		TEST(a_killed_owners_slots_are_taken_over),
		TEST(waiting_for_runs_to_end_does_not_wait_for_the_dead),
		TEST(runners_killed_at_any_moment_leave_the_slots_usable),
		TEST(a_stopped_owner_makes_others_give_up_in_bounded_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
