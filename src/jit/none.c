/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines that the JIT has no folder for: programs are interpreted there. */
#include "jit/jit.h"

int skep__jit_compile(struct prog *prog)
{
	return -ENOTSUPP;
}

void skep__jit_free(struct prog *prog)
{
}

const void *skep__jit_code(const struct prog *prog, u32 *size)
{
	*size = 0;
	return NULL;
}
