/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a program. The caller owns a CPU slot (map/cpu.h) and has filled run->svc, run->cpu and what
 * the hook needs; exec fills the rest. Data plane: no heap, no locks.
 */
#ifndef SKEP_EXEC_EXEC_H
#define SKEP_EXEC_EXEC_H

#include "base/strbuf.h"
#include "exec/prog.h"
#include "helper/run.h"

/* What checked mode stopped at; all-zero when it did not. */
struct exec_fault {
	bool set;
	const struct prog *prog; /* tail calls may have changed it */
	u32 insn; /* index into prog->insns */
	u64 addr; /* that was not to be touched; 0 when it is not about an address */
	char what[256]; /* "write of 4 bytes at map value 'flows'+64, 0 bytes past its end (size
			   64)" */
};

/*
 * Runs prog on ctx in the given mode; returns R0. MODE_JIT falls back to nothing: prog->jit must be
 * set. In checked mode a bad access sets run->aborted and *fault (which may be NULL) and returns 0.
 */
u64 skep__exec(struct run *run, const struct prog *prog, void *ctx, enum exec_mode mode,
	       struct exec_fault *fault);

/* A callback that nobody waits for: of a timer, or of a work queue. */
struct async_call {
	u64 callback; /* as the mode has addresses */
	struct map *map;
	void *key, *value;
};

/* Runs one as its program would. The caller owns a CPU slot and has filled run->svc and run->cpu.
 */
void skep__exec_async(struct run *run, const struct prog *prog, const struct async_call *call,
		      enum exec_mode mode);

/*
 * The classic packet loads: `size` (1, 2, 4) bytes at `off` of the skb that R6 points to, in host
 * order; offsets below 0 as in classic filters. Negative when they are not all there: the program
 * then ends with 0. (Asked by the interpreter and by JIT code.)
 */
s64 skep__packet_load(const void *skb, s32 off, u32 size);

/* Stops the run at an instruction of run->prog, for the reason given; only the first one counts. */
void skep__exec_stop(struct run *run, u32 insn, const char *fmt, ...) __fmt(3, 4);

/* Likewise when a helper has done so, for the reason run->why. */
void skep__exec_stopped(struct run *run, u32 insn);

/* Likewise at a call of something that its program cannot have, or that skep does not have. */
void skep__exec_no_function(struct run *run, u32 insn);

/* The report of a fault for people: program, instruction, source line, address, region, distance.
 */
void skep__exec_explain(const struct exec_fault *fault, struct strbuf *out);

/* The source line that an instruction belongs to, or NULL. */
const struct prog_line *skep__prog_line(const struct prog *prog, u32 insn);

#endif
