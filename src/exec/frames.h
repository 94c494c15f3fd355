/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The call frames of one interpreted program: eight deep over subprograms and callbacks together,
 * as in the kernel, with a full stack each. They lie on the C stack of whoever called skep__exec. A
 * program that a subprogram tail-calls begins with frames of its own, as those of the program
 * before it are waiting for it to return; there are no more than 33 of these.
 */
#ifndef SKEP_EXEC_FRAMES_H
#define SKEP_EXEC_FRAMES_H

#include "exec/exec.h"

/* What a call puts aside and its exit takes back. */
struct call_frame {
	const struct prog *prog; /* the caller's: a tail call in a subprogram leaves it for good */
	const struct insn *next;
	u64 saved[4]; /* R6..R9; R10 follows from the depth */
	u32 may_gotos;
};

struct frames {
	u32 depth; /* of the running frame; 0 is the program itself */
	struct call_frame callers[MAX_CALL_FRAMES]; /* [d]: who called the frame at depth d */
	u8 stack[MAX_CALL_FRAMES][MAX_STACK] __attribute__((aligned(16)));
};

static inline u64 frame_pointer(const struct frames *frames)
{
	return (u64)(uintptr_t)frames->stack[frames->depth] + MAX_STACK;
}

#define FRAMES_FULL "the call stack of %u frames is full"

/* A frame for a callee, whose caller is put aside but for its registers; NULL when it is the ninth.
 */
static inline struct call_frame *push_frame(struct run *run, const struct insn *next)
{
	struct frames *frames = run->frames;
	struct call_frame *caller;

	if (unlikely(frames->depth + 1 >= MAX_CALL_FRAMES))
		return NULL;
	caller = &frames->callers[++frames->depth];
	caller->prog = run->prog;
	caller->next = next;
	caller->may_gotos = run->may_gotos;
	run->may_gotos = MAX_MAY_GOTOS;
	return caller;
}

static inline const struct call_frame *pop_frame(struct run *run)
{
	const struct call_frame *caller = &run->frames->callers[run->frames->depth--];

	run->prog = caller->prog;
	run->may_gotos = caller->may_gotos;
	return caller;
}

/* Does nothing go on but the unwinding? The run was stopped, or its program has thrown. */
static inline bool run_unwinds(const struct run *run)
{
	return unlikely(run->aborted | run->thrown);
}

/* Runs run->prog on run->ctx, unchecked. */
u64 skep__interp(struct run *run);
void skep__interp_async(struct run *run, const struct async_call *call);

#endif
