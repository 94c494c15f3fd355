/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether a program is one that can be compiled; the emitting part relies on every answer here. */
#ifndef SKEP_JIT_CHECK_H
#define SKEP_JIT_CHECK_H

#include "exec/prog.h"

/*
 * 0; -EINVAL for what the kernel would not run either (jumps out of a subprogram, R10 written,
 * indices out of their tables); -ENOTSUPP for what skep does not
 * have. *why is a static sentence and *at the instruction.
 */
int skep__jit_check(const struct prog *prog, const char **why, u32 *at);

#endif
