/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of programs whose context is plain memory, which the caller gives: raw tracepoints
 * (their arguments as 64-bit words, optionally on a CPU of choice) and syscall programs (any
 * struct, written back after the run). Neither knows repeats, data or durations.
 */
#include <string.h>

#include "hook/test_run/bench.h"

#define RAW_TP_ARGS_MAX 96

static int fill_plain(struct session *s, u32 limit)
{
	struct test_run *tr = s->tr;
	u8 *plain = s->bench->plain;

	if (tr->ctx_size_in < s->prog->max_ctx_offset || tr->ctx_size_in > limit)
		return -EINVAL;
	if (tr->ctx_size_in && user_read(tr, plain, tr->ctx_in, tr->ctx_size_in))
		return -EFAULT;
	memset(plain + tr->ctx_size_in, 0, min(limit + 8, (u32)PLAIN_CTX_SIZE) - tr->ctx_size_in);
	s->ctx = plain;
	return 0;
}

static int run_on(struct session *s, int cpu)
{
	struct test_run *tr = s->tr;
	struct run run;
	u64 start;

	run_begin(&run, s);
	run.cpu = cpu;
	start = tr->svc->clock_ns(tr->svc->opaque, CLOCK_MONOTONIC);
	tr->retval = s->once(s, &run);
	tr->time_ns = tr->svc->clock_ns(tr->svc->opaque, CLOCK_MONOTONIC) - start;
	tr->runs = 1;
	skep__cpu_exit(tr->cpus, cpu);
	if (run.aborted)
		return -EFAULT;
	tr->wrote |= TEST_RUN_RETVAL;
	return 0;
}

int skep__test_run_raw_tp(struct session *s)
{
	struct test_run *tr = s->tr;
	bool chosen = tr->flags & BPF_F_TEST_RUN_ON_CPU;
	int cpu, err;

	if (tr->data_in || tr->data_out || tr->ctx_out || tr->duration || tr->repeat ||
	    tr->batch_size)
		return -EINVAL;
	if (!chosen && tr->cpu)
		return -EINVAL;
	err = fill_plain(s, RAW_TP_ARGS_MAX);
	if (err)
		return err;
	if (chosen && tr->cpu >= tr->cpus->nr)
		return -ENXIO;
	cpu = chosen ? skep__cpu_enter_on(tr->cpus, tr->cpu) : skep__cpu_enter(tr->cpus);
	return cpu < 0 ? cpu : run_on(s, cpu);
}

int skep__test_run_syscall(struct session *s)
{
	struct test_run *tr = s->tr;
	int cpu, err;

	if (tr->data_in || tr->data_out || tr->ctx_out || tr->duration || tr->repeat || tr->flags ||
	    tr->batch_size)
		return -EINVAL;
	err = fill_plain(s, UINT16_MAX);
	if (err)
		return err;
	cpu = skep__cpu_enter(tr->cpus);
	if (cpu < 0)
		return cpu;
	err = run_on(s, cpu);
	if (!err && tr->ctx_size_in)
		err = user_write(tr, tr->ctx_in, s->bench->plain, tr->ctx_size_in);
	return err;
}
