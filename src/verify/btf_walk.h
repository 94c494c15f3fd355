/* SPDX-License-Identifier: BSD-2-Clause */
/* What lies at an offset into an object that BTF describes. */
#ifndef SKEP_VERIFY_BTF_WALK_H
#define SKEP_VERIFY_BTF_WALK_H

#include "verify/env.h"

enum walk_result {
	WALK_NUMBER,
	WALK_POINTER, /* to another struct: *id, *flags and *field say which */
	WALK_BYTES, /* a pointer to what has no members: numbers, functions, nothing known */
};

struct walk {
	const struct btf *btf;
	u32 id; /* of the struct; then of the one pointed to */
	u32 off, size;
	u16 flags; /* enum reg_flag that the members on the way give */
	const char *field;
	bool no_flexible; /* arrays without a length at the end of a struct are not walked */
};

/* What a type tag, if it is one, says of who points to it: user, percpu, rcu. */
u16 skep__btf_tag_flags(const struct btf *btf, u32 id);

/* enum walk_result, or -EACCES, -EINVAL with the sentence. */
int skep__btf_walk(struct verify_env *env, struct walk *w);

/* Is there a struct of type `wanted` at `off` into one of type `id`: itself, or one inside it? */
bool skep__btf_contains(const struct btf *btf, u32 id, u32 off, u32 wanted);

/* How much the holder of an object may rely on what its field points to (trust.def). */
enum trust { TRUST_NONE, TRUST_FULL, TRUST_FULL_OR_NULL, TRUST_RCU, TRUST_RCU_OR_NULL };
enum trust skep__field_trust(const struct btf *btf, u32 id, const char *field);

#endif
