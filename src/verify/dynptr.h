/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Dynptrs: two slots of the stack that only functions write, or what a callback or a global
 * function was handed (REG_DYNPTR). A dynptr's id is in the slices that were made of it; clones
 * have ids of their own and share the reference of a ring buffer record.
 */
#ifndef SKEP_VERIFY_DYNPTR_H
#define SKEP_VERIFY_DYNPTR_H

#include "helper/dynptr.h"
#include "verify/env.h"

#define DYNPTR_SLOTS 2

enum dynptr_use {
	USE_READ, /* it stays as it is; what is behind it may change */
	USE_CHANGE,
	USE_MAKE, /* the function fills it in */
};

struct dynptr_arg {
	enum dynptr_use use;
	enum dynptr_kind kind; /* that it must be of, or will be; DYNPTR_INVALID: any */
	u32 ref_id; /* USE_MAKE of a clone: the reference it shares; 0: a new one if needed */
};

/* The dynptr argument in a register. 0 or -errno with the sentence. */
int skep__check_dynptr(struct verify_env *env, u32 regno, const struct dynptr_arg *arg);

/* Of one that was checked: its kind, id and reference. */
const struct reg *skep__dynptr_behind(struct verify_env *env, u32 regno);

/* May it be given up? And gives it up, with its slices and clones. */
int skep__check_dynptr_release(struct verify_env *env, u32 regno);
int skep__release_dynptr(struct verify_env *env, u32 regno);

/* A store into a slot ends the dynptr that it is part of. -EINVAL: that one has to be given up. */
int skep__overwrite_dynptr(struct verify_env *env, struct frame *f, u32 slot);

/* What a callback or a global function is handed. */
void skep__dynptr_reg(struct verify_env *env, struct reg *r, enum dynptr_kind kind);

const char *skep__dynptr_kind_text(u8 kind); /* log_state.c: as the log has it */

/* The flag of a slice of such a dynptr (enum reg_flag). */
u16 skep__slice_flag(enum dynptr_kind kind);

#endif
