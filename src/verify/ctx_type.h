/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SKEP_VERIFY_CTX_TYPE_H
#define SKEP_VERIFY_CTX_TYPE_H

#include "verify/env.h"

/* Is a struct of that name what programs of the type call their context? */
bool skep__is_ctx_struct(u32 prog_type, const char *name);

/* The same of what a pointer's type points to. */
bool skep__is_ctx_type(const struct verify_env *env, const struct btf *btf, u32 id);

/* An argument tagged "arg:ctx" that points to id. 0, or -EINVAL with the sentence. */
int skep__check_ctx_tag(struct verify_env *env, const struct btf *btf, u32 id, u32 arg);

#endif
