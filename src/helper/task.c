/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who runs the program, on which CPU. The task and its control group are asked for once a run; the
 * CPU is the slot that the run owns, so per-CPU values and this number agree.
 */
#include <string.h>

#include "helper/arg.h"

static const struct task *current_task(struct run *run)
{
	if (!run->have_task) {
		run->svc->current_task(run->svc, &run->task);
		run->have_task = true;
	}
	return &run->task;
}

DEFINE_HELPER(get_current_pid_tgid)
{
	const struct task *task = current_task(run);

	return (u64)task->tgid << 32 | task->pid;
}

/* Its fields that are known are read from struct task (verify/known_fields.c). */
DEFINE_HELPER(get_current_task_btf)
{
	return result_ptr(current_task(run));
}

DEFINE_HELPER(get_current_uid_gid)
{
	const struct task *task = current_task(run);

	return (u64)task->gid << 32 | task->uid;
}

/* As much of the name as fits with a NUL, padded with NULs. */
DEFINE_HELPER(get_current_comm)
{
	const struct task *task = current_task(run);
	char *buf = arg_ptr(r1);
	u32 size = (u32)r2;
	size_t len = strnlen(task->comm, sizeof(task->comm));

	if (!size)
		return 0;
	len = min(len, (size_t)size - 1);
	memcpy(buf, task->comm, len);
	memset(buf + len, 0, size - len);
	return 0;
}

/* Programs that filter by it ask at each event, and finding it out takes 20 us. */
u64 skep__cgroup_id(struct run *run, const int *level)
{
	s64 asked = level ? (s64)(u32)*level : -1;

	if (!run->cgroup.was_asked || run->cgroup.level != asked) {
		run->cgroup.id = run->svc->cgroup_id(run->svc, level);
		run->cgroup.level = asked;
		run->cgroup.was_asked = true;
	}
	return run->cgroup.id;
}

DEFINE_HELPER(get_current_cgroup_id)
{
	return skep__cgroup_id(run, NULL);
}

DEFINE_HELPER(get_current_ancestor_cgroup_id)
{
	const int level = (int)r1;

	return skep__cgroup_id(run, &level);
}

/* The numbers are those of the task's own name space already; the program says which it expects. */
DEFINE_HELPER(get_ns_current_pid_tgid)
{
	struct bpf_pidns_info *info = arg_ptr(r3);
	u32 size = (u32)r4;

	memset(info, 0, size);
	if (size != sizeof(*info) || r1 != (u32)r1 || !run->svc->in_pid_ns(run->svc, (u32)r1, r2))
		return result(-EINVAL);
	*info = (struct bpf_pidns_info){ current_task(run)->pid, current_task(run)->tgid };
	return 0;
}

DEFINE_HELPER(send_signal)
{
	return result(run->svc->send_signal(run->svc, (u32)r1, true));
}

DEFINE_HELPER(send_signal_thread)
{
	return result(run->svc->send_signal(run->svc, (u32)r1, false));
}

DEFINE_HELPER(get_smp_processor_id)
{
	return run->cpu;
}

DEFINE_HELPER(get_numa_node_id)
{
	const struct services *svc = run->svc;

	return svc->numa_node ? svc->numa_node(svc->opaque) : 0;
}

DEFINE_HELPER(get_attach_cookie)
{
	return run->attach_cookie;
}
