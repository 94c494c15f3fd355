/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reads of memory that may not be there. In user space "kernel" and "user" memory are one address
 * space, so all spellings read the same way. A read that fails leaves zeroes, as the kernel's do.
 */
#include <string.h>

#include "base/fault.h"
#include "helper/arg.h"

DEFINE_HELPER(probe_read)
{
	void *dst = arg_ptr(r1);
	u32 size = (u32)r2;
	int err = size ? skep__probe_read(dst, arg_ptr(r3), size) : 0;

	if (err)
		memset(dst, 0, size);
	return result(err);
}

DEFINE_HELPER(probe_read_str)
{
	char *dst = arg_ptr(r1);
	u32 size = (u32)r2;
	long len = skep__probe_read_str(dst, arg_ptr(r3), size);

	if (len < 0)
		memset(dst, 0, size);
	return result(len);
}
