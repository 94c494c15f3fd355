/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Test runs of programs whose context is plain memory, which the caller gives: raw tracepoints
 * (their arguments as 64-bit words, optionally on a CPU of choice), syscall programs (any
 * struct, written back after the run), functions of a struct. None knows repeats, data or
 * durations.
 */
#include <string.h>

#include "hook/test_run/bench.h"

#define RAW_TP_ARGS_MAX 96
#define OPS_STATE_AT 128 /* behind the arguments, of which there are no more than 12 */

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

/* bpf_dummy_ops: the arguments as 64-bit words, the first of them the caller's address of struct
 * bpf_dummy_ops_state, which is a number; it is handed to the program, and back. */
int skep__test_run_ops(struct session *s)
{
	struct test_run *tr = s->tr;
	u64 *args = (u64 *)(void *)s->bench->plain, from;
	u32 *state = (u32 *)(void *)(s->bench->plain + OPS_STATE_AT);
	int cpu, err;

	if (!tr->nr_args)
		return -EOPNOTSUPP;
	if (tr->ctx_size_in != tr->nr_args * sizeof(*args))
		return -EINVAL;
	memset(args, 0, OPS_STATE_AT + sizeof(*state));
	if (user_read(tr, args, tr->ctx_in, tr->ctx_size_in))
		return -EFAULT;
	from = args[0];
	if (from && user_read(tr, state, from, sizeof(*state)))
		return -EFAULT;
	if (!from && !tr->first_nullable)
		return -EINVAL;
	args[0] = from ? (u64)(uintptr_t)state : 0;
	s->ctx = args;
	cpu = skep__cpu_enter(tr->cpus);
	err = cpu < 0 ? cpu : run_on(s, cpu);
	if (!err && from && user_write(tr, from, state, sizeof(*state)))
		return -EFAULT;
	return err;
}
