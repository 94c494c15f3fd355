/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, as the run's services tell them. */
#include "helper/arg.h"

static u64 clock_ns(const struct run *run, clockid_t clock)
{
	return run->svc->clock_ns(run->svc->opaque, clock);
}

DEFINE_HELPER(ktime_get_ns)
{
	return clock_ns(run, CLOCK_MONOTONIC);
}

DEFINE_HELPER(ktime_get_boot_ns)
{
	return clock_ns(run, CLOCK_BOOTTIME);
}

DEFINE_HELPER(ktime_get_coarse_ns)
{
	return clock_ns(run, CLOCK_MONOTONIC_COARSE);
}

DEFINE_HELPER(ktime_get_tai_ns)
{
	return clock_ns(run, CLOCK_TAI);
}

DEFINE_HELPER(jiffies64)
{
	return run->svc->jiffies(run->svc->opaque);
}
