/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs that are functions of a struct of the kernel's: which structs there are, and what such
 * programs may do. */
#ifndef SKEP_VERIFY_STRUCT_OPS_H
#define SKEP_VERIFY_STRUCT_OPS_H

#include "verify/memory.h"

struct call;

/* Of a map's values, struct bpf_struct_ops_NAME: the struct that they hold (its BTF id), or
 * -ENOTSUPP. */
s64 skep__struct_ops_of_value(const struct btf *btf, u32 value_id);

/* The function that the program is to be, into env->target. 0, -EINVAL or -ENOTSUPP. */
int skep__struct_ops_target(struct verify_env *env);

/* The struct's function that has no result, so that programs need not leave one? */
bool skep__struct_ops_is_void(const struct verify_env *env);

/* Arguments of a function of the struct that the kernel has for tests, bpf_dummy_ops; 0: of another
 * one. */
u32 skep__struct_ops_test_args(const struct btf *btf, u32 ops_id, u32 member, bool *first_nullable);

bool skep__struct_ops_nullable(const struct verify_env *env, u32 arg);

/* What an argument of this type is for the program: a TCP socket where the struct is about those.
 */
u32 skep__struct_ops_object(const struct verify_env *env, u32 id);

bool skep__struct_ops_helper_ok(const struct verify_env *env, u32 helper);

/* A store into an object of the kernel's. */
int skep__struct_ops_write(const struct access *a);

#endif
