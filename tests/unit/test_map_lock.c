/* SPDX-License-Identifier: BSD-2-Clause */
/* Locks and CPU slots in shared memory, with holders that die, stop, or are the caller itself. */
#include "cmocka_all.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "map/cpu.h"
#include "map/lock.h"

struct shared {
	struct map_lock lock;
	_Atomic u32 ready;
	struct cpu_slot slots[4];
	u64 guarded; /* by lock */
};

static struct shared *share(void)
{
	void *mem = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	return mem;
}

/* Forks a child that holds the lock and slot 0, then waits to be killed. */
static pid_t hold_in_child(struct shared *s)
{
	struct cpus cpus = { s->slots, 4 };
	pid_t pid = fork();

	if (pid == 0) {
		if (skep__lock(&s->lock) || skep__cpu_enter_on(&cpus, 0) != 0)
			_exit(1);
		s->ready = 1;
		for (;;)
			pause();
	}
	while (!s->ready)
		usleep(100);
	return pid;
}

static void a_lock_is_held_by_one(void **state)
{
	struct map_lock lock = { 0 };

	assert_int_equal(skep__lock(&lock), 0);
	assert_int_equal(lock.owner, skep__tid());
	assert_int_equal(skep__lock(&lock), -EBUSY); /* as a signal handler would find it */
	assert_int_equal(skep__trylock(&lock), -EBUSY);
	skep__unlock(&lock);
	assert_int_equal(skep__trylock(&lock), 0);
	skep__unlock(&lock);
}

static void a_living_holder_makes_others_give_up(void **state)
{
	struct shared *s = share();
	struct cpus cpus = { s->slots, 4 };
	pid_t pid = hold_in_child(s);

	kill(pid, SIGSTOP);
	assert_int_equal(skep__lock(&s->lock), -EBUSY);
	assert_int_equal(skep__trylock(&s->lock), -EBUSY);
	assert_int_equal(skep__cpu_enter_on(&cpus, 0), -EBUSY);
	assert_in_range(skep__cpu_enter(&cpus), 1, 3); /* another slot does */
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap(s, sizeof(*s));
}

static void what_a_dead_thread_held_is_taken_over(void **state)
{
	struct shared *s = share();
	struct cpus cpus = { s->slots, 4 };
	pid_t pid = hold_in_child(s);

	kill(pid, SIGKILL);
	while (!skep__tid_dead(s->lock.owner)) /* a zombie is dead enough: not waited for yet */
		usleep(100);
	assert_int_equal(skep__trylock(&s->lock), 0);
	skep__unlock(&s->lock);
	assert_int_equal(s->slots[0].runs & 1, 1);
	assert_int_equal(skep__cpu_enter_on(&cpus, 0), 0);
	assert_int_equal(s->slots[0].runs & 1, 1);
	skep__cpu_exit(&cpus, 0);
	assert_int_equal(s->slots[0].runs & 1, 0);
	waitpid(pid, NULL, 0);
	munmap(s, sizeof(*s));
}

static void a_number_that_is_used_again_is_not_the_old_thread(void **state)
{
	u32 start = skep__tid() >> 22 & 0x3f, other;

	assert_false(skep__tid_dead(skep__tid()));
	other = skep__tid() ^ (start ^ (start % 63 + 1)) << 22; /* our number, started later */
	assert_true(skep__tid_dead(other));
	other = skep__tid() ^ 1u << 31; /* a number of another pid namespace */
	assert_false(skep__tid_dead(other));
}

static void a_child_is_not_its_parent(void **state)
{
	u32 parent = skep__tid();
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(skep__tid() == parent);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

static void *count_up(void *arg)
{
	struct shared *s = arg;

	for (int i = 0; i < 20000; i++) {
		while (skep__lock(&s->lock))
			;
		s->guarded++;
		skep__unlock(&s->lock);
	}
	return NULL;
}

static void threads_take_turns(void **state)
{
	struct shared *s = share();
	pthread_t threads[3];

	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, count_up, s);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(s->guarded, 60000);
	munmap(s, sizeof(*s));
}

static void runs_inside_runs_keep_the_slot(void **state)
{
	struct shared *s = share();
	struct cpus cpus = { s->slots, 4 };

	assert_int_equal(skep__cpu_enter_on(&cpus, 2), 2);
	assert_int_equal(skep__cpu_enter_on(&cpus, 2), 2);
	skep__cpu_exit(&cpus, 2);
	assert_int_equal(s->slots[2].owner, skep__tid());
	skep__cpu_exit(&cpus, 2);
	assert_int_equal(s->slots[2].owner, 0);
	assert_int_equal(s->slots[2].runs, 2);
	assert_int_equal(skep__cpu_enter_on(&cpus, 4), -EINVAL);
	munmap(s, sizeof(*s));
}

static void *run_for_a_while(void *arg)
{
	struct shared *s = arg;
	struct cpus cpus = { s->slots, 4 };
	int cpu = skep__cpu_enter_on(&cpus, 1);

	s->ready = 1;
	usleep(50000);
	s->guarded = 1;
	skep__cpu_exit(&cpus, cpu);
	return NULL;
}

static void synchronizing_waits_for_runs_that_were_on(void **state)
{
	struct shared *s = share();
	struct cpus cpus = { s->slots, 4 };
	pthread_t thread;

	pthread_create(&thread, NULL, run_for_a_while, s);
	while (!s->ready)
		usleep(100);
	skep__cpu_synchronize(&cpus);
	assert_int_equal(s->guarded, 1);
	pthread_join(thread, NULL);
	munmap(s, sizeof(*s));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_held_by_one),
		cmocka_unit_test(a_living_holder_makes_others_give_up),
		cmocka_unit_test(what_a_dead_thread_held_is_taken_over),
		cmocka_unit_test(a_number_that_is_used_again_is_not_the_old_thread),
		cmocka_unit_test(a_child_is_not_its_parent),
		cmocka_unit_test(threads_take_turns),
		cmocka_unit_test(runs_inside_runs_keep_the_slot),
		cmocka_unit_test(synchronizing_waits_for_runs_that_were_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
