/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run from its start to its end, in whichever mode, and stopping one.
 */
#include <stdio.h>

#include "exec/checker.h"
#include "helper/proto.h"
#include "map/lock.h"
#include "map/map.h"

static void stop(struct run *run, u32 insn, const char *fmt, va_list ap)
{
	struct exec_fault *fault = run->fault;

	if (run->aborted)
		return;
	run->aborted = true;
	fault->set = true;
	fault->prog = run->prog;
	fault->insn = insn;
	vsnprintf(fault->what, sizeof(fault->what), fmt, ap);
}

void skep__exec_stop(struct run *run, u32 insn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	stop(run, insn, fmt, ap);
	va_end(ap);
}

void skep__exec_stopped(struct run *run, u32 insn)
{
	if (!run->why)
		return;
	run->aborted = false;
	skep__exec_stop(run, insn, "%s", run->why);
	run->why = NULL;
}

static void no_helper(struct run *run, u32 insn, u32 number)
{
	const struct helper *helper = skep__helper_for(number, run->prog->type);

	if (helper_is_poison(number))
		skep__exec_stop(run, insn,
				"this instruction was taken out by libbpf: the field, type, map or "
				"function "
				"that it is for is not there (CO-RE)");
	else if (helper)
		skep__exec_stop(run, insn, "skep does not have helper bpf_%s yet", helper->name);
	else if (skep__helper(number))
		skep__exec_stop(run, insn, "bpf_%s is not there for programs of this type",
				skep__helper(number)->name);
	else
		skep__exec_stop(run, insn, "there is no helper %u", number);
}

void skep__exec_no_function(struct run *run, u32 insn)
{
	const struct insn *call = &run->prog->insns[insn];

	if (call->op == OP_CALL_HELPER)
		no_helper(run, insn, (u32)call->imm);
	else if (prog_kfunc(run->prog, call) == UINT32_MAX)
		skep__exec_stop(run, insn, "this function is none that the kernel has");
	else
		skep__exec_stop(run, insn,
				"kernel function %s is not there for programs of this type",
				run->prog->kfuncs[call->off].name);
}

bool skep__checked_stop(struct run *run, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	stop(run, run->checker->insn, fmt, ap);
	va_end(ap);
	return false;
}

/* In machine code a function's address is the address of its code. */
static u64 call_native(struct run *run, u64 fn, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
{
	return ((helper_fn *)(uintptr_t)fn)(r1, r2, r3, r4, r5, run);
}

static u64 run_native(struct run *run)
{
	run->callback = call_native;
	return run->prog->jit(run->ctx, run);
}

static void start(struct run *run, const struct prog *prog, void *ctx)
{
	run->prog = prog;
	run->ctx = ctx;
	run->tail_calls = 0;
	run->may_gotos = MAX_MAY_GOTOS;
	run->packet_gen = 0;
	run->checker = NULL;
	run->frames = NULL;
	run->thrown = false;
	run->fate = (struct fate){ .kind = FATE_NONE };
	run->have_task = false;
	run->cgroup.was_asked = false;
	run->records.nr = 0;
	run->lock = NULL;
	run->nr_res_locks = 0;
	run->why = NULL;
	run->aborted = false;
}

/* Gives back what the program has kept. */
static void finish(struct run *run)
{
	if (unlikely(run->records.nr))
		skep__ringbuf_abandon(&run->records);
	if (unlikely(run->lock))
		skep__unlock(run->lock);
	while (unlikely(run->nr_res_locks))
		skep__unlock(run->res_locks[--run->nr_res_locks]);
}

u64 skep__exec(struct run *run, const struct prog *prog, void *ctx, enum exec_mode mode,
	       struct exec_fault *fault)
{
	struct exec_fault nobody_asks;
	u64 ret = 0;

	fault = fault ? fault : &nobody_asks;
	fault->set = false;
	fault->addr = 0;
	start(run, prog, ctx);
	run->fault = fault;
	switch (mode) {
	case MODE_JIT:
		ret = run_native(run);
		break;
	case MODE_INTERP:
		ret = skep__interp(run);
		break;
	case MODE_CHECKED:
		ret = skep__checked(run);
		break;
	}
	finish(run);
	return run->aborted ? 0 : ret;
}

void skep__exec_async(struct run *run, const struct prog *prog, const struct async_call *call,
		      enum exec_mode mode)
{
	struct exec_fault nobody_asks = { 0 };

	start(run, prog, NULL);
	run->fault = &nobody_asks;
	switch (mode) {
	case MODE_JIT:
		run->callback = call_native;
		call_native(run, call->callback, (u64)(uintptr_t)call->map,
			    (u64)(uintptr_t)call->key, (u64)(uintptr_t)call->value, 0, 0);
		break;
	case MODE_INTERP:
		skep__interp_async(run, call);
		break;
	case MODE_CHECKED:
		skep__checked_async(run, call);
		break;
	}
	finish(run);
}
