/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that BTF describes: kernel structs, allocated objects, and maps seen as struct bpf_map.
 */
#include "verify/memory.h"
#include "verify/operand.h"

int skep__access_btf(const struct access *a)
{
	return skep__vfail_later(a->env, "accesses to objects of BTF types");
}

int skep__access_map_ptr(const struct access *a)
{
	if (a->write)
		return skep__vfail(a->env, -EACCES, "only read from %s is supported\n", "bpf_map");
	return skep__vfail_later(a->env, "accesses to struct bpf_map");
}
