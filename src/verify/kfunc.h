/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call of a kernel function, while it is checked. What its arguments have to be is in BTF: the
 * parameter's type and the suffix of its name give it a class (kfunc_class.c), and each class has a
 * check (kfunc_args.c has the table).
 */
#ifndef SKEP_VERIFY_KFUNC_H
#define SKEP_VERIFY_KFUNC_H

#include "helper/kfunc.h"
#include "verify/call.h"

struct kcall {
	struct call call; /* what it has in common with calls of helpers */
	struct verify_env *env;
	enum kfunc_id id;
	u32 flags; /* enum kfunc_flag */
	const char *name;
	const struct btf *btf; /* the kernel's */
	u32 btf_id;
	const struct btf_type *proto;
	const struct btf_param *params;
	u32 nr_params;

	/* What the arguments have said. */
	bool has_const, has_prog;
	u64 const_arg; /* the one that must be a known number */
	u64 r0_size; /* of the memory that is returned; 0: not said */
	bool r0_rdonly;
	u32 ctx_id; /* the kernel's struct behind the context, where that is asked for */
	struct {
		u32 frame, slot; /* the first of it */
	} iter;
	struct {
		const struct btf *btf; /* allocated objects: the type of the one that is passed */
		u32 id;
	} object;
};

enum karg_class {
#define KARG(name, check, trusted) KARG_##name,
#include "verify/kfunc_args.def"
	NR_KARG_CLASSES,
};

/* One argument. */
struct karg {
	u32 i, regno;
	struct reg *reg;
	const struct btf_param *param;
	const char *name; /* the parameter's */
	const struct btf_type *type; /* without modifiers */
	const struct btf_type *ref; /* pointers: what it points to; NULL: void */
	u32 ref_id;
	const char *ref_name;
	enum karg_class cls;
};

typedef int karg_fn(struct kcall *k, struct karg *a);

/* kfunc_class.c */
bool skep__karg_has_suffix(const struct karg *a, const char *suffix);
bool skep__karg_nullable(const struct karg *a);
/* The type of the kernel's that is behind a context; 0: not known. */
u32 skep__kernel_context(const struct kcall *k);
void skep__karg_fill(const struct kcall *k, u32 i, struct karg *a);
int skep__karg_classify(struct kcall *k, struct karg *a); /* a->cls; 0 or -errno */
bool skep__is_scalar_struct(struct kcall *k, const struct btf_type *t); /* of k->btf */
/* The struct of the kernel that stands behind a class of registers; NULL: none. */
const char *skep__class_struct(enum reg_class cls);

/* kfunc_args.c */
int skep__check_kfunc_args(struct kcall *k);

/* kfunc_object.c: a kernel object of the parameter's type. */
karg_fn skep__karg_btf, skep__karg_map;
bool skep__is_trusted(const struct reg *r);
bool skep__is_rcu(const struct reg *r);

/* kfunc_return.c: R0, and references that begin. */
int skep__kfunc_return(struct kcall *k);

/* Iterators (iter.c), places that functions keep on the stack (irq.c), locks (lock.c). */
karg_fn skep__karg_iter, skep__karg_irq_flag, skep__karg_res_lock, skep__karg_wq,
	skep__karg_task_work;
int skep__iter_next(struct kcall *k); /* the path forks: an element, or the end */
const struct reg *skep__kfunc_iter(const struct kcall *k);

/* region.c: RCU sections and those that cannot be preempted. */
int skep__kfunc_region(struct kcall *k);

/* Allocated objects (kfunc_alloc.c), lists, trees (kfunc_graph.c). */
karg_fn skep__karg_alloc, skep__karg_refcounted, skep__karg_list_head, skep__karg_list_node,
	skep__karg_rb_root, skep__karg_rb_node;
int skep__kfunc_return_alloc(struct kcall *k, struct reg *r0); /* 1: another kind of function */
/* Special fields of the value or object that the register points to; NULL: none. */
const struct btf_record *skep__object_record(const struct reg *r);
void skep__graph_node(const struct kptr *root, struct reg *r); /* a node that it holds */
void skep__set_non_owning(struct reg *r);
int skep__give_to_graph(struct kcall *k);
bool skep__in_tree_callback(const struct verify_env *env);
/* Dynptrs (kfunc_dynptr.c). */
karg_fn skep__karg_dynptr;
int skep__kfunc_return_slice(struct kcall *k, struct reg *r0); /* 1: another kind of function */

/* The kernel function of a call instruction, as this program may call it; NULL: it may not. */
const struct kfunc *skep__env_kfunc(const struct verify_env *env, const struct insn *insn);
u32 skep__kfunc_params(const struct verify_env *env, const struct insn *insn); /* how many */
enum kfunc_id skep__env_kfunc_id(const struct verify_env *env, const struct insn *insn);

/* call_callback.c: the function calls the program back, now or later. */
int skep__kfunc_callback(struct kcall *k);

#endif
