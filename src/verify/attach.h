/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program is attached to, as far as its verdict depends on it. */
#ifndef SKEP_VERIFY_ATTACH_H
#define SKEP_VERIFY_ATTACH_H

#include "verify/env.h"

/* Fills env->target. 0, or -EINVAL with the sentence. */
int skep__check_attach(struct verify_env *env);

/* What BTF does not say of a context's argument (attach_args.def). */
struct attach_arg {
	u8 cls; /* enum reg_class: REG_BTF or REG_BUF; 0: nothing is said */
	u16 flags; /* enum reg_flag */
	bool is_error; /* may hold an errno instead of an address */
};
struct attach_arg skep__attach_arg(const struct verify_env *env, u32 arg);

/* May the program call the helper? By its type and attach type, and by what it is for. */
bool skep__attach_allows(const struct verify_env *env, u32 helper);

#endif
