/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel functions that begin and end regions. A run has by itself what most of them ask for: it is
 * one grace period (map/cpu.h), so that what it looked up stays, and it owns its CPU slot, so that no
 * other program runs there meanwhile. The verifier sees to it that regions are closed.
 */
#include "helper/arg.h"
#include "helper/kfunc_impl.h"

DEFINE_KFUNC(rcu_read_lock)
{
	return 0;
}

DEFINE_KFUNC(rcu_read_unlock)
{
	return 0;
}

DEFINE_KFUNC(preempt_disable)
{
	return 0;
}

DEFINE_KFUNC(preempt_enable)
{
	return 0;
}

/* The flags of a CPU that user space cannot mask interrupts of: none is pending for a run. */
DEFINE_KFUNC(local_irq_save)
{
	*(u64 *)arg_ptr(r1) = 0;
	return 0;
}

DEFINE_KFUNC(local_irq_restore)
{
	return 0;
}

/* Machine code does the same without a call. */
DEFINE_KFUNC(throw)
{
	run->cookie = r1;
	run->thrown = true;
	return 0;
}
