/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stores to objects of the kernel: programs of TC and XDP may set the mark of a connection that
 * conntrack gave them, also before it is entered; functions of a struct have fields of their own
 * (struct_ops.c). All else is for reading.
 */
#include <string.h>

#include "verify/memory.h"
#include "verify/struct_ops.h"

static bool has_connections(u32 prog_type)
{
	return prog_type == BPF_PROG_TYPE_SCHED_CLS || prog_type == BPF_PROG_TYPE_SCHED_ACT ||
	       prog_type == BPF_PROG_TYPE_XDP;
}

/* Where a connection's mark is; false: this kernel's has none. */
static bool find_mark(const struct btf *btf, u32 *off)
{
	s64 id = skep__btf_find(btf, "nf_conn", BTF_KIND_STRUCT);
	const struct btf_type *t = id < 0 ? NULL : skep__btf_type(btf, (u32)id);
	const struct btf_member *m;

	if (!t)
		return false;
	m = (const struct btf_member *)(t + 1);
	for (u32 i = 0; i < btf_vlen(t); i++) {
		u32 bits = btf_member_bit_offset(t, &m[i]);

		if (strcmp(skep__btf_str(btf, m[i].name_off), "mark"))
			continue;
		*off = bits / 8;
		return true;
	}
	return false;
}

int skep__access_btf_write(const struct access *a)
{
	const struct btf *btf = a->ptr->btf.btf;
	const char *name = skep__btf_name(btf, skep__btf_type(btf, a->ptr->btf.id));
	u32 off, end;

	if (!has_connections(a->env->prog->type) ||
	    (strcmp(name, "nf_conn") && strcmp(name, "nf_conn___init")))
		return skep__struct_ops_write(a);
	if (!find_mark(btf, &off) || a->off != (s32)off)
		return skep__vfail(a->env, -EACCES, "no write support to nf_conn at off %d\n",
				   a->off);
	end = off + sizeof(u32);
	if ((u32)(a->off + a->size) > end)
		return skep__vfail(a->env, -EACCES,
				   "write access at off %d with size %d beyond the member of "
				   "nf_conn ended at %u\n",
				   a->off, a->size, end);
	return 0;
}
