/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads of memory that may not be there. "Kernel" memory is that of the process that runs the
 * program, "user" memory that of the task on whose behalf it runs: mostly the same one, so reads of
 * either kind find what the process has. A read that fails leaves zeroes, as the kernel's do.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/arg.h"

static u64 read_bytes(const struct run *run, u32 tid, void *dst, u32 size, u64 src)
{
	int err = skep__probe_read_of(known_to(run), tid, dst, src, size);

	if (err)
		memset(dst, 0, size);
	return result(err);
}

static u64 read_text(const struct run *run, u32 tid, char *dst, u32 size, u64 src)
{
	long len = skep__probe_read_str_of(known_to(run), tid, dst, src, size);

	if (len < 0)
		memset(dst, 0, size);
	return result(len);
}

DEFINE_HELPER(probe_read)
{
	return read_bytes(run, 0, arg_ptr(r1), (u32)r2, r3);
}

DEFINE_HELPER(probe_read_str)
{
	return read_text(run, 0, arg_ptr(r1), (u32)r2, r3);
}

DEFINE_HELPER(probe_read_user)
{
	return read_bytes(run, run->svc->tid, arg_ptr(r1), (u32)r2, r3);
}

DEFINE_HELPER(probe_read_user_str)
{
	return read_text(run, run->svc->tid, arg_ptr(r1), (u32)r2, r3);
}
