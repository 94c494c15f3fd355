/* SPDX-License-Identifier: BSD-2-Clause */
/* What the shape of the program alone tells, before any path is followed. */
#ifndef SKEP_VERIFY_CFG_H
#define SKEP_VERIFY_CFG_H

#include "verify/env.h"

/* Successors inside the subprogram: calls go on behind themselves. Returns how many (0..2). */
u32 skep__successors(const struct verify_env *env, u32 insn, u32 succ[2]);

int skep__cfg_mark(struct verify_env *env); /* marks; back-edges for loaders without CAP_BPF;
					       callees' effects */
int skep__cfg_order(struct verify_env *env); /* env->postorder */
int skep__cfg_loops(struct verify_env *env); /* strongly connected components */
int skep__live_regs(struct verify_env *env); /* live.c: registers live before each instruction */

#endif
