/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, numbers and the current task, as services tell them. */
#include "cmocka_all.h"
#include "helper_run.h"

#include <pthread.h>
#include <signal.h>

static void clocks_are_the_ones_the_helper_is_named_after(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc };

	assert_int_equal(CALL(&run, ktime_get_ns, 0, 0, 0, 0, 0), 1000000000 + CLOCK_MONOTONIC);
	assert_int_equal(CALL(&run, ktime_get_boot_ns, 0, 0, 0, 0, 0), 1000000000 + CLOCK_BOOTTIME);
	assert_int_equal(CALL(&run, ktime_get_coarse_ns, 0, 0, 0, 0, 0),
			 1000000000 + CLOCK_MONOTONIC_COARSE);
	assert_int_equal(CALL(&run, ktime_get_tai_ns, 0, 0, 0, 0, 0), 1000000000 + CLOCK_TAI);
	assert_int_equal(CALL(&run, jiffies64, 0, 0, 0, 0, 0), 4294667296ull);
	assert_int_equal(CALL(&run, get_prandom_u32, 0, 0, 0, 0, 0), 0xdecafbad);
}

static void the_task_is_asked_for_once_a_run(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc, .cpu = 3, .attach_cookie = 77 };

	assert_int_equal(CALL(&run, get_current_pid_tgid, 0, 0, 0, 0, 0), 10ull << 32 | 11);
	assert_int_equal(CALL(&run, get_current_uid_gid, 0, 0, 0, 0, 0), 100ull << 32 | 1000);
	assert_int_equal(told.task_questions, 1);
	assert_int_equal(CALL(&run, get_smp_processor_id, 0, 0, 0, 0, 0), 3);
	assert_int_equal(
		call_as(&run, BPF_PROG_TYPE_KPROBE, BPF_FUNC_get_attach_cookie, 0, 0, 0, 0, 0), 77);
}

static u32 group_questions;

static u64 group_of(const struct services *svc, const int *level)
{
	group_questions++;
	return level ? (u64)(1000 + *level) : 77;
}

static void the_control_group_is_asked_for_once_a_run(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc };

	svc.cgroup_id = group_of;
	group_questions = 0;
	for (int i = 0; i < 3; i++)
		assert_int_equal(CALL(&run, get_current_cgroup_id, 0, 0, 0, 0, 0), 77);
	assert_int_equal(group_questions, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(CALL(&run, get_current_ancestor_cgroup_id, 2, 0, 0, 0, 0), 1002);
	assert_int_equal(group_questions, 2);
	assert_int_equal(CALL(&run, get_current_ancestor_cgroup_id, -1, 0, 0, 0, 0), 999);
	assert_int_equal(CALL(&run, get_current_cgroup_id, 0, 0, 0, 0, 0), 77);
	assert_int_equal(group_questions, 4);
}

static u32 node_2(void *opaque)
{
	return 2;
}

static void the_memory_node_is_the_services_or_the_only_one(void **state)
{
	struct services svc = { .numa_node = node_2 };
	struct run run = { .svc = &svc };

	assert_int_equal(CALL(&run, get_numa_node_id, 0, 0, 0, 0, 0), 2);
	svc.numa_node = NULL;
	assert_int_equal(CALL(&run, get_numa_node_id, 0, 0, 0, 0, 0), 0);
}

static void the_name_is_cut_and_padded(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc };
	char name[32];

	memset(name, 'x', sizeof(name));
	assert_int_equal(CALL(&run, get_current_comm, name, 16, 0, 0, 0), 0);
	assert_memory_equal(name, "beekeeper\0\0\0\0\0\0\0x", 17);
	assert_int_equal(CALL(&run, get_current_comm, name, 4, 0, 0, 0), 0);
	assert_memory_equal(name, "bee\0eeper", 9);
	assert_int_equal(CALL(&run, get_current_comm, name, 1, 0, 0, 0), 0);
	assert_int_equal(name[0], 0);
	assert_int_equal(CALL(&run, get_current_comm, name, 32, 0, 0, 0), 0);
	for (int i = 9; i < 32; i++)
		assert_int_equal(name[i], 0);
}

static void a_name_of_sixteen_bytes_needs_no_terminator_to_be_safe(void **state)
{
	struct run run = { .have_task = true };
	char name[20];

	memset(run.task.comm, 'c', sizeof(run.task.comm));
	memset(name, 'x', sizeof(name));
	assert_int_equal(CALL(&run, get_current_comm, name, 16, 0, 0, 0), 0);
	assert_memory_equal(name, "ccccccccccccccc\0xxxx", 20);
}

static volatile sig_atomic_t caught;
static pthread_t caught_by;

static void catch (int sig)
{
	caught = sig;
	caught_by = pthread_self();
}

static void signals_reach_the_thread_or_its_process(void **state)
{
	struct run run = { .svc = &skep__default_services };

	signal(SIGUSR1, catch);
	assert_int_equal(CALL(&run, send_signal_thread, SIGUSR1, 0, 0, 0, 0), 0);
	assert_int_equal(caught, SIGUSR1);
	assert_true(pthread_equal(caught_by, pthread_self()));
	caught = 0;
	assert_int_equal(CALL(&run, send_signal, SIGUSR1, 0, 0, 0, 0), 0);
	assert_int_equal(caught, SIGUSR1);
	assert_int_equal(CALL(&run, send_signal, 65, 0, 0, 0, 0), -EINVAL);
	assert_int_equal(CALL(&run, send_signal_thread, 65, 0, 0, 0, 0), -EINVAL);
	signal(SIGUSR1, SIG_DFL);
}

static bool ns_7(const struct services *svc, u32 dev, u64 ino)
{
	return dev == 3 && ino == 7;
}

static void the_process_id_is_told_to_who_names_its_space(void **state)
{
	struct told told = { 0 };
	struct services svc = told_services(&told);
	struct run run = { .svc = &svc };
	struct bpf_pidns_info info[2] = { { 1, 1 }, { 1, 1 } };

	svc.in_pid_ns = ns_7;
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 3, 7, info, 8, 0), 0);
	assert_int_equal(info[0].pid, 11);
	assert_int_equal(info[0].tgid, 10);
	assert_int_equal(info[1].pid, 1);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 3, 8, info, 8, 0), -EINVAL);
	assert_int_equal(info[0].pid, 0);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 3ull | 1ull << 32, 7, info, 8, 0),
			 -EINVAL);
	assert_int_equal(CALL(&run, get_ns_current_pid_tgid, 3, 7, info, 16, 0), -EINVAL);
	assert_int_equal(info[1].pid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_are_the_ones_the_helper_is_named_after),
		cmocka_unit_test(the_task_is_asked_for_once_a_run),
		cmocka_unit_test(the_control_group_is_asked_for_once_a_run),
		cmocka_unit_test(the_memory_node_is_the_services_or_the_only_one),
		cmocka_unit_test(the_name_is_cut_and_padded),
		cmocka_unit_test(a_name_of_sixteen_bytes_needs_no_terminator_to_be_safe),
		cmocka_unit_test(signals_reach_the_thread_or_its_process),
		cmocka_unit_test(the_process_id_is_told_to_who_names_its_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
