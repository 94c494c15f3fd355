/* SPDX-License-Identifier: BSD-2-Clause */
/* Global functions: what their BTF prototypes promise, and whether a caller keeps to it. */
#include "verify/call.h"

int skep__sub_args(struct verify_env *env, u32 sub)
{
	(void)sub;
	return skep__vfail_later(env, "global functions");
}

int skep__check_sub_args(struct verify_env *env, u32 sub)
{
	return skep__sub_args(env, sub) ? -EFAULT : 0;
}
