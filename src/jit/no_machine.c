/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines that skep has no code generator for. */
#include "jit/target.h"

u32 skep__target_features(void)
{
	return 0;
}

void skep__target_spares(struct compilation *jit, u32 sub)
{
}

int skep__target_emit(struct compilation *jit, u8 **image, u32 *size)
{
	return -ENOTSUPP;
}
