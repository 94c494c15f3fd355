/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions that call the program back. */
#include "verify/call.h"

int skep__call_callback(struct verify_env *env, const struct insn *insn, u32 sub)
{
	(void)insn;
	(void)sub;
	return skep__vfail_later(env, "callbacks");
}
