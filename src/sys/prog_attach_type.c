/* SPDX-License-Identifier: BSD-2-Clause */
#include "sys/prog_attach_type.h"

#include "base/uapi.h"

static const struct {
	u8 prog_type, attach_type;
} pairs[] = {
#define ATTACH_TYPE(prog, attach) { BPF_PROG_TYPE_##prog, BPF_##attach },
#include "sys/attach_types.def"
#undef ATTACH_TYPE
};

u32 skep__fixup_attach_type(u32 prog_type, u32 attach_type)
{
	if (attach_type)
		return attach_type;
	if (prog_type == BPF_PROG_TYPE_CGROUP_SOCK)
		return BPF_CGROUP_INET_SOCK_CREATE;
	if (prog_type == BPF_PROG_TYPE_SK_REUSEPORT)
		return BPF_SK_REUSEPORT_SELECT;
	return 0;
}

bool skep__attach_type_ok(u32 prog_type, u32 attach_type)
{
	bool listed = false;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		if (pairs[i].prog_type != prog_type)
			continue;
		if (pairs[i].attach_type == attach_type)
			return true;
		listed = true;
	}
	if (prog_type == BPF_PROG_TYPE_SYSCALL || prog_type == BPF_PROG_TYPE_EXT)
		return attach_type == 0;
	return !listed;
}
