/* SPDX-License-Identifier: BSD-2-Clause */
#include "jit/runtime.h"

#include "exec/exec.h"
#include "exec/tail_call.h"
#include "jit/target.h"

struct tail_call skep__jit_tail_call(u64 ctx, u64 map, u64 index, u64 r4, u64 r5, struct run *run)
{
	const struct prog *target =
		skep__tail_call_target(run, (struct map *)(uintptr_t)map, (u32)index);

	if (!target)
		return (struct tail_call){ .code = NULL };
	return (struct tail_call){ .code = target->jit_body, .ctx = ctx };
}

void skep__jit_stop(u64 prog, u64 insn, u64 r3, u64 r4, u64 r5, struct run *run)
{
	run->prog = (const struct prog *)(uintptr_t)prog; /* after tail calls it may be another */
	if (run->why)
		skep__exec_stopped(run, (u32)insn);
	else
		skep__exec_no_function(run, (u32)insn);
}

s64 skep__jit_packet_load(u64 skb, u64 off, u64 size)
{
	return skep__packet_load((const void *)(uintptr_t)skb, (s32)off, (u32)size);
}
