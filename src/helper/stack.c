/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks, branches and symbols of the machine below a program. A run that somebody asked for has no
 * event that it interrupted: flags and sizes are judged as in the kernel, and then the answers are
 * the kernel's when it could fetch no stack, has no branch records, knows no such symbol.
 */
#include <string.h>

#include "helper/arg.h"

#define STACKID_FLAGS                                                                              \
	(u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | BPF_F_REUSE_STACKID)
#define STACK_FLAGS (u64)(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID)

DEFINE_HELPER(get_stackid)
{
	return result(r3 & ~STACKID_FLAGS ? -EINVAL : -EFAULT);
}

static int stack_error(u32 size, u64 flags)
{
	u32 elem = flags & BPF_F_USER_BUILD_ID ? sizeof(struct bpf_stack_build_id) : sizeof(u64);

	if (flags & ~STACK_FLAGS)
		return -EINVAL;
	if (flags & BPF_F_USER_BUILD_ID && !(flags & BPF_F_USER_STACK))
		return -EINVAL;
	return size % elem ? -EINVAL : -EFAULT;
}

DEFINE_HELPER(get_stack)
{
	memset(arg_ptr(r2), 0, (u32)r3);
	return result(stack_error((u32)r3, r4));
}

DEFINE_HELPER(get_branch_snapshot)
{
	return result(r3 ? -EINVAL : -ENOENT);
}

/* Programs may read the kernel's symbols where the kernel shows its addresses; a world has none. */
DEFINE_HELPER(kallsyms_lookup_name)
{
	const char *name = arg_ptr(r1);
	s32 size = (s32)r2;

	*(u64 *)arg_ptr(r4) = 0;
	return result((u32)r3 || size <= 1 || name[size - 1] ? -EINVAL : -ENOENT);
}
