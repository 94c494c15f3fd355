/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects that programs allocate, and the lists and trees that they are put into. */
#include "verify/kfunc.h"

static int later(struct kcall *k)
{
	return skep__vfail_later(k->env, "allocated objects, lists and trees");
}

/* 1: another kind of function. */
int skep__kfunc_return_alloc(struct kcall *k, struct reg *r0)
{
	(void)r0;
	switch (k->id) {
	case KFUNC_bpf_obj_new_impl:
	case KFUNC_bpf_percpu_obj_new_impl:
	case KFUNC_bpf_refcount_acquire_impl:
	case KFUNC_bpf_list_pop_front:
	case KFUNC_bpf_list_pop_back:
	case KFUNC_bpf_list_front:
	case KFUNC_bpf_list_back:
	case KFUNC_bpf_rbtree_remove:
	case KFUNC_bpf_rbtree_first:
	case KFUNC_bpf_rbtree_root:
	case KFUNC_bpf_rbtree_left:
	case KFUNC_bpf_rbtree_right:
		return later(k);
	default:
		return 1;
	}
}

int skep__karg_alloc(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}

int skep__karg_refcounted(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}

int skep__karg_list_head(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}

int skep__karg_list_node(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}

int skep__karg_rb_root(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}

int skep__karg_rb_node(struct kcall *k, struct karg *a)
{
	(void)a;
	return later(k);
}
