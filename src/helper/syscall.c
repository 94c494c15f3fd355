/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What syscall programs, which may sleep, ask of the world: bpf(2) itself. Runs that nobody asked
 * for with a system call have no such services.
 */
#include "helper/arg.h"

DEFINE_HELPER(sys_bpf)
{
	const struct services *svc = run->svc;

	return result(svc->bpf ? svc->bpf(svc->caller, (s32)r1, arg_ptr(r2), (u32)r3) : -EINVAL);
}

DEFINE_HELPER(sys_close)
{
	const struct services *svc = run->svc;

	return result(svc->close_fd ? svc->close_fd(svc->caller, (u32)r1) : -EBADF);
}

DEFINE_HELPER(btf_find_by_name_kind)
{
	const struct services *svc = run->svc;
	const char *name = arg_ptr(r1);
	s32 size = (s32)r2;

	if (r4 || size <= 1 || name[size - 1] || !svc->find_type)
		return result(-EINVAL);
	return result(svc->find_type(svc->caller, name, (u32)r3));
}
