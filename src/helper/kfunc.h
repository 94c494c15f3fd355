/* SPDX-License-Identifier: BSD-2-Clause */
/* What the table of kernel functions (kfuncs.def) says of one. */
#ifndef SKEP_HELPER_KFUNC_H
#define SKEP_HELPER_KFUNC_H

#include "helper/run.h"

enum kfunc_id {
#define KFUNC(name, flags, since, symbol, types) KFUNC_##name,
#include "helper/kfuncs.def"
	NR_KFUNCS,
	KFUNC_NONE, /* a function of the kernel that programs cannot call */
};

enum kfunc_flag {
	KFUNC_ACQUIRES = 1 << 0, /* the result is a reference */
	KFUNC_RELEASES = 1 << 1, /* the argument that is one is given up */
	KFUNC_RET_NULL = 1 << 2,
	KFUNC_TRUSTED_ARGS = 1 << 3, /* objects have to be good while the program runs, */
	KFUNC_RCU_ARGS = 1 << 4, /* or protected by RCU */
	KFUNC_SLEEPS = 1 << 5,
	KFUNC_RCU_PROTECTED = 1 << 6, /* within an RCU section only */
	KFUNC_ITER_NEW = 1 << 7,
	KFUNC_ITER_NEXT = 1 << 8,
	KFUNC_ITER_DESTROY = 1 << 9,
	KFUNC_LOCKED = 1 << 10, /* may be called while a lock is held */
	KFUNC_MOVES = 1 << 11, /* packet pointers are invalid afterwards */
	KFUNC_THROWS = 1 << 12, /* does not come back */
	KFUNC_FAST = 1 << 13, /* changes no register but R0 */
	KFUNC_REBOOTS = 1 << 14, /* needs CAP_SYS_BOOT */
};

struct helper;

struct kfunc {
	const char *name; /* "bpf_rcu_read_lock" */
	helper_fn *fn; /* NULL: no implementation yet */
	u32 flags; /* enum kfunc_flag */
	const char *since; /* first kernel with it */
	u64 prog_types; /* bit n: programs of type n may call it */
};

const struct kfunc *skep__kfunc(u32 id); /* NULL: no such row */
/* What a call runs in programs of a type; NULL: no implementation yet, or not for that type. */
helper_fn *skep__kfunc_fn(u32 id, u32 prog_type);
/* Its prototype as checked mode looks at calls (kfunc_protos.def); NULL: not implemented. */
const struct helper *skep__kfunc_proto(u32 id);
bool skep__kfunc_on_objects(u32 id); /* has it to do with allocated objects? */
enum kfunc_id skep__kfunc_find(const char *name); /* KFUNC_NONE: none has that name */

/* May programs of this type (and attach type) call it? The kernel's per-type sets. */
bool skep__kfunc_allowed(u32 id, u32 prog_type, u32 expected_attach_type);

#endif
