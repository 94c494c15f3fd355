/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code for a program. The code is position-independent and holds no addresses: helpers,
 * maps and callbacks are reached through a table that stands right after the code pages, so that
 * one image can serve several processes with a table each. Pages are never writable and executable
 * at once.
 */
#ifndef SKEP_JIT_JIT_H
#define SKEP_JIT_JIT_H

#include "exec/prog.h"

/*
 * Compiles prog and sets prog->jit and prog->jit_image. 0 or -errno:
 * -EINVAL for programs that no kernel would run, -ENOTSUPP for what skep lacks (and for a machine
 * that it has no JIT for), -EPERM where no memory may be executed, -ENOMEM.
 */
int skep__jit_compile(struct prog *prog);
void skep__jit_free(struct prog *prog);

/* Which subprogram of its program a callback's address is the entry of. */
u32 skep__jit_subprog_at(u64 callback);

/*
 * Why the program cannot be compiled, as a sentence, and the instruction that is to blame; NULL
 * when nothing in the program stands against it.
 */
const char *skep__jit_refusal(const struct prog *prog, u32 *insn);

/* The machine code, for disassembly and BPF_OBJ_GET_INFO_BY_FD. */
const void *skep__jit_code(const struct prog *prog, u32 *size);
/* That of one subprogram, and of what belongs to it. NULL: not compiled. */
const void *skep__jit_code_of(const struct prog *prog, u32 sub, u32 *size);
/* Where that of a row of prog->lines begins; a subprogram's first line begins where it does. */
const void *skep__jit_code_of_line(const struct prog *prog, u32 line);

#endif
