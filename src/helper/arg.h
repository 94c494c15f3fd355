/* SPDX-License-Identifier: BSD-2-Clause */
/* How implementations of helpers are written: their common signature, and registers as C values. */
#ifndef SKEP_HELPER_ARG_H
#define SKEP_HELPER_ARG_H

#include "helper/impl.h"
#include "helper/kfunc_impl.h"
#include "helper/prog_base.h"
#include "helper/run.h"
#include "map/map.h"

/*
 * The head of an implementation. A register narrower in the prototype than 64 bits is read with a
 * cast, as the kernel's wrappers do; results are sign-extended to 64 bits.
 */
#define DEFINE_HELPER(name)                                                                        \
	u64 skep__helper_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run *run)

/* Of a kernel function. An int that it returns leaves the upper half of R0 empty. */
#define DEFINE_KFUNC(name)                                                                         \
	u64 skep__kfunc_##name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5, struct run *run)

static inline void *arg_ptr(u64 reg)
{
	return (void *)(uintptr_t)reg;
}

static inline struct map *arg_map(u64 reg)
{
	return (struct map *)(uintptr_t)reg;
}

/* What the program may read without a question. */
static inline const struct known_memory *known_to(const struct run *run)
{
	return run->prog ? &((const struct prog_base *)run->prog)->known : NULL;
}

/* Of the current task: services.cgroup_id, asked once a run. */
u64 skep__cgroup_id(struct run *run, const int *level);

static inline u64 result(s64 value)
{
	return (u64)value;
}

static inline u64 result_int(s64 value)
{
	return (u32)value;
}

static inline u64 result_ptr(const void *p)
{
	return (u64)(uintptr_t)p;
}

#endif
