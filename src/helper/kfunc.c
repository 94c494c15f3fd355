/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of kernel functions in memory, and the questions asked of it. A row that names an
 * implementation refers to the function itself: a missing one does not link.
 */
#include "helper/kfunc.h"

#include <string.h>

#include "helper/kfunc_impl.h"
#include "helper/type_sets.h"

/* The words of the table's columns. */
/* clang-format off */
enum {
	ACQUIRE = KFUNC_ACQUIRES, RELEASE = KFUNC_RELEASES, NULL0 = KFUNC_RET_NULL,
	TRUSTED = KFUNC_TRUSTED_ARGS, RCU = KFUNC_RCU_ARGS, RCU_PROT = KFUNC_RCU_PROTECTED,
	SLEEPS = KFUNC_SLEEPS, LOCKED = KFUNC_LOCKED, MOVES = KFUNC_MOVES, THROWS = KFUNC_THROWS,
	NEW = KFUNC_ITER_NEW, NEXT = KFUNC_ITER_NEXT, DESTROY = KFUNC_ITER_DESTROY,
	FAST = KFUNC_FAST, REBOOTS = KFUNC_REBOOTS,
};

/* Program types share a set in the kernel ("hooks"). */
#define ANY      (~0ull)
#define NOBODY   0
#define TRACERS  (TRACEPOINT | PERF_EVENT | TRACING | LSM)
#define CGROUPS  (CGROUP | CGROUP_SKB | SOCK_OPS)
#define GENERIC  (TYPE(SCHED_CLS) | XDP | CGROUPS | TRACERS | STRUCT_OPS | SYSCALL)
#define SKB      (SKF | TC | CGROUPS | LWT | SK_SKB | NETFILTER | TRACERS)

#define FN(name) skep__kfunc_##name
#define NONE NULL

static const struct kfunc kfuncs[NR_KFUNCS] = {
#define KFUNC(name, flags, since, symbol, types) \
	[KFUNC_##name] = { #name, symbol, flags, since, types },
#include "helper/kfuncs.def"
};

static const struct variant {
	u32 id;
	helper_fn *fn;
	u64 prog_types;
} variants[] = {
#define KFUNC_VARIANT(name, symbol, types) { KFUNC_##name, symbol, types },
#include "helper/kfuncs.def"
};

static const struct attach_rule {
	u32 id;
	u64 prog_types, attach_types;
} attach_rules[] = {
#define KFUNC_ATTACH(name, types, attach_types) { KFUNC_##name, types, attach_types },
#include "helper/kfuncs.def"
};
/* clang-format on */

static bool in_set(u64 set, u32 number)
{
	return number < 64 && (set >> number & 1);
}

const struct kfunc *skep__kfunc(u32 id)
{
	return id < NR_KFUNCS ? &kfuncs[id] : NULL;
}

helper_fn *skep__kfunc_fn(u32 id, u32 prog_type)
{
	if (id >= NR_KFUNCS || !in_set(kfuncs[id].prog_types, prog_type))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		if (variants[i].id == id && in_set(variants[i].prog_types, prog_type))
			return variants[i].fn;
	}
	return kfuncs[id].fn;
}

enum kfunc_id skep__kfunc_find(const char *name)
{
	for (u32 i = 0; i < NR_KFUNCS; i++) {
		if (!strcmp(kfuncs[i].name, name))
			return i;
	}
	return KFUNC_NONE;
}

bool skep__kfunc_allowed(u32 id, u32 prog_type, u32 expected_attach_type)
{
	const struct kfunc *kfunc = skep__kfunc(id);

	if (!kfunc || !in_set(kfunc->prog_types, prog_type))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(attach_rules); i++) {
		if (attach_rules[i].id == id && in_set(attach_rules[i].prog_types, prog_type))
			return in_set(attach_rules[i].attach_types, expected_attach_type);
	}
	return true;
}
