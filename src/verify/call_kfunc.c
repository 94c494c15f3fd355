/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of kernel functions by BTF id. */
#include "verify/call.h"

int skep__check_kfunc_call(struct verify_env *env, const struct insn *insn)
{
	(void)insn;
	return skep__vfail_later(env, "calls of kernel functions");
}
