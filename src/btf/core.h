/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CO-RE: what a program's own types say of a field, a type or an enumerator, carried over to the
 * types of the kernel that it is loaded into. Decisions and errors are those of Linux's
 * bpf_core_apply.
 */
#ifndef SKEP_BTF_CORE_H
#define SKEP_BTF_CORE_H

#include "btf/btf.h"

#define CORE_MAX_DEPTH 64

/* A step that has a name or an index of an array. */
struct core_step {
	u32 type_id; /* struct, union or enum, with `idx` of its members; or the array's element */
	u32 idx;
	const char *name; /* NULL: an element */
};

/* A way from a type to something in it. */
struct core_spec {
	const struct btf *btf;
	u32 root, kind; /* enum bpf_core_relo_kind */
	u32 nr;
	struct core_step steps[CORE_MAX_DEPTH];
	u64 bit_offset;
};

/* What an instruction is to say, and what it said before. */
struct core_value {
	u64 orig, new;
	bool poison; /* there is no answer: the instruction must not be reached */
	bool validate; /* orig is what the instruction must hold */
	bool bad_size; /* the field has another size, and is none that could be loaded so */
	u32 orig_size, new_size; /* of loads and stores; 0: not told */
};

/* The way that a relocation writes down. 0, -EINVAL, -E2BIG. */
int skep__core_spec(const struct btf *btf, const struct bpf_core_relo *relo,
		    struct core_spec *spec);

/* The same way from a candidate on. 1: there is one; 0; -errno. */
int skep__core_match(const struct core_spec *local, const struct btf *btf, u32 id,
		     struct core_spec *target);

/* target NULL: no candidate has it. 0, or -EINVAL, -E2BIG, -EOPNOTSUPP. */
int skep__core_value(const struct core_spec *local, const struct core_spec *target,
		     struct core_value *v);

/* core_compat.c. Names without what follows "___"; 1: alike; 0; -EINVAL: nested too deeply. */
u32 skep__core_name_len(const char *name);
bool skep__core_same_name(const char *a, const char *b);
int skep__core_fields_fit(const struct btf *local, u32 local_id, const struct btf *target, u32 id);
int skep__core_types_fit(const struct btf *local, u32 local_id, const struct btf *target, u32 id);
int skep__core_types_match(const struct btf *local, u32 local_id, const struct btf *target, u32 id);

static inline const char *btf_enumerator_name(const struct btf *btf, const struct btf_type *t,
					      u32 i)
{
	return skep__btf_str(btf, btf_enumerator(t, i).name_off);
}

#endif
