/* SPDX-License-Identifier: BSD-2-Clause */
/* Dynptrs as arguments of kernel functions. */
#include "verify/kfunc.h"

/* 1: another kind of function. */
int skep__kfunc_return_slice(struct kcall *k, struct reg *r0)
{
	(void)r0;
	if (k->id != KFUNC_bpf_dynptr_slice && k->id != KFUNC_bpf_dynptr_slice_rdwr)
		return 1;
	return skep__vfail_later(k->env, "dynptrs");
}

int skep__karg_dynptr(struct kcall *k, struct karg *a)
{
	(void)a;
	return skep__vfail_later(k->env, "dynptrs");
}
