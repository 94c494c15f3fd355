/* SPDX-License-Identifier: BSD-2-Clause */
/* Pointers to objects in map values and in allocated objects. */
#ifndef SKEP_VERIFY_KPTR_H
#define SKEP_VERIFY_KPTR_H

#include "verify/call.h"

/* owner: the BTF that describes what the field is in. */
struct kptr skep__kptr(const struct verify_env *env, const struct btf_field *field,
		       const struct btf *owner);

/* May the register's object be kept there? Else -EACCES with the sentence. */
int skep__kptr_match(struct verify_env *env, const struct kptr *k, const struct reg *r, u32 regno);

/* A load or store of the field. */
int skep__access_kptr(const struct access *a, const struct btf_field *field,
		      const struct btf *owner);

/* bpf_kptr_xchg: its first argument; its second's reference given up; what it gives. */
int skep__check_kptr_field(struct call *c, u32 regno);
int skep__give_to_kptr(struct call *c);
void skep__take_from_kptr(const struct call *c, struct reg *r0, u16 flags);

#endif
