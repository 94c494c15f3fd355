/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers, as the run's services give them. */
#include "helper/arg.h"

DEFINE_HELPER(get_prandom_u32)
{
	return run->svc->random(run->svc->opaque);
}
