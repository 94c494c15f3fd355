/* SPDX-License-Identifier: BSD-2-Clause */
/* A helper that does next to nothing, 100 times. */
#include "program.h"

HELPER_PROGRAM(helper)
{
	u32 sum = 0;

	for (u32 i = 0; i < 100; i++)
		sum += bpf_redirect(i, 0);
	return sum;
}
