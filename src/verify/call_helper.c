/* SPDX-License-Identifier: BSD-2-Clause */
#include "verify/call.h"

int skep__check_helper_call(struct verify_env *env, const struct insn *insn)
{
	(void)insn;
	return skep__vfail_later(env, "helper calls");
}
